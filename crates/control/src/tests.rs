//! Tests of projects and keys on a real journal.

use std::{future::pending, sync::Arc, time::Duration};

use chrono_tz::{Europe::Madrid, UTC};
use journal::{
    Journal, NewRecord, ReadLimit, Topic,
    embedded::{EmbeddedJournal, Options},
};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::{Control, Error, NewKey, Role};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn journal() -> (TempDir, Arc<dyn Journal>) {
    let dir = tempfile::tempdir().unwrap();
    let journal = EmbeddedJournal::open(dir.path(), Options { reserve_bytes: 0, ..Options::default() }).unwrap();
    (dir, Arc::new(journal))
}

pub(crate) async fn open(journal: &Arc<dyn Journal>) -> Control {
    Control::open(Arc::clone(journal), None).await.unwrap()
}

pub(crate) fn new_key(project: &str, role: Role) -> NewKey {
    NewKey {
        project: project.to_owned(),
        environment: "production".to_owned(),
        role,
        bot_id: Some("bot".to_owned()),
        origins: Vec::new(),
    }
}

pub(crate) async fn write(journal: &Arc<dyn Journal>, body: &str) {
    let record = NewRecord { value: body.to_owned().into(), ..NewRecord::default() };
    journal.append(Topic::Control, vec![record]).await.unwrap();
}

/// Waits until a condition on another handle holds.
async fn eventually(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

#[tokio::test]
async fn a_created_key_is_honoured_at_once_and_after_a_restart_until_it_is_revoked() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    let project = control.create_project("Acme Support", Madrid).await.unwrap();
    assert_eq!((project.id.as_str(), project.timezone), ("acme-support", Madrid));
    let created = control.create_key(new_key("acme-support", Role::Ingest)).await.unwrap();

    for control in [control.clone(), open(&journal).await] {
        let grant = control.authenticate(created.key.reveal()).unwrap();
        assert_eq!(*grant.key_id, *created.id);
        assert_eq!(grant.project.as_deref(), Some("acme-support"));
        assert_eq!(
            (&*grant.environment, grant.role, grant.bot_id.as_deref()),
            ("production", Role::Ingest, Some("bot"))
        );
        assert_eq!(control.project("acme-support").unwrap().timezone, Madrid);
    }

    control.revoke_key(&created.id).await.unwrap();
    control.revoke_key(&created.id).await.unwrap();
    assert_eq!(control.authenticate(created.key.reveal()), None);
    assert_eq!(open(&journal).await.authenticate(created.key.reveal()), None);
}

#[tokio::test]
async fn two_handles_on_one_journal_follow_each_other() {
    let (_dir, journal) = journal();
    let (one, two) = (open(&journal).await, open(&journal).await);
    let (stop, stopped) = oneshot::channel::<()>();
    let following =
        [tokio::spawn(one.clone().follow(async { drop(stopped.await) })), tokio::spawn(two.clone().follow(pending()))];

    one.create_project("shop", UTC).await.unwrap();
    eventually(|| two.project("shop").is_some()).await;
    let created = two.create_key(new_key("shop", Role::Write)).await.unwrap();
    eventually(|| one.authenticate(created.key.reveal()).is_some()).await;
    one.revoke_key(&created.id).await.unwrap();
    eventually(|| two.authenticate(created.key.reveal()).is_none()).await;

    stop.send(()).unwrap();
    let [first, second] = following;
    tokio::time::timeout(PATIENCE, first).await.unwrap().unwrap();
    second.abort();
}

