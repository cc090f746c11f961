use std::path::Path;

use serde::Deserialize;

use super::*;
use crate::config::{Duration, Secret, Size, empty_as_none};

const DEFAULTS: &str = r#"
# The root of every derived secret.
secret = ""

[gateway]
listen = "127.0.0.1:8088"
# Largest body.
body_max = "5MiB"
proxies = []
read_timeout = "30s"
events_max = 50000
strict = false

[geo]
database = ""
"#;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Config {
    secret: Secret,
    gateway: Gateway,
    geo: Geo,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Gateway {
    listen: String,
    body_max: Size,
    proxies: Vec<String>,
    read_timeout: Duration,
    events_max: u32,
    strict: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Geo {
    #[serde(deserialize_with = "empty_as_none")]
    database: Option<PathBuf>,
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load(file: Option<&Path>, pairs: &[(&str, &str)]) -> Result<Loaded<Config>, Error> {
    Layers::new(DEFAULTS).file(file.map(Path::to_owned)).variables("RAPPORT", variables(pairs)).load()
}

#[test]
fn each_layer_wins_over_the_one_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rapport.toml");
    std::fs::write(&file, "[gateway]\nlisten = \"file\"\nbody_max = \"1MiB\"\nread_timeout = \"1s\"\n").unwrap();
    let loaded: Loaded<Config> = Layers::new(DEFAULTS)
        .file(Some(file))
        .variables("RAPPORT", variables(&[("RAPPORT_GATEWAY__LISTEN", "env"), ("RAPPORT_GATEWAY__BODY_MAX", "2MiB")]))
        .with("gateway.listen", "flag", "--listen")
        .load()
        .unwrap();
    let gateway = loaded.config.gateway;
    assert_eq!(gateway.listen, "flag");
    assert_eq!(gateway.body_max, Size::from_bytes(2 << 20));
    assert_eq!(gateway.read_timeout, Duration::from_millis(1_000));
    assert_eq!(gateway.events_max, 50_000);
    assert!(loaded.config.geo.database.is_none());
}

#[test]
fn a_variable_is_read_as_the_kind_of_its_default() {
    let pairs = [
        ("RAPPORT_GATEWAY__EVENTS_MAX", "7"),
        ("RAPPORT_GATEWAY__STRICT", "true"),
        ("RAPPORT_GATEWAY__PROXIES", "10.0.0.1, 10.0.0.2"),
        ("RAPPORT_SECRET", "123"),
        ("RAPPORT_GEO__DATABASE", "country.mmdb"),
        ("UNRELATED", "x"),
    ];
    let config = load(None, &pairs).unwrap().config;
    assert_eq!((config.gateway.events_max, config.gateway.strict), (7, true));
    assert_eq!(config.gateway.proxies, ["10.0.0.1", "10.0.0.2"]);
    assert_eq!(config.secret.reveal(), "123");
    assert_eq!(config.geo.database, Some(PathBuf::from("country.mmdb")));
}

fn check_refused(pairs: &[(&str, &str)], code: &str, says: &[&str]) {
    let error = load(None, pairs).unwrap_err();
    assert_eq!(error.code(), code);
    for part in says {
        assert!(error.to_string().contains(part), "`{error}` lacks `{part}`");
    }
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    let unknown = ["gatway.listen", "RAPPORT_GATWAY__LISTEN", "the nearest is `gateway.listen`"];
    check_refused(&[("RAPPORT_GATWAY__LISTEN", "x")], "config_unknown_key", &unknown);
    check_refused(&[("RAPPORT_GATEWAY", "x")], "config_unknown_key", &["`gateway`"]);
    let number = ["gateway.events_max", "whole number"];
    check_refused(&[("RAPPORT_GATEWAY__EVENTS_MAX", "many")], "config_bad_value", &number);
    let size = ["`gateway.body_max` in the environment variable RAPPORT_GATEWAY__BODY_MAX: ", "5MiB"];
    check_refused(&[("RAPPORT_GATEWAY__BODY_MAX", "5")], "config_bad_value", &size);
}

#[test]
fn a_file_with_an_unknown_key_or_that_is_missing_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rapport.toml");
    assert_eq!(load(Some(&file), &[]).unwrap_err().code(), "config_unreadable");
    std::fs::write(&file, "[gateway]\nlisen = \"x\"\n").unwrap();
    let error = load(Some(&file), &[]).unwrap_err();
    assert!(error.to_string().contains("the nearest is `gateway.listen`"), "{error}");
    std::fs::write(&file, "[gateway").unwrap();
    assert_eq!(load(Some(&file), &[]).unwrap_err().code(), "config_syntax");
    std::fs::write(&file, "[gatway]\n").unwrap();
    assert_eq!(load(Some(&file), &[]).unwrap_err().code(), "config_unknown_key", "also where it says nothing");
    std::fs::write(&file, "[gateway]\n").unwrap();
    assert!(load(Some(&file), &[]).is_ok());
}

#[test]
fn an_error_in_a_file_says_where_and_never_shows_what_may_be_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rapport.toml");
    let check = |text: &str, says: &str| {
        std::fs::write(&file, text).unwrap();
        let error = load(Some(&file), &[]).unwrap_err();
        let shown =
            format!("{error} {}", std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default());
        assert!(shown.contains(says) && !shown.contains("4711"), "{shown}");
    };
    check("# one line\nsecret = \"4711\n", "line 2: ");
    check("secret = 4711\n", "`secret` in ");
    check("secret = 4711\n", "put it in quotes");
    check("[gateway]\nevents_max = \"4711\"\n", "it has to be a whole number");
}

#[test]
fn a_value_that_the_program_cannot_use_is_refused_by_its_origin() {
    let loaded = load(None, &[("RAPPORT_GATEWAY__BODY_MAX", "0")]).unwrap();
    let of = |key: &str| loaded.refuse(key, "too small").to_string();
    assert_eq!(
        of("gateway.body_max"),
        "`gateway.body_max` in the environment variable RAPPORT_GATEWAY__BODY_MAX: too small"
    );
    assert_eq!(of("gateway.listen"), "`gateway.listen` in the defaults: too small");
}

#[test]
fn a_free_variable_is_no_configuration() {
    let layers = Layers::new(DEFAULTS).free_variables(&["RAPPORT_URL"]);
    assert!(layers.variables("RAPPORT", variables(&[("RAPPORT_URL", "x")])).load::<Config>().is_ok());
}

#[test]
fn the_dump_says_what_is_in_force_and_whence_but_no_secret() {
    let loaded = load(None, &[("RAPPORT_SECRET", "hunter2"), ("RAPPORT_GATEWAY__READ_TIMEOUT", "500ms")]).unwrap();
    let dump = loaded.dump().unwrap();
    assert!(!dump.contains("hunter2"), "{dump}");
    assert!(dump.contains("secret = \"(set, not shown)\"  # the environment variable RAPPORT_SECRET"), "{dump}");
    assert!(dump.contains("[gateway]\n"), "{dump}");
    assert!(
        dump.contains("read_timeout = \"500ms\"  # the environment variable RAPPORT_GATEWAY__READ_TIMEOUT"),
        "{dump}"
    );
    assert!(dump.contains("body_max = \"5MiB\"\n"), "{dump}");
    dump.parse::<Table>().unwrap();
}
