//! Files that pages refer to, in the binary. Their addresses change with what is in them, so that they may be kept for ever.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// The one stylesheet: tokens, then components.
pub(crate) static STYLE: Asset = Asset {
    kind: "text/css; charset=utf-8",
    text: concat!(
        include_str!("../style/tokens.css"),
        include_str!("../style/base.css"),
        include_str!("../style/parts.css"),
        include_str!("../style/charts.css"),
        include_str!("../style/work.css"),
    ),
    path: LazyLock::new(|| address(STYLE.text, "css")),
};

/// The one script, as it was built from `web/src`.
pub(crate) static SCRIPT: Asset = Asset {
    kind: "text/javascript; charset=utf-8",
    text: include_str!("../web/dist/dashboard.js"),
    path: LazyLock::new(|| address(SCRIPT.text, "js")),
};

/// A file.
#[derive(Debug)]
pub(crate) struct Asset {
    kind: &'static str,
    text: &'static str,
    path: LazyLock<String>,
}

/// The address of a file of such content.
fn address(text: &str, ending: &str) -> String {
    let hash: String = Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/{hash}.{ending}")
}

impl Asset {
    /// Its address.
    pub(crate) fn path(&'static self) -> &'static str {
        &self.path
    }

    /// The answer that it is.
    pub(crate) fn answer(&self) -> Response {
        let headers =
            [(header::CONTENT_TYPE, self.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
        (headers, self.text).into_response()
    }
}