#[tokio::test]
async fn a_second_project_of_the_same_name_is_an_error_that_says_so() {
    let (_dir, journal) = journal();
    let (one, two) = (open(&journal).await, open(&journal).await);
    one.create_project("Shop", UTC).await.unwrap();
    for (control, name) in [(&one, "Shop"), (&two, "Shop"), (&one, " shop! ")] {
        let error = control.create_project(name, Madrid).await.unwrap_err();
        assert_eq!(error.code(), "project_exists");
        assert!(error.to_string().contains("exists already"), "{error}");
    }
    assert_eq!(one.project("shop").unwrap().timezone, UTC, "the first one stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_equal_projects_created_at_once_exactly_one_is_made() {
    let (_dir, journal) = journal();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let control = open(&journal).await;
        tokio::spawn(control.clone().follow(pending()));
        tasks.push(tokio::spawn(async move { control.create_project("Shop", UTC).await.is_ok() }));
    }
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn the_administrators_key_reaches_every_project_and_others_nothing() {
    let (_dir, journal) = journal();
    let control = Control::open(Arc::clone(&journal), Some("first-admin")).await.unwrap();
    let grant = control.authenticate("first-admin").unwrap();
    assert_eq!((grant.project, grant.role), (None, Role::Admin));
    for key in ["", "first-admi", "first-admin ", "ags_00000000000000000000000000000000_000000"] {
        assert_eq!(control.authenticate(key), None, "{key}");
    }
    assert_eq!(open(&journal).await.authenticate("first-admin"), None, "it is not on the topic");
    assert_eq!(Control::open(journal, Some(" ")).await.unwrap_err().code(), "invalid_name");
}

#[tokio::test]
async fn records_that_cannot_be_understood_are_skipped_and_counted() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    let sha256 = "0".repeat(64);
    let malformed = [
        "",
        "\u{0}",
        "[1,2]",
        r#"{"event":"project.exploded"}"#,
        r#"{"event":"project.created","id":"x","name":"x","timezone":"Mars/Base","created_at":""}"#,
        r#"{"event":"project.created","id":"","name":"x","timezone":"UTC","created_at":""}"#,
        r#"{"event":"key.created","id":"k","project":"shop","environment":"e","role":"king","sha256":"","created_at":""}"#,
        r#"{"event":"key.created","id":"k","project":"shop","environment":"e","role":"read","sha256":"zz","created_at":""}"#,
        &format!(
            r#"{{"event":"key.created","id":"k","project":"none","environment":"e","role":"read","sha256":"{sha256}","created_at":""}}"#
        ),
        r#"{"event":"key.revoked","id":7}"#,
    ];
    for body in malformed {
        write(&journal, body).await;
    }
    write(&journal, r#"{"event":"project.created","id":"b","name":"B","timezone":"UTC","created_at":"","more":1}"#)
        .await;
    let control = open(&journal).await;
    assert_eq!(control.skipped_records(), malformed.len() as u64);
    assert_eq!(control.projects().iter().map(|project| project.id.as_str()).collect::<Vec<_>>(), ["b", "shop"]);
}

#[tokio::test]
async fn what_cannot_be_created_says_why() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    let error = control.create_key(new_key("nowhere", Role::Read)).await.unwrap_err();
    assert!(matches!(&error, Error::UnknownProject(id) if id == "nowhere"), "{error}");
    assert_eq!(control.revoke_key("nothing").await.unwrap_err().code(), "unknown_key");
    for name in ["", "  ", "a\0b", "two\nlines", &"x".repeat(5_000), &"x".repeat(121)] {
        assert_eq!(control.create_project(name, UTC).await.unwrap_err().code(), "invalid_name");
    }
    control.create_project("shop", UTC).await.unwrap();
    control.create_project(&"ö".repeat(120), UTC).await.unwrap();
    for bot in ["", "a\0b", &"x".repeat(256)] {
        let new = NewKey { bot_id: Some(bot.to_owned()), ..new_key("shop", Role::Read) };
        assert_eq!(control.create_key(new).await.unwrap_err().code(), "invalid_name", "{bot}");
    }
    for environment in ["", "Production", "a b", &"x".repeat(41)] {
        let new = NewKey { environment: environment.to_owned(), ..new_key("shop", Role::Read) };
        assert_eq!(control.create_key(new).await.unwrap_err().code(), "invalid_name", "{environment}");
    }
}

