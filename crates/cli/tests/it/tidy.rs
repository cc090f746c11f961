//! House rules that no compiler checks: sizes, words, and documents that say what is there.

use std::{collections::BTreeSet, fs, process::Command};

use crate::server::root;

/// Every file under version control that is text.
fn tracked(endings: &[&str]) -> Vec<(String, String)> {
    let output = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    let wanted = |name: &&str| endings.iter().any(|ending| name.ends_with(ending));
    let read = |name: &str| Some((name.to_owned(), fs::read_to_string(root().join(name)).ok()?));
    names.lines().filter(wanted).filter_map(read).collect()
}

#[test]
fn no_source_file_is_longer_than_500_lines_without_its_tests() {
    for (name, text) in tracked(&[".rs"]) {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().count();
        assert!(lines <= 500, "{name} has {lines} lines: split it by what its parts are about");
    }
}

#[test]
fn the_readme_is_read_in_one_sitting() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 120, "README.md has {lines} lines");
}

#[test]
fn no_file_names_a_machine_a_person_works_on_or_an_unfinished_thought() {
    // Written in two halves, so that this file passes its own test.
    let banned = [("/wo", "rk/"), ("/ho", "me/"), ("TO", "DO"), ("XX", "X:"), ("FIX", "ME:"), ("local", "host:4873")];
    for (name, text) in tracked(&[".rs", ".md", ".toml", ".sql", ".sh", "Makefile", ".ci/run"]) {
        for (first, second) in banned {
            let word = format!("{first}{second}");
            let line = text.lines().position(|line| line.contains(&word)).map(|index| index + 1);
            assert!(line.is_none(), "{name}:{} says {word}", line.unwrap_or_default());
        }
    }
}

#[test]
fn libraries_declare_and_do_nothing_in_their_first_file() {
    for (name, text) in tracked(&["src/lib.rs"]) {
        let logic = text
            .lines()
            .find(|line| ["fn ", "pub fn ", "impl ", "pub struct "].iter().any(|start| line.starts_with(start)));
        assert!(logic.is_none(), "{name}: {} belongs into a module", logic.unwrap_or_default());
        assert!(text.starts_with("//!"), "{name} says what the crate is for");
    }
}

#[test]
fn paths_and_make_targets_in_the_documents_exist() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    for (name, text) in tracked(&[".md"]) {
        for quoted in quoted_in_backticks(&text) {
            if let Some(target) = quoted.strip_prefix("make ").and_then(|rest| rest.split_whitespace().next()) {
                assert!(
                    makefile.contains(&format!("\n{target}:")),
                    "{name} mentions `make {target}`, which is not there"
                );
            }
            let is_path =
                ["crates/", "docs/", "deploy/", "schemas/", "tests/"].iter().any(|top| quoted.starts_with(top));
            if is_path && !quoted.contains(['*', '<', '…', ' ']) {
                assert!(
                    root().join(quoted.trim_end_matches('/')).exists(),
                    "{name} mentions `{quoted}`, which is not there"
                );
            }
        }
    }
}

#[test]
fn every_crate_has_its_place_in_the_architecture() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mentioned: BTreeSet<&str> = quoted_in_backticks(&text).collect();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(mentioned.contains(name.as_str()), "ARCHITECTURE.md does not mention the crate `{name}`");
    }
}

#[test]
fn continuous_integration_runs_the_test_command_of_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(readme.contains("make test") && ci.lines().any(|line| line == "make test"));
}

/// What stands between single backticks, outside code blocks.
fn quoted_in_backticks(text: &str) -> impl Iterator<Item = &str> {
    let mut in_block = false;
    let lines = text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_block ^= fence;
        !in_block && !fence
    });
    lines.flat_map(|line| line.split('`').skip(1).step_by(2))
}
