//! Members: how they get in, what ends their sessions, and what each role is shown.

use chrono::Duration;
use control::{Invitation, MemberRole, Purpose, Tokens};

use crate::{
    HOST, has_our_script_alone,
    server::{Page, Pages, SECRET, now},
};

pub(crate) const PASSWORD: &str = "correct horse";
const ANA: &str = "ana@shop.example";

fn tokens() -> Tokens {
    Tokens::new(SECRET.into())
}

fn fields(email: &str, password: &str) -> String {
    format!("email={}&password={}", email.replace('@', "%40"), password.replace(' ', "+"))
}

/// The pair of a cookie that an answer sets.
fn cookie_of(page: &Page) -> String {
    page.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

/// A member who has just signed in: the cookie.
pub(crate) async fn member(pages: &Pages, email: &str, place: (Option<&str>, MemberRole)) -> String {
    let invited = pages.control.invite(email, place, now()).await.unwrap();
    let joined = pages.post(&invited.link(&tokens(), now()), &[HOST], &fields(email, PASSWORD)).await;
    assert_eq!(joined.status, 303, "{}", joined.body);
    cookie_of(&joined)
}

async fn status(pages: &Pages, cookie: &str, path: &str) -> u16 {
    pages.get(path, &[HOST, ("cookie", cookie)]).await.status
}

#[tokio::test]
async fn the_first_administrators_link_is_good_once_and_for_a_day() {
    let pages = Pages::closed().await;
    let first = pages.control.first_invitation().unwrap();
    let old = first.link(&tokens(), now() - Duration::hours(24));
    let forged = first.link(&Tokens::new(b"another secret"[..].into()), now());
    for link in [old.as_str(), &forged, "/join/first", "/join/a.b"] {
        assert_eq!(pages.get(link, &[HOST]).await.status, 404, "{link}");
        assert_eq!(pages.post(link, &[HOST], &fields(ANA, PASSWORD)).await.status, 404, "{link}");
    }
    let link = first.link(&tokens(), now());
    assert_eq!(pages.get(&link, &[HOST]).await.status, 200);
    let foreign = [HOST, ("origin", "http://evil.example")];
    assert_eq!(pages.post(&link, &foreign, &fields(ANA, PASSWORD)).await.status, 403);
    let short = pages.post(&link, &[HOST], &fields(ANA, "short")).await;
    assert_eq!(short.status, 422);
    assert!(short.body.contains("A password has 10 to 200 characters"), "{}", short.body);
    let joined = pages.post(&link, &[HOST, ("x-forwarded-proto", "https")], &fields(ANA, PASSWORD)).await;
    assert_eq!(joined.status, 303, "{}", joined.body);
    let cookie = joined.header("set-cookie");
    assert!(
        ["HttpOnly", "SameSite=Lax", "Secure", "Max-Age=43200"].iter().all(|part| cookie.contains(part)),
        "{cookie}"
    );
    for project in ["shop", "demo"] {
        assert_eq!(status(&pages, &cookie_of(&joined), &format!("/p/{project}/metrics")).await, 200);
    }
    assert_eq!(pages.get(&link, &[HOST]).await.status, 404);
    assert_eq!(pages.post(&link, &[HOST], &fields("ben@shop.example", PASSWORD)).await.status, 404);
    assert_eq!(pages.control.members(None).len(), 1);
}

#[tokio::test]
async fn an_invitation_is_taken_by_whom_it_is_for() {
    let pages = Pages::closed().await;
    let invited = pages.control.invite(ANA, (Some("shop"), MemberRole::Analyst), now()).await.unwrap();
    let link = invited.link(&tokens(), now());
    assert!(pages.get(&link, &[HOST]).await.body.contains("value=\"ana@shop.example\""));
    assert_eq!(pages.post(&link, &[HOST], &fields("ben@shop.example", PASSWORD)).await.status, 422);
    let joined = pages.post(&link, &[HOST], &fields(ANA, PASSWORD)).await;
    assert_eq!(status(&pages, &cookie_of(&joined), "/p/shop/metrics").await, 200);
    assert_eq!(status(&pages, &cookie_of(&joined), "/p/demo/metrics").await, 404, "another project");
    assert_eq!(pages.get(&link, &[HOST]).await.status, 404, "it was taken");
    // The link of a second project takes the password that is there.
    let second = pages.control.invite(ANA, (Some("demo"), MemberRole::Client), now()).await.unwrap();
    let link = second.link(&tokens(), now());
    assert_eq!(pages.post(&link, &[HOST], &fields(ANA, "another password")).await.status, 403);
    let joined = pages.post(&link, &[HOST], &fields(ANA, PASSWORD)).await;
    assert_eq!(status(&pages, &cookie_of(&joined), "/p/demo/metrics").await, 200);
}

#[tokio::test]
async fn who_signs_in_needs_the_password_and_strangers_are_answered_alike() {
    let pages = Pages::closed().await;
    member(&pages, ANA, (Some("shop"), MemberRole::Analyst)).await;
    let right = pages.post("/sign-in", &[HOST], &fields("Ana@Shop.example", PASSWORD)).await;
    assert_eq!((right.status, right.header("location")), (303, "/"));
    assert_eq!(status(&pages, &cookie_of(&right), "/p/shop/metrics").await, 200);
    let wrong = pages.post("/sign-in", &[HOST], &fields(ANA, "another password")).await;
    let nobody = pages.post("/sign-in", &[HOST], &fields("nobody@shop.example", PASSWORD)).await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (403, ""));
    assert_eq!((nobody.status, &nobody.body), (403, &wrong.body));
    assert!(wrong.body.contains("E-mail address and password do not belong together here."), "{}", wrong.body);
    let hostile = pages.post("/sign-in", &[HOST], "email=%22%3E%3Cscript%3E&password=%3Cscript%3E").await;
    assert!(hostile.status == 403 && has_our_script_alone(&hostile.body), "{}", hostile.body);
}