#[tokio::test]
async fn a_browsers_key_may_be_bound_to_the_pages_of_its_origins() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    assert!(!control.may_any_send_from("https://shop.example"), "no key stands in any page");
    let bound = NewKey { origins: vec!["https://Shop.example/".to_owned()], ..new_key("shop", Role::Browser) };
    let bound = control.create_key(bound).await.unwrap();
    for control in [control.clone(), open(&journal).await] {
        let grant = control.authenticate(bound.key.reveal()).unwrap();
        assert!(grant.may_send_from("https://shop.example") && control.may_any_send_from("https://shop.example"));
        assert!(!grant.may_send_from("https://evil.example") && !control.may_any_send_from("https://evil.example"));
    }
    let free = control.create_key(new_key("shop", Role::Browser)).await.unwrap();
    assert!(control.authenticate(free.key.reveal()).unwrap().may_send_from("https://any.example"));
    assert!(control.may_any_send_from("https://any.example"));
    control.revoke_key(&free.id).await.unwrap();
    assert!(!control.may_any_send_from("https://any.example"), "a revoked key lets nobody send");

    let server = control.create_key(new_key("shop", Role::Write)).await.unwrap();
    assert!(!control.authenticate(server.key.reveal()).unwrap().may_send_from("https://any.example"));
    let server = NewKey { origins: vec!["https://shop.example".to_owned()], ..new_key("shop", Role::Write) };
    assert_eq!(control.create_key(server).await.unwrap_err().code(), "invalid_origin");
    let wrong = NewKey { origins: vec!["*".to_owned()], ..new_key("shop", Role::Browser) };
    assert_eq!(control.create_key(wrong).await.unwrap_err().code(), "invalid_origin");
}

#[tokio::test]
async fn keys_that_were_stored_before_there_were_origins_are_honoured() {
    let (_dir, journal) = journal();
    write(&journal, r#"{"event":"project.created","id":"shop","name":"shop","timezone":"UTC","created_at":""}"#).await;
    let sha256 = crate::key::hex(&crate::key::hash("old"));
    write(
        &journal,
        &format!(
            r#"{{"event":"key.created","id":"k","project":"shop","environment":"production","role":"browser","sha256":"{sha256}","created_at":""}}"#
        ),
    )
    .await;
    let control = open(&journal).await;
    assert_eq!(control.skipped_records(), 0);
    assert!(control.authenticate("old").unwrap().may_send_from("https://any.example"));
}

#[tokio::test]
async fn every_name_gives_an_id_that_is_safe_in_a_path() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    for (name, id) in
        [("Acme & Söhne GmbH", Some("acme-s-hne-gmbh")), ("  --A--  ", Some("a")), ("東京", None), ("!!!", None)]
    {
        let project = control.create_project(name, UTC).await.unwrap();
        assert!(project.id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{}", project.id);
        assert!(id.is_none_or(|id| id == project.id), "{}", project.id);
    }
}

#[tokio::test]
async fn no_secret_stands_on_the_topic_or_in_debug_output() {
    let (_dir, journal) = journal();
    let control = Control::open(Arc::clone(&journal), Some("first-admin")).await.unwrap();
    control.create_project("shop", UTC).await.unwrap();
    let created = control.create_key(new_key("shop", Role::Admin)).await.unwrap();
    let grant = control.authenticate(created.key.reveal());
    let shown = format!("{control:?} {created:?} {grant:?}");
    let all = ReadLimit { records: 100, bytes: 1 << 20 };
    let stored = journal.read(Topic::Control, 0, 0, all).await.unwrap();
    let stored: String = stored.iter().map(|record| String::from_utf8_lossy(&record.value).into_owned()).collect();
    let random = &created.key.reveal()[4..36];
    for text in [shown, stored] {
        assert!(!text.contains(random) && !text.contains("first-admin"), "{text}");
    }
}
