//! Tests of members on a real journal.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use chrono_tz::UTC;
use journal::{ReadLimit, Topic};

use crate::{
    Control, INVITATION_LASTS, Joining, Member, MemberRole, Role,
    tests::{journal, new_key, open, write},
};

const PASSWORD: &str = "correct horse";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_774_000_000, 0).unwrap()
}

fn joining(email: &str) -> Joining {
    Joining { email: email.to_owned(), password: PASSWORD.to_owned() }
}

async fn joined(control: &Control, email: &str, place: (Option<&str>, MemberRole)) -> Arc<Member> {
    let invited = control.invite(email, place, now()).await.unwrap();
    control.join(&invited.id, joining(email), now()).await.unwrap()
}

async fn code_of_join(control: &Control, id: &str, email: &str, at: DateTime<Utc>) -> &'static str {
    control.join(id, joining(email), at).await.map_or_else(|error| error.code(), |_| "joined")
}

#[tokio::test]
async fn the_first_administrator_takes_an_invitation_that_is_good_once() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    let first = control.first_invitation().unwrap();
    control.join(&first.id, joining("Ana@Shop.example"), now()).await.unwrap();
    for control in [control.clone(), open(&journal).await] {
        assert_eq!(control.first_invitation(), None);
        assert_eq!(code_of_join(&control, &first.id, "ben@shop.example", now()).await, "invitation_over");
        let ana = control.sign_in("ana@shop.example", PASSWORD, now()).await.unwrap();
        assert!(ana.is_administrator);
        assert_eq!(ana.role("whatever"), Some(MemberRole::Owner));
        assert_eq!(control.remove_member(None, &ana.id).await.unwrap_err().code(), "last_administrator");
    }
}

#[tokio::test]
async fn of_two_processes_that_take_one_invitation_the_first_record_wins() {
    let (_dir, journal) = journal();
    let (one, two) = (open(&journal).await, open(&journal).await);
    let both = [("ana@x.example", &one), ("ben@x.example", &two)]
        .map(|(email, control)| control.join("first", joining(email), now()));
    let outcomes = futures(both).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome).count(), 1, "{outcomes:?}");
    let all = open(&journal).await.members(None);
    assert_eq!(all.len(), 1);
}

async fn futures(both: [impl Future<Output = Result<Arc<Member>, crate::Error>>; 2]) -> [bool; 2] {
    let [one, two] = both;
    let (one, two) = tokio::join!(one, two);
    [one.is_ok(), two.is_ok()]
}

#[tokio::test]
async fn an_invitation_is_for_one_address_and_one_project_until_it_is_over() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    control.create_project("bank", UTC).await.unwrap();
    let place = (Some("shop"), MemberRole::Agent);
    let old = control.invite("ana@x.example", place, now()).await.unwrap();
    let invited = control.invite("ana@x.example", place, now()).await.unwrap();
    assert_eq!(code_of_join(&control, &old.id, "ana@x.example", now()).await, "invitation_over", "it was replaced");
    assert_eq!(code_of_join(&control, &invited.id, "ben@x.example", now()).await, "invalid_member");
    assert_eq!(code_of_join(&control, &invited.id, "ana@x.example", now() + INVITATION_LASTS).await, "invitation_over");
    let last = now() + INVITATION_LASTS - Duration::seconds(1);
    let ana = control.join(&invited.id, joining("ana@x.example"), last).await.unwrap();
    assert_eq!((ana.role("shop"), ana.role("bank"), ana.is_administrator), (Some(MemberRole::Agent), None, false));
    assert_eq!(code_of_join(&control, &invited.id, "ana@x.example", now()).await, "invitation_over");

    let withdrawn = control.invite("ben@x.example", place, now()).await.unwrap();
    assert_eq!(control.uninvite(Some("bank"), &withdrawn.id).await.unwrap_err().code(), "invitation_over");
    control.uninvite(Some("shop"), &withdrawn.id).await.unwrap();
    assert_eq!(code_of_join(&control, &withdrawn.id, "ben@x.example", now()).await, "invitation_over");
    let nowhere = control.invite("ben@x.example", (Some("mill"), MemberRole::Owner), now()).await;
    assert_eq!(nowhere.unwrap_err().code(), "unknown_project");
}

#[tokio::test]
async fn who_is_a_member_joins_another_project_with_their_own_password() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    control.create_project("bank", UTC).await.unwrap();
    let ana = joined(&control, "ana@x.example", (Some("shop"), MemberRole::Client)).await;
    let invited = control.invite("ana@x.example", (Some("bank"), MemberRole::Owner), now()).await.unwrap();
    assert_eq!(control.member(&ana.id).unwrap().role("bank"), None, "an invitation alone gives nothing");
    let wrong = Joining { email: "ana@x.example".to_owned(), password: "another password".to_owned() };
    assert_eq!(control.join(&invited.id, wrong, now()).await.unwrap_err().code(), "wrong_password");
    let again = control.join(&invited.id, joining("ana@x.example"), now()).await.unwrap();
    assert_eq!(again.id, ana.id);
    assert_eq!((again.role("shop"), again.role("bank")), (Some(MemberRole::Client), Some(MemberRole::Owner)));
}