#[tokio::test]
async fn an_address_is_tried_ten_times_and_then_not_even_the_right_password_is() {
    let pages = Pages::closed().await;
    member(&pages, ANA, (Some("shop"), MemberRole::Analyst)).await;
    for _ in 0..10 {
        assert_eq!(pages.post("/sign-in", &[HOST], &fields(ANA, "another password")).await.status, 403);
    }
    let refused = pages.post("/sign-in", &[HOST], &fields(ANA, PASSWORD)).await;
    assert_eq!((refused.status, refused.header("set-cookie")), (429, ""));
    assert!(refused.body.contains("try again in ten minutes"), "{}", refused.body);
}

#[tokio::test]
async fn a_session_is_taken_by_every_process_and_ends_everywhere_at_once() {
    let pages = Pages::closed().await;
    member(&pages, "owner@shop.example", (None, MemberRole::Owner)).await;
    let place = (Some("shop"), MemberRole::Analyst);
    let cookie = member(&pages, ANA, place).await;
    let (_, key) = pages.key("shop").await;
    let by_key = cookie_of(&pages.post("/sign-in", &[HOST], &format!("key={key}")).await);
    let other = pages.of_another_process().await;
    for cookie in [&cookie, &by_key] {
        assert_eq!(status(&other, cookie, "/p/shop/metrics").await, 200);
    }
    let ana = pages.control.members(Some("shop")).remove(0);
    pages.control.end_sessions(&ana.id).await.unwrap();
    assert_eq!(status(&pages, &cookie, "/p/shop/metrics").await, 403);
    assert_eq!(status(&pages, &by_key, "/p/shop/metrics").await, 200, "another's session goes on");
    let again = cookie_of(&pages.post("/sign-in", &[HOST], &fields(ANA, PASSWORD)).await);
    assert_eq!(status(&pages, &again, "/p/shop/metrics").await, 200);
    pages.control.remove_member(Some("shop"), &ana.id).await.unwrap();
    assert_eq!(status(&pages, &again, "/p/shop/metrics").await, 403);
    // Joining again under the same address brings no old session back.
    member(&pages, ANA, place).await;
    assert_eq!(status(&pages, &again, "/p/shop/metrics").await, 403);
    let restarted = pages.of_another_process().await;
    assert_eq!(status(&restarted, &again, "/p/shop/metrics").await, 403);
}

#[tokio::test]
async fn a_session_that_was_changed_or_is_over_is_none() {
    let pages = Pages::closed().await;
    let cookie = member(&pages, ANA, (Some("shop"), MemberRole::Analyst)).await;
    let ana = pages.control.members(Some("shop")).remove(0);
    let signed = |until: i64, secret: &[u8]| {
        let tokens = Tokens::new(secret.into());
        let body = format!("m.{}", ana.id);
        format!("rapport_session={}", tokens.sign(Purpose::Session, &body, until, &ana.epoch.to_be_bytes()))
    };
    let until = now().timestamp();
    assert_eq!(status(&pages, &signed(until + 1, SECRET), "/p/shop/metrics").await, 200);
    for wrong in [signed(until, SECRET), signed(until + 1, b"other"), format!("{cookie}x"), cookie.replace('.', "")] {
        assert_eq!(status(&pages, &wrong, "/p/shop/metrics").await, 403, "{wrong}");
    }
}

