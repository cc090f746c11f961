//! Where `libchdb.so` is, and whether this machine can run it.

use std::path::{Path, PathBuf};

use crate::Error;

/// The variable that names the library outright.
pub(crate) const VARIABLE: &str = "RAPPORT_ENGINE_LIBRARY";
/// The library beside the executable.
const FILE: &str = "libchdb.so";
/// The library in a source tree, where `make engine` puts it.
const CACHED: &str = ".cache/engine/libchdb.so";

/// Finds `libchdb.so`: the file that `RAPPORT_ENGINE_LIBRARY` names, else the one beside the executable, else
/// `.cache/engine/libchdb.so` in a directory above the executable or above the current directory.
///
/// # Errors
/// [`Error::LibraryMissing`] with the places that were looked at.
pub fn find_library() -> Result<PathBuf, Error> {
    let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let beside = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_path_buf));
    find_in(named, beside, std::env::current_dir().ok())
}

fn find_in(named: Option<PathBuf>, beside: Option<PathBuf>, current: Option<PathBuf>) -> Result<PathBuf, Error> {
    if let Some(path) = named {
        if path.is_file() {
            return Ok(path);
        }
        return Err(Error::LibraryMissing { searched: format!("{VARIABLE} names {}", path.display()) });
    }
    if let Some(path) = beside.as_ref().map(|directory| directory.join(FILE)).filter(|path| path.is_file()) {
        return Ok(path);
    }
    let starts = [beside, current];
    for directory in starts.iter().flatten().flat_map(|start| start.ancestors()) {
        let path = directory.join(CACHED);
        if path.is_file() {
            return Ok(path);
        }
    }
    let places: Vec<String> = starts.iter().flatten().map(|path| path.display().to_string()).collect();
    Err(Error::LibraryMissing { searched: format!("{CACHED} above {}", places.join(" and ")) })
}

/// Checks that this machine can run the library, which is built for x86-64-v3 on Linux: without this check an older
/// processor would end the process with SIGILL and no word.
///
/// # Errors
/// [`Error::Unsupported`] with what is missing.
pub fn check_cpu() -> Result<(), Error> {
    #[cfg(target_arch = "x86_64")]
    let missing = [
        (!std::arch::is_x86_feature_detected!("avx2")).then_some("AVX2"),
        (!std::arch::is_x86_feature_detected!("bmi2")).then_some("BMI2"),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let missing = [None, None];
    verdict(std::env::consts::OS, std::env::consts::ARCH, missing)
}

fn verdict(system: &str, architecture: &str, missing: [Option<&str>; 2]) -> Result<(), Error> {
    if (system, architecture) != ("linux", "x86_64") {
        let reason = format!("libchdb is built for Linux on x86-64, and this is {system} on {architecture}");
        return Err(Error::Unsupported { reason });
    }
    let missing: Vec<&str> = missing.into_iter().flatten().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::Unsupported { reason: format!("this processor has no {} (x86-64-v3 is needed)", missing.join(" and ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_7_a_processor_without_avx2_or_bmi2_is_refused_with_words_and_a_way_out() {
        let refused = |missing| verdict("linux", "x86_64", missing).expect_err("must be refused").to_string();
        for (missing, named) in [
            ([Some("AVX2"), None], "AVX2"),
            ([None, Some("BMI2")], "BMI2"),
            ([Some("AVX2"), Some("BMI2")], "AVX2 and BMI2"),
        ] {
            let message = refused(missing);
            assert!(message.contains(named) && message.contains("RAPPORT_WAREHOUSE__URL"), "{message}");
        }
        assert!(verdict("linux", "x86_64", [None, None]).is_ok());
    }

    #[test]
    fn other_systems_are_refused_with_words_and_a_way_out() {
        for (system, architecture) in [("macos", "aarch64"), ("linux", "aarch64"), ("macos", "x86_64")] {
            let error = verdict(system, architecture, [None, None]).expect_err("must be refused");
            assert_eq!(error.code(), "engine_unsupported");
            assert!(error.to_string().contains(&format!("{system} on {architecture}")));
            assert!(error.to_string().contains("RAPPORT_WAREHOUSE__URL"));
        }
    }

    #[test]
    fn the_library_is_found_by_name_then_beside_the_program_then_above_it() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("target/debug");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir_all(root.path().join(".cache/engine")).unwrap();
        let find = |named: Option<&Path>| find_in(named.map(Path::to_path_buf), Some(deep.clone()), None);

        let error = find(None).expect_err("nothing is there");
        assert!(error.to_string().contains("make engine"), "{error}");
        let cached = root.path().join(CACHED);
        std::fs::write(&cached, "").unwrap();
        assert_eq!(find(None).unwrap(), cached);
        std::fs::write(deep.join(FILE), "").unwrap();
        assert_eq!(find(None).unwrap(), deep.join(FILE));
        assert_eq!(find(Some(&cached)).unwrap(), cached);
        let error = find(Some(&root.path().join("absent.so"))).expect_err("a named file must exist");
        assert!(
            error.to_string().contains("absent.so") && error.to_string().contains("RAPPORT_WAREHOUSE__URL"),
            "{error}"
        );
    }
}
