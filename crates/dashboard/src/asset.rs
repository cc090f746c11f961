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
    ),
};

/// A file.
#[derive(Debug)]
pub(crate) struct Asset {
    kind: &'static str,
    text: &'static str,
}

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(STYLE.text.as_bytes());
    let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/{hash}.css")
});

impl Asset {
    /// Its address.
    pub(crate) fn path(&self) -> &'static str {
        &STYLE_PATH
    }

    /// The answer that it is.
    pub(crate) fn answer(&self) -> Response {
        let headers =
            [(header::CONTENT_TYPE, self.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
        (headers, self.text).into_response()
    }
}