#[tokio::test]
async fn another_password_ends_the_sessions_at_other_browsers() {
    let pages = Pages::closed().await;
    let first = member(&pages, ANA, (Some("shop"), MemberRole::Analyst)).await;
    let second = cookie_of(&pages.post("/sign-in", &[HOST], &fields(ANA, PASSWORD)).await);
    let session = [HOST, ("cookie", second.as_str())];
    let token = pages.form_token(&session).await;
    let sent = |password: &str, token: &str| format!("password={password}&new=a+longer+password&token={token}");
    assert_eq!(pages.post("/account/password", &session, &sent("correct+horse", "")).await.status, 403);
    let other = member(&pages, "ben@shop.example", (Some("shop"), MemberRole::Analyst)).await;
    let others = pages.form_token(&[HOST, ("cookie", other.as_str())]).await;
    assert_eq!(pages.post("/account/password", &session, &sent("correct+horse", &others)).await.status, 403);
    assert_eq!(pages.post("/account/password", &session, &sent("wrong+password", &token)).await.status, 403);
    assert_eq!(status(&pages, &first, "/p/shop/metrics").await, 200, "nothing has changed so far");
    let changed = pages.post("/account/password", &session, &sent("correct+horse", &token)).await;
    assert_eq!((changed.status, changed.header("location")), (303, "/account"));
    for ended in [&first, &second] {
        assert_eq!(status(&pages, ended, "/p/shop/metrics").await, 403);
    }
    let third = cookie_of(&changed);
    assert_eq!(status(&pages, &third, "/p/shop/metrics").await, 200);
    let session = [HOST, ("cookie", third.as_str())];
    let token = format!("token={}", pages.form_token(&session).await);
    assert_eq!(pages.post("/sign-out/everywhere", &session, &token).await.status, 303);
    assert_eq!(status(&pages, &third, "/p/shop/metrics").await, 403);
}

/// Pages with what each is answered to owner, analyst, agent and client: 503 is a page that would be shown, if there were a warehouse.
const SHOWN: &[(&str, [u16; 4])] = &[
    ("overview", [200, 200, 200, 200]),
    ("contact-center", [200, 200, 200, 200]),
    ("agents", [200, 200, 403, 200]),
    ("conversations", [503, 503, 503, 403]),
    ("conversations/c1", [503, 503, 503, 403]),
    ("export?metric=agent_conversations&by=agent&r=7d", [503, 503, 403, 503]),
    ("export?metric=agent_conversations&by=%20agent&f=agent:is:a1&r=7d", [422, 422, 403, 422]),
    ("export?metric=agent_conversations&by=team&r=7d", [503, 503, 503, 503]),
    ("explain?metric=agent_conversations&f=agent:is:a1&r=7d", [503, 503, 403, 503]),
    ("export?metric=chats&by=trait:email&r=7d", [503, 503, 503, 403]),
    ("explain?metric=chats&r=7d", [503, 503, 503, 503]),
];

#[tokio::test]
async fn each_role_is_shown_what_it_may_see_and_no_more() {
    let pages = Pages::closed().await;
    for (at, role) in MemberRole::ALL.into_iter().enumerate() {
        let cookie = member(&pages, &format!("{role}@shop.example"), (Some("shop"), role)).await;
        for (page, answers) in SHOWN {
            assert_eq!(status(&pages, &cookie, &format!("/p/shop/{page}")).await, answers[at], "{role}: {page}");
        }
        assert_eq!(status(&pages, &cookie, "/p/demo/overview").await, 404, "{role}: another project");
    }
}

#[tokio::test]
async fn a_role_that_is_changed_holds_at_the_next_page() {
    let pages = Pages::closed().await;
    let cookie = member(&pages, ANA, (Some("shop"), MemberRole::Analyst)).await;
    assert_eq!(status(&pages, &cookie, "/p/shop/agents").await, 200);
    let ana = pages.control.members(Some("shop")).remove(0);
    pages.control.change_role("shop", &ana.id, MemberRole::Agent).await.unwrap();
    assert_eq!(status(&pages, &cookie, "/p/shop/agents").await, 403);
}

#[tokio::test]
async fn names_of_projects_are_no_markup_where_people_join() {
    let pages = Pages::closed().await;
    let project = pages.control.create_project("\"><script>alert(1)</script>", chrono_tz::UTC).await.unwrap();
    let invited: std::sync::Arc<Invitation> =
        pages.control.invite("o'neil&co@x.example", (Some(&project.id), MemberRole::Owner), now()).await.unwrap();
    let page = pages.get(&invited.link(&tokens(), now()), &[HOST]).await;
    assert!(
        page.status == 200 && page.body.contains("&lt;script&gt;") && has_our_script_alone(&page.body),
        "{}",
        page.body
    );
    assert!(page.body.contains("o'neil&amp;co@x.example"), "{}", page.body);
}
