//! Files of persons who asked to be forgotten leave the store, whoever is killed in between; those of others stay.

use std::{fs, path::Path, thread, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    server::{Server, wait_for},
    shop::Shop,
};

/// When the server is killed after a request was accepted.
const KILLED_AFTER_MS: [u64; 5] = [0, 20, 60, 120, 250];

/// Keeps a file of a customer in a conversation; answers its address on this server, and the conversation's number.
fn keep(shop: &Shop, customer: &str, conversation: &str, content: &str) -> (String, i64) {
    let (server, key) = (&shop.server, &shop.key);
    let body = json!({"conversation_id": conversation, "customer_id": customer, "environment": "production",
        "is_used": true, "timestamp": "2026-03-10T10:00:00+00:00"});
    let (status, answer) = server.post("/api/conversations/", key, &body);
    assert!(status == 200 || status == 201, "{answer}");
    let number = answer["id"].as_i64().unwrap();
    let file =
        json!({"filename": format!("{content}.txt"), "mime_type": "text/plain", "data": STANDARD.encode(content)});
    let body = json!({"conversation_id": conversation, "sender": "end_user", "timestamp": "2026-03-10T10:00:01+00:00",
        "attachments": [file]});
    let (status, answer) = server.post("/api/attachments/", key, &body);
    assert_eq!(status, 201, "{answer}");
    let address = answer["attachments"][0]["file_url"].as_str().unwrap();
    (address.strip_prefix(&server.url).unwrap().to_owned(), number)
}

/// Keeps a file of a conversation that is named by its number alone.
fn keep_by_number(shop: &Shop, number: i64, content: &str) {
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"conversation\"\r\n\r\n{number}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"attachment_0\"; filename=\"{content}\"\r\n\r\n{content}\r\n--b--\r\n"
    );
    let (status, answer) = shop.server.post_form("/api/attachments/", &shop.key, ("b", form.as_bytes()));
    assert_eq!(status, 201, "{answer}");
}

fn ask(shop: &Shop, user: &str) {
    let request = json!([{"event_id": format!("ask-{user}"), "event": "user.erasure_requested", "historical": true,
        "timestamp": "2026-03-20T10:00:00Z", "data": {"user_id": user, "mode": "anonymise", "request_id": user}}]);
    shop.server.accepted(&shop.key, &request);
}

/// How many files of a request are gone and left, once its receipt is there.
fn receipt(shop: &Shop, user: &str) -> Option<(u64, u64)> {
    let body = shop.server.answered("/api/v1/projects/shop/erasures", &shop.directory.admin_key());
    let all = body["erasures"].as_array().unwrap();
    let told = all.iter().find(|told| told["request_id"] == user && told["state"] == "done")?;
    Some((told["files"].as_u64()?, told["files_left"].as_u64()?))
}

/// What lies in the store and says `SECRET`, in order of content.
fn held(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(held(&path));
        } else {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
    found.retain(|text| text.contains("SECRET"));
    found.sort_unstable();
    found
}

fn status(server: &Server, path: &str) -> u16 {
    server.get(path, None).0
}

/// The same directory, after the server was killed and `meanwhile` happened.
fn killed(shop: Shop, meanwhile: impl FnOnce()) -> Shop {
    let Shop { directory, server, key } = shop;
    server.kill();
    meanwhile();
    let server = directory.start();
    Shop { directory, server, key }
}

#[test]
fn files_of_a_person_are_deleted_for_good_though_the_process_is_killed_before_it_came_to_them() {
    let shop = Shop::new();
    let (store, aside) = (shop.directory.data().join("attachments"), shop.directory.data().join("aside"));
    let (address, number) = keep(&shop, "jane", "c1", "SECRET one");
    keep(&shop, "jane", "c1-later", "SECRET two");
    let (others, _) = keep(&shop, "joe", "c2", "SECRET one");
    assert_eq!(status(&shop.server, &address), 200);
    // Another process knows no numbers.
    let shop = shop.restart();
    keep_by_number(&shop, number, "SECRET three");
    assert_eq!(held(&store), ["SECRET one", "SECRET one", "SECRET three", "SECRET two"]);

    // A store that cannot be used holds the files up, and nothing else.
    fs::rename(&store, &aside).unwrap();
    fs::write(&store, "no directory").unwrap();
    ask(&shop, "jane");
    assert_eq!(wait_for("the receipt", || receipt(&shop, "jane")), (0, 3));
    let rows: Vec<Value> = shop
        .directory
        .sql("SELECT DISTINCT data FROM raw_events WHERE event = 'attachment.added' FORMAT TSVRaw", "")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let named = rows.iter().filter(|data| data["file"].is_string() || data["sha256"].is_string()).count();
    assert_eq!((rows.len(), named), (4, 1), "what names the files is gone from the events: {rows:?}");
    let shop = killed(shop, || {
        fs::remove_file(&store).unwrap();
        fs::rename(&aside, &store).unwrap();
    });
    assert_eq!(wait_for("the files to go", || receipt(&shop, "jane").filter(|(_, left)| *left == 0)), (3, 0));
    assert_eq!(held(&store), ["SECRET one"], "that of somebody else");
    assert_eq!((status(&shop.server, &address), status(&shop.server, &others)), (404, 200));

    keep(&shop, "jane", "c1", "SECRET one");
    assert_eq!(held(&store), ["SECRET one"], "the same file sent again is not kept");
    let shop = shop.restart();
    keep_by_number(&shop, number, "SECRET four");
    keep(&shop, "jane", "c1", "SECRET five");
    wait_for("other files of an erased conversation to go", || (held(&store) == ["SECRET one"]).then_some(()));
    let rows = shop.directory.sql("SELECT * FROM raw_events FORMAT JSONEachRow", "");
    let said: Vec<&str> = rows.lines().filter(|row| row.contains("SECRET")).collect();
    assert!(said.iter().all(|row| row.contains("\"c2\"")), "{said:?}");
    assert_eq!(status(&shop.server, &others), 200);
}

#[test]
fn a_kill_at_any_moment_of_an_erasure_leaves_no_file_behind() {
    let mut shop = Shop::new();
    let store = shop.directory.data().join("attachments");
    let users = KILLED_AFTER_MS.map(|after| (after, format!("user-{after}")));
    for (_, user) in &users {
        keep(&shop, user, &format!("of-{user}"), &format!("SECRET of {user}"));
    }
    assert_eq!(held(&store).len(), users.len());
    for (after, user) in &users {
        ask(&shop, user);
        thread::sleep(Duration::from_millis(*after));
        shop = killed(shop, || {});
    }
    for (_, user) in &users {
        let done = || receipt(&shop, user).filter(|(_, left)| *left == 0);
        assert_eq!(wait_for("the receipt", done), (1, 0), "{user}");
    }
    assert_eq!(held(&store), Vec::<String>::new());
}