#[tokio::test]
async fn what_ends_sessions_changes_the_epoch_everywhere_and_nothing_else_does() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    control.create_project("bank", UTC).await.unwrap();
    let ana = joined(&control, "ana@x.example", (Some("shop"), MemberRole::Analyst)).await;
    joined(&control, "ana@x.example", (Some("bank"), MemberRole::Analyst)).await;
    control.change_role("shop", &ana.id, MemberRole::Agent).await.unwrap();
    let epoch = async || open(&journal).await.member(&ana.id).unwrap().epoch;
    let first = epoch().await;
    assert_eq!(first, ana.epoch, "a role and another project end no session");
    control.end_sessions(&ana.id).await.unwrap();
    let second = epoch().await;
    control.change_password(&ana.id, (PASSWORD, "another password"), now()).await.unwrap();
    let third = epoch().await;
    control.remove_member(Some("bank"), &ana.id).await.unwrap();
    let fourth = epoch().await;
    assert!(first < second && second < third && third < fourth);
    assert_eq!(control.sign_in("ana@x.example", PASSWORD, now()).await.unwrap_err().code(), "wrong_password");
    control.sign_in("ana@x.example", "another password", now()).await.unwrap();

    control.remove_member(Some("shop"), &ana.id).await.unwrap();
    assert_eq!(open(&journal).await.member(&ana.id), None, "who belongs nowhere is no member");
    assert_eq!(control.end_sessions(&ana.id).await.unwrap_err().code(), "unknown_member");
    let again = joined(&control, "ana@x.example", (Some("shop"), MemberRole::Analyst)).await;
    assert_ne!(again.id, ana.id);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.join("first", joining("ana@x.example"), now()).await.unwrap();
    for (email, password) in
        [("ana@x.example", "wrong password"), ("nobody@x.example", PASSWORD), ("", ""), ("<b>", PASSWORD)]
    {
        let error = control.sign_in(email, password, now()).await.unwrap_err();
        assert_eq!(error.code(), "wrong_password", "{email}");
        assert_eq!(error.to_string(), "e-mail address and password do not belong together here");
    }
}

#[tokio::test]
async fn members_are_changed_in_their_own_project_alone() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    control.create_project("bank", UTC).await.unwrap();
    let ana = joined(&control, "ana@x.example", (Some("shop"), MemberRole::Analyst)).await;
    assert_eq!(control.change_role("bank", &ana.id, MemberRole::Owner).await.unwrap_err().code(), "unknown_member");
    for project in [Some("bank"), None] {
        assert_eq!(control.remove_member(project, &ana.id).await.unwrap_err().code(), "unknown_member");
    }
    assert_eq!(control.members(Some("bank")), []);
    assert_eq!(control.members(Some("shop")), [ana]);
}

#[tokio::test]
async fn records_of_members_that_make_no_sense_change_nothing() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    control.create_project("shop", UTC).await.unwrap();
    let malformed = [
        r#"{"event":"member.invited","id":"","email":"a@x","role":"owner","expires_at":1,"invited_at":""}"#,
        r#"{"event":"member.invited","id":"first","email":"a@x","role":"owner","expires_at":1,"invited_at":""}"#,
        r#"{"event":"member.invited","id":"i","email":"a@x","role":"agent","expires_at":1,"invited_at":""}"#,
        r#"{"event":"member.invited","id":"i","email":"a@x","role":"king","expires_at":1,"invited_at":""}"#,
        r#"{"event":"member.joined","id":"m","invitation":"first","email":"a@x","joined_at":""}"#,
        r#"{"event":"member.joined","id":"m","invitation":"first","email":"a@x","password":"plain","joined_at":""}"#,
    ];
    for body in malformed {
        write(&journal, body).await;
    }
    write(&journal, r#"{"event":"member.joined","id":"m","invitation":"none","email":"a@x","joined_at":""}"#).await;
    write(&journal, r#"{"event":"member.removed","member":"m","removed_at":""}"#).await;
    let control = open(&journal).await;
    assert_eq!(control.skipped_records(), malformed.len() as u64);
    assert_eq!((control.members(None), control.invitations(None)), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn keys_are_listed_by_project_and_known_by_their_ids_until_they_are_revoked() {
    let (_dir, journal) = journal();
    let control = Control::open(Arc::clone(&journal), Some("first-admin")).await.unwrap();
    control.create_project("shop", UTC).await.unwrap();
    control.create_project("bank", UTC).await.unwrap();
    let one = control.create_key(new_key("shop", Role::Read)).await.unwrap();
    let two = control.create_key(new_key("shop", Role::Ingest)).await.unwrap();
    control.create_key(new_key("bank", Role::Read)).await.unwrap();
    let ids = |control: &Control| control.keys("shop").iter().map(|key| key.key_id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&control), [one.id.clone(), two.id.clone()]);
    assert_eq!(control.key(&one.id).map(|(grant, _)| grant), control.authenticate(one.key.reveal()));
    assert_ne!(control.key(&one.id).map(|(_, hash)| hash), control.key(&two.id).map(|(_, hash)| hash));
    assert_eq!(control.key("admin").map(|(grant, _)| grant), control.authenticate("first-admin"));
    assert_eq!(open(&journal).await.key("admin"), None);
    control.revoke_key(&one.id).await.unwrap();
    assert_eq!((ids(&control), control.key(&one.id)), (vec![two.id], None));
}

#[tokio::test]
async fn no_password_stands_on_the_topic_or_in_debug_output() {
    let (_dir, journal) = journal();
    let control = open(&journal).await;
    let ana = control.join("first", joining("ana@x.example"), now()).await.unwrap();
    let all = ReadLimit { records: 100, bytes: 1 << 20 };
    let stored = journal.read(Topic::Control, 0, 0, all).await.unwrap();
    let stored: String = stored.iter().map(|record| String::from_utf8_lossy(&record.value).into_owned()).collect();
    assert!(stored.contains("$argon2id$"), "{stored}");
    for text in [stored, format!("{control:?} {ana:?} {:?}", joining("ana@x.example"))] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
    assert!(!format!("{ana:?}").contains("argon2id"));
}
