//! What other users of the machine can reach.

use std::fs;

use crate::server::Directory;

#[test]
fn the_engines_process_is_given_none_of_the_secrets() {
    const KEY: &str = "ags_00000000000000000000000000000000_abcdef";
    let directory = Directory::new();
    let secrets =
        [("RAPPORT_ADMIN_KEY", KEY), ("RAPPORT_SECRET", "hunter2"), ("RAPPORT_LOG__FILTER", "info,engine=debug")];
    let server = directory.start_with(&secrets);
    let environment = fs::read(format!("/proc/{}/environ", server.engine_pid())).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("engine=debug"), "what it is meant to have: {environment}");
    assert!(!environment.contains(KEY) && !environment.contains("hunter2"), "{environment}");
}

#[test]
fn the_engines_own_port_asks_for_a_password_where_one_is_set() {
    let directory = Directory::new();
    let ask = |password: Option<&str>| {
        let note: serde_json::Value =
            serde_json::from_slice(&fs::read(directory.data().join("server.json")).unwrap()).unwrap();
        let url = format!("{}/?query=SELECT+1", note["warehouse_url"].as_str().unwrap());
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = password.iter().fold(agent.get(url), |request, key| request.header("X-ClickHouse-Key", *key));
        request.call().unwrap().status().as_u16()
    };
    let server = directory.start();
    assert_eq!(ask(None), 200, "without one, as an analyst's client connects by the address alone");
    server.terminate();
    let _server = directory.start_with(&[("RAPPORT_ENGINE__PASSWORD", "open sesame")]);
    assert_eq!((ask(None), ask(Some("guess")), ask(Some("open sesame"))), (401, 403, 200));
}
