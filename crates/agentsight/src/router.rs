//! The routes. Every address ends in a slash and is answered where it is: a redirect would turn a client's POST into a GET.

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, Uri, uri::PathAndQuery},
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, patch, post},
};

use crate::{
    app::{App, Deps},
    error::Refusal,
    files,
    read::{conversations, feedbacks, keys, me, spans, tickets, tools, usage},
    shadow, write,
};

/// The routes of both generations.
pub fn router(deps: Deps) -> Router {
    let shadow = deps.shadow.clone();
    let app = Arc::new(App::new(deps));
    let routed = routes()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods.fallback(method_not_allowed)));
    let routed = routed.with_state(app);
    match shadow {
        Some(shadow) => routed.layer(middleware::from_fn_with_state(shadow, shadow::copied)),
        None => routed,
    }
}

async fn method_not_allowed(method: axum::http::Method) -> Response {
    let text = format!("Method \"{method}\" not allowed.");
    Refusal::detail(StatusCode::METHOD_NOT_ALLOWED, text).into_response()
}

/// Every address, with what its methods do.
fn routes() -> Vec<(&'static str, MethodRouter<Arc<App>>)> {
    vec![
        ("/api/me/", get(me::me)),
        ("/api/ingest/", post(write::ingest::ingest)),
        ("/api/conversations/", get(conversations::list).post(write::conversations::create)),
        ("/api/conversations/lookup/", get(conversations::lookup)),
        ("/api/conversations/metadata-keys/", get(keys::of_conversations)),
        ("/api/conversations/metadata-values/", get(keys::values)),
        ("/api/conversations/message-metadata-keys/", get(keys::of_messages)),
        ("/api/conversations/{id}/", get(conversations::one).delete(write::changes::delete)),
        ("/api/conversations/{id}/attachments/", get(conversations::attachments)),
        ("/api/conversations/{id}/mark/", post(write::changes::mark)),
        ("/api/conversations/{id}/rename/", patch(write::changes::rename)),
        ("/api/conversations/{id}/update/", patch(write::changes::update_route)),
        ("/api/conversations/{id}/delete/", delete(write::changes::delete)),
        ("/api/track/", post(write::items::track)),
        ("/api/track/{id}/", get(conversations::message).patch(write::changes::message)),
        ("/api/action_logs/", post(write::items::action)),
        ("/api/buttons/", post(write::items::button)),
        ("/api/attachments/", post(write::attachments::upload)),
        ("/api/conversation-feedbacks/", post(write::feedbacks::of_conversation)),
        ("/api/feedbacks/", get(feedbacks::list).post(write::feedbacks::create)),
        ("/api/feedbacks/{id}/", get(feedbacks::one).patch(write::feedbacks::update).delete(write::feedbacks::delete)),
        ("/api/tickets/", get(tickets::list).post(write::tickets::create)),
        ("/api/tickets/{id}/", get(tickets::one).patch(write::tickets::update).delete(write::tickets::delete)),
        ("/api/tickets/{id}/comments/", get(tickets::comments).post(write::tickets::comment)),
        ("/api/actions/", get(tools::list).post(write::tools::create)),
        ("/api/actions/{id}/", get(tools::one).patch(write::tools::update)),
        ("/api/actions/{id}/logs/", get(tools::logs)),
        ("/api/token-usage/", get(usage::list)),
        ("/api/token-usage/summary/", get(usage::summary)),
        ("/api/spans/", get(spans::list)),
        ("/api/spans/{id}/", get(spans::one)),
        ("/api/traces/{id}/", get(spans::trace)),
        ("/api/files/{token}/{name}", get(files::download)),
    ]
}

/// The address that a client means which puts something before `/api/`: a slash too many, as where its endpoint ends in one, or a prefix
/// under which a proxy shows this server. None for what begins with `/api/`, or holds none.
pub fn within_prefix(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let at = path.find("/api/").filter(|at| *at > 0)?;
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("{}{query}", &path[at..])).ok();
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_address_is_left_out() {
        let check = |sent: &str, expected: Option<&str>| {
            let uri: Uri = sent.parse().unwrap();
            assert_eq!(within_prefix(&uri).map(|uri| uri.to_string()).as_deref(), expected, "{sent}");
        };
        check("//api/track/", Some("/api/track/"));
        check("/agentsight/api/conversations/?page=2", Some("/api/conversations/?page=2"));
        check("/api/track/", None);
        check("/v1/batch", None);
    }
}
