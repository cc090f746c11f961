//! Explore, health and live, without a warehouse.

use crate::{HOST, server::Pages};

#[tokio::test]
async fn what_is_explored_is_said_as_a_client_asks_it_and_a_key_never_is() {
    let pages = Pages::demo("127.0.0.1").await;
    let address = "/p/demo/explore?r=7d&metric=messages_total&by=role&f=channel:is:it%27s";
    let page = pages.get(address, &[HOST]).await;
    assert_eq!(page.status, 200);
    let question =
        "metric=messages_total&amp;r=7d&amp;by=role&amp;f=channel:is:it%27s&amp;env=production&amp;project=demo";
    let asked = format!("http://127.0.0.1:8088/api/v1/query?{question}");
    assert!(page.body.contains(&format!("<code id=\"copy-api\">{asked}</code>")), "{}", page.body);
    assert!(page.body.contains(&format!("Authorization: Bearer $KEY&quot; '{asked}'</code>")), "{}", page.body);
    assert!(!page.body.contains("ags_"), "a key");
    assert!(page.body.contains("The API does not answer this question"), "{}", page.body);
}

#[tokio::test]
async fn what_the_api_says_of_a_question_is_shown_with_its_hint() {
    let pages = Pages::demo("127.0.0.1").await;
    let page = pages.get("/p/demo/explore?metric=mesages_total", &[HOST]).await;
    assert!(page.body.contains("there is no metric `mesages_total`. did you mean messages_total"), "{}", page.body);
    let page = pages.get("/p/demo/explore?metric=messages_total&by=chanel", &[HOST]).await;
    assert!(page.body.contains("`messages_total` cannot be split by `chanel`"), "{}", page.body);
    assert!(page.body.contains("did you mean channel"), "{}", page.body);
    let hostile = pages.get("/p/demo/explore?metric=%3Cimg%3E&by=%22%3E%3Cimg%3E&shape=%3Cimg%3E", &[HOST]).await;
    assert_eq!(hostile.status, 200);
    assert!(!hostile.body.contains("<img"), "{}", hostile.body);
}

#[tokio::test]
async fn the_form_has_every_metric_and_of_one_its_dimensions() {
    let pages = Pages::demo("127.0.0.1").await;
    let page = pages.get("/p/demo/explore?metric=cc_missed", &[HOST]).await;
    for metric in warehouse::registry::METRICS {
        assert!(page.body.contains(&format!("<option value=\"{}\"", metric.id)), "{}", metric.id);
    }
    assert!(page.body.contains("<option value=\"queue\"") && !page.body.contains("<option value=\"workflow\""));
    assert!(!page.body.contains("value=\"heatmap\""), "it has no hours");
    let sent = pages.get("/p/demo/explore?r=7d&metric=cc_missed&by=team&by=&shape=bar&g=auto", &[HOST]).await;
    assert_eq!(
        (sent.status, sent.header("location")),
        (303, "/p/demo/explore?r=7d&by=team&metric=cc_missed&shape=bar")
    );
}

#[tokio::test]
async fn pages_of_the_present_say_that_nothing_can_be_asked() {
    let pages = Pages::demo("127.0.0.1").await;
    let health = pages.get("/p/demo/health", &[HOST]).await;
    assert_eq!((health.status, health.body.matches("This panel did not load").count()), (200, 3), "{}", health.body);
    assert!(health.body.contains("the warehouse does not answer at present"), "{}", health.body);
    let live = pages.get("/p/demo/live", &[HOST]).await;
    assert_eq!((live.status, live.body.matches("This panel did not load").count()), (200, 1), "{}", live.body);
    let wall = pages.get("/p/demo/live?tv=1", &[HOST]).await;
    assert!(wall.body.contains("class=\"wall\"") && !wall.body.contains("<nav"), "{}", wall.body);
}

#[tokio::test]
async fn live_events_are_for_those_who_may_see_the_page_and_end_with_the_server() {
    let pages = Pages::demo("127.0.0.1").await;
    assert_eq!(pages.get("/p/demo/live/events", &[("host", "rapport.example")]).await.status, 403);
    assert_eq!(pages.get("/p/shop/live/events", &[HOST]).await.status, 404);
    pages.close();
    let stream = pages.get("/p/demo/live/events", &[HOST]).await;
    assert_eq!((stream.status, stream.header("content-type")), (200, "text/event-stream"));
    assert_eq!(stream.body, "", "a server that closes sends nothing more");
}

#[tokio::test]
async fn a_live_page_is_let_go_when_its_key_is_revoked() {
    let pages = Pages::closed().await;
    let (id, key) = pages.key("shop").await;
    let signed = pages.post("/sign-in", &[HOST], &format!("key={key}")).await;
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_owned();
    let session = [HOST, ("cookie", cookie.as_str())];
    let (stream, ()) = tokio::join!(pages.get("/p/shop/live/events", &session), pages.revoke(&id));
    assert_eq!(stream.status, 200, "it began before");
    assert!(stream.body.len() < 10_000, "and ended");
}
