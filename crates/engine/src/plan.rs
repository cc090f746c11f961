//! From a request to what is to be run: the statement's text, its data, its format and its settings.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;

use crate::body::{Coding, Collected};
use crate::exception::{Exception, code};
use crate::ffi::Parameters;
use crate::format::{self, Pieces};
use crate::options::Limits;
use crate::request::{Head, bad_arguments, text_header};
use crate::sql::{self, Shape};

/// The largest value of a form's field.
const FIELD_BYTES_MAX: u64 = 16 << 20;

/// A statement to run.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The statement; of an INSERT with data, the part before `FORMAT`.
    pub(crate) sql: Bytes,
    pub(crate) kind: Kind,
    /// The format of the answer when the statement names none.
    pub(crate) default_format: String,
    /// The format that the answer will have, as far as it is known.
    pub(crate) answer_format: String,
    pub(crate) database: Option<String>,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) parameters: Parameters,
    pub(crate) read_only: bool,
}

/// How it is run.
#[derive(Debug)]
pub(crate) enum Kind {
    /// An INSERT whose data goes through the insert stream, never through SQL.
    Insert { format: String, data: Collected, coding: Coding },
    /// A SELECT whose answer is sent piece by piece.
    Stream(Pieces),
    /// A statement whose answer is sent whole; `inserts` when it is an INSERT from a SELECT.
    Whole { inserts: bool },
}

impl Plan {
    /// Reads the statement out of `head` and the body.
    pub(crate) fn new(mut head: Head, mut body: Collected, coding: Coding, limits: &Limits) -> Result<Self, Exception> {
        let query = Bytes::from(std::mem::take(&mut head.query));
        if let Ok(Shape::InsertData { head: statement, format, data }) = sql::shape(&query) {
            let inline = query.slice(data..);
            let coding = Self::join_inline(inline, &mut body, coding, limits)?;
            return Self::insert(head, query.slice(statement), format, (body, coding), limits);
        }
        let text = match (query.trim_ascii().is_empty(), body.is_empty()) {
            (_, true) => query,
            (true, false) => body.whole(coding, limits)?,
            (false, false) => [query.as_ref(), b"\n", &body.whole(coding, limits)?].concat().into(),
        };
        match sql::shape(&text)? {
            Shape::InsertData { head: statement, format, data } => {
                body.prepend(text.slice(data..));
                Self::insert(head, text.slice(statement), format, (body, Coding::Plain), limits)
            }
            Shape::InsertSelect => Ok(Self::plain(head, text, Kind::Whole { inserts: true }, None)),
            Shape::Other => Ok(Self::plain(head, text, Kind::Whole { inserts: false }, None)),
            Shape::Select(named) => {
                let format = named.as_ref().unwrap_or(&head.default_format);
                // As an array the rows of JSONEachRow need brackets around them all.
                let array = head.settings.iter().any(|(name, _)| name == "output_format_json_array_of_rows");
                let kind = match format::pieces(format) {
                    Some(pieces) if !array => Kind::Stream(pieces),
                    _ => Kind::Whole { inserts: false },
                };
                Ok(Self::plain(head, text, kind, named))
            }
        }
    }

    /// Data that stands in the URL goes before that of the body.
    fn join_inline(inline: Bytes, body: &mut Collected, coding: Coding, limits: &Limits) -> Result<Coding, Exception> {
        if inline.trim_ascii().is_empty() {
            return Ok(coding);
        }
        if !body.is_empty() && coding != Coding::Plain {
            let whole = body.whole(coding, limits)?;
            body.prepend(whole);
        }
        body.prepend(inline);
        Ok(Coding::Plain)
    }

    fn insert(
        head: Head,
        sql: Bytes,
        format: String,
        data: (Collected, Coding),
        limits: &Limits,
    ) -> Result<Self, Exception> {
        let (mut data, mut coding) = data;
        if format == "Values" {
            let whole = data.whole(coding, limits)?;
            sql::check_values(&whole)?;
            data.prepend(whole);
            coding = Coding::Plain;
        }
        Ok(Self::plain(head, sql, Kind::Insert { format, data, coding }, None))
    }

    fn plain(head: Head, sql: Bytes, kind: Kind, named: Option<String>) -> Self {
        Self {
            sql,
            kind,
            answer_format: named.unwrap_or_else(|| head.default_format.clone()),
            default_format: head.default_format,
            database: head.database,
            settings: head.settings,
            parameters: head.parameters,
            read_only: head.read_only,
        }
    }
}

/// Takes the fields of a form out of the body, when the body is one: the official Rust client sends parameters so.
pub(crate) async fn read_form(headers: &HeaderMap, body: Collected, head: &mut Head) -> Result<Collected, Exception> {
    let Some(boundary) = text_header(headers, header::CONTENT_TYPE.as_str())
        .filter(|content_type| content_type.starts_with("multipart/form-data"))
        .and_then(|content_type| multer::parse_boundary(content_type).ok())
    else {
        return Ok(body);
    };
    let (whole, rest) = body.split_whole();
    let unreadable = |error: multer::Error| bad_arguments(format!("the form cannot be read: {error}"));
    let limits = multer::SizeLimit::new().per_field(FIELD_BYTES_MAX);
    let constraints = multer::Constraints::new().size_limit(limits);
    let mut form = multer::Multipart::with_constraints(Body::from(whole).into_data_stream(), boundary, constraints);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.file_name().is_some() {
            let message = "external tables in a form are not available: insert the data into a table";
            return Err(Exception::new(code::NOT_IMPLEMENTED, "NOT_IMPLEMENTED", message));
        }
        let name = field.name().unwrap_or_default().to_owned();
        let value = field.text().await.map_err(unreadable)?;
        head.parameter(name, value)?;
    }
    Ok(rest)
}
