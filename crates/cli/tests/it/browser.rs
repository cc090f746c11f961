//! The pages of a running server in Chromium: `crates/dashboard/web/test/pages.mjs` looks at them as people do.

use std::process::Command;

use serde_json::json;

use crate::{
    figures::golden_pieces,
    server::{Directory, root},
};

#[test]
fn pages_are_whole_in_a_browser_by_keyboard_and_pointer_and_accessible() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("golden");
    let piece = golden_pieces(&directory.data(), 1).remove(0);
    directory.succeed(&["import", piece.to_str().unwrap(), "--key", &key]);
    // The figures of this question hold all that was sent.
    server.answered("/api/v1/query?metric=escalation_rate&r=7d", &key);
    let admin = directory.admin_key();
    let range = "2026-03-23..2026-03-29";
    let shown = json!({"page": "overview", "range": range, "filters": ["channel:is:web"], "may_change_range": true});
    let (status, share) = server.post("/api/v1/projects/golden/shares", &admin, &shown);
    assert_eq!(status, 201, "{share}");
    let web = root().join("crates/dashboard/web");
    assert!(web.join("node_modules/playwright-core").is_dir(), "playwright-core is not there: run `make browser`");
    let looked = Command::new("node")
        .arg("test/pages.mjs")
        .current_dir(web)
        .env("URL", &server.url)
        .env("KEY", &key)
        .env("ADMIN", &admin)
        .env("SHARE", share["link"].as_str().unwrap())
        .env("PROJECT", "golden")
        .env("RANGE", range)
        .output()
        .expect("node is there: run `make browser`");
    let said = String::from_utf8_lossy(&looked.stdout);
    assert!(looked.status.success(), "{said}{}\n{}", String::from_utf8_lossy(&looked.stderr), directory.log());
}
