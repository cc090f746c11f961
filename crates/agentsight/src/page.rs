//! Parameters of questions, and the envelope of lists.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use event::Timestamp;
use serde_json::{Value, json};

use crate::{error::Refusal, lenient};

/// Entries of a page, unless a client says otherwise, and at most.
const SIZE: usize = 15;
const SIZE_MAX: usize = 100;

/// The parameters of a question, in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(pub(crate) Vec<(String, String)>);

impl Params {
    /// Of an address.
    pub(crate) fn of(uri: &Uri) -> Params {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
        Params(pairs.map(|pairs| pairs.0).unwrap_or_default())
    }

    /// The last value of a name, as it was sent.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(sent, _)| sent == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a name that says something.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.raw(name).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// All values of a name.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(sent, value)| sent == name && !value.is_empty());
        values.map(|(_, value)| value.clone()).collect()
    }

    /// A yes or no; anything else says nothing.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.raw(name).and_then(lenient::flag)
    }

    /// A yes or no; anything else is refused.
    pub(crate) fn strict_flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        let Some(text) = self.raw(name) else { return Ok(None) };
        let refused = || Refusal::field(name, "Must be one of 1, true, yes, on, 0, false, no, off.");
        lenient::flag(text).map(Some).ok_or_else(refused)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.raw(name).and_then(|text| text.trim().parse().ok())
    }

    pub(crate) fn instant(&self, name: &str) -> Option<Timestamp> {
        self.raw(name).and_then(lenient::instant)
    }

    /// A bound of an instant as microseconds. A date alone, as an upper bound, is its first moment.
    pub(crate) fn us(&self, name: &str) -> Option<i64> {
        self.instant(name).map(|at| at.0)
    }

    /// The name that a list is to be ordered by, and whether the greatest comes first.
    pub(crate) fn ordering(&self) -> Option<(String, bool)> {
        let text = self.text("ordering")?;
        Some(match text.strip_prefix('-') {
            Some(name) => (name.to_owned(), true),
            None => (text, false),
        })
    }
}

/// The page that a client asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    pub(crate) fn of(params: &Params) -> Page {
        let positive = |name| params.number(name).filter(|number| *number > 0).and_then(|n| usize::try_from(n).ok());
        Page { number: positive("page").unwrap_or(1), size: positive("page_size").unwrap_or(SIZE).min(SIZE_MAX) }
    }

    /// The part of the list that it is.
    pub(crate) fn part(self) -> warehouse::query::stored::Page {
        warehouse::query::stored::Page { skip: (self.number - 1).saturating_mul(self.size), limit: self.size }
    }

    /// The entries of it.
    pub(crate) fn cut<T>(self, entries: Vec<T>) -> Vec<T> {
        entries.into_iter().skip((self.number - 1).saturating_mul(self.size)).take(self.size).collect()
    }

    /// The envelope around its entries. A page past the end is 404.
    pub(crate) fn envelope(self, count: usize, results: Vec<Value>, address: &Address) -> Result<Value, Refusal> {
        let pages = count.div_ceil(self.size).max(1);
        if self.number > pages {
            return Err(Refusal::detail(StatusCode::NOT_FOUND, "Invalid page."));
        }
        let other = |number: usize| address.page(number, self.size);
        Ok(json!({
            "count": count, "page_size": self.size, "total_pages": pages, "current_page": self.number,
            "next": (self.number < pages).then(|| other(self.number + 1)),
            "previous": (self.number > 1).then(|| other(self.number - 1)),
            "results": results,
        }))
    }
}

/// Where a request was sent to, as its client wrote it.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    origin: String,
    uri: Uri,
}

impl Address {
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri, public_url: &str) -> Address {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let origin =
            if public_url.is_empty() { format!("http://{host}") } else { public_url.trim_end_matches('/').to_owned() };
        Address { origin, uri: uri.clone() }
    }

    /// An address of this server.
    pub(crate) fn of_path(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    fn page(&self, number: usize, size: usize) -> String {
        let query = self.uri.query().unwrap_or_default();
        let kept = query.split('&').filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && name != "page" && name != "page_size"
        });
        let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
        pairs.push(format!("page={number}&page_size={size}"));
        format!("{}{}?{}", self.origin, self.uri.path(), pairs.join("&"))
    }
}
