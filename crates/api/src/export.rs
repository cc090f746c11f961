//! `GET /api/v1/export`: the rows of figures as a file.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use http_body::Frame;
use tokio::{sync::OwnedSemaphorePermit, time::Sleep};
use warehouse::query::{self, Ask, Export, Format, nearest};

use crate::{
    Error,
    asked::{Asked, Pairs, Reach, counted, turn},
    params::{EXPORT, Question, short},
    router::App,
};

/// The formats by their names in questions.
const FORMATS: [&str; 3] = ["csv", "json", "parquet"];
/// How long the sending of a file may take.
const SEND_MAX: Duration = Duration::from_secs(300);

/// `GET /api/v1/export`.
pub(crate) async fn export(State(app): State<Arc<App>>, headers: HeaderMap, pairs: Pairs) -> Result<Response, Error> {
    counted("export", answer(&app, Asked::read(&app, &headers, pairs, EXPORT))).await
}

pub(crate) async fn answer(app: &App, asked: Result<Asked, Error>) -> Result<Response, Error> {
    let asked = asked?;
    let question = Question::read(&asked.sent, &asked.project, asked.now)?;
    let format = format(asked.sent.one("format"))?;
    let reach = Reach::of(app, &asked, &question.positions).await?;
    let permit = Arc::clone(&app.exports).try_acquire_owned().map_err(|_| Error::Overloaded)?;
    let turn = turn(app).await?;
    let asks: Vec<Ask<'_>> =
        question.metrics.iter().map(|metric| question.ask(metric, &asked.project, false)).collect();
    reach.wait(app, asks.iter().any(Ask::derived)).await?;
    let export = query::export(&app.deps.warehouse, &asks, format).await?;
    drop(turn);
    let body = Body::new(Sending { export, _permit: permit, deadline: Box::pin(tokio::time::sleep(SEND_MAX)) });
    let name = format!("attachment; filename=\"{}\"", file_name(&question, format));
    Ok(([(header::CONTENT_TYPE, content_type(format).to_owned()), (header::CONTENT_DISPOSITION, name)], body)
        .into_response())
}

fn format(name: Option<&str>) -> Result<Format, Error> {
    let name = name.unwrap_or(FORMATS[0]);
    Format::parse(name).ok_or_else(|| {
        let near = nearest(name, FORMATS.into_iter());
        let hint = if near.is_empty() {
            format!("use {}", FORMATS.join(", "))
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        let message = format!("there is no format `{}`", short(name));
        Error::BadParameter { code: "unknown_format", message, hint }
    })
}

fn content_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv; charset=utf-8; header=present",
        Format::Json => "application/json",
        Format::Parquet => "application/vnd.apache.parquet",
    }
}

/// The first metric and the local days of the range: ids and dates have no character that a name may not have.
fn file_name(question: &Question, format: Format) -> String {
    let day = |us: i64| question.range.local(us).chars().take(10).collect::<String>();
    let metric = question.metrics.first().map_or("figures", |metric| metric.id);
    let more = if question.metrics.len() > 1 { "-and-more" } else { "" };
    format!("{metric}{more}-{}-{}.{}", day(question.range.from_us), day(question.range.to_us), format.name())
}

/// A file as the body of an answer; one that breaks off does so visibly, because its last chunk is missing.
struct Sending {
    export: Export,
    _permit: OwnedSemaphorePermit,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            tracing::warn!("a file was read too slowly and broken off");
            return Poll::Ready(Some(Err(std::io::ErrorKind::TimedOut.into())));
        }
        self.export.poll_next(cx).map(|piece| match piece {
            Ok(piece) => piece.map(|bytes| Ok(Frame::data(bytes))),
            Err(error) => {
                tracing::warn!(%error, "a file broke off");
                Some(Err(std::io::ErrorKind::Other.into()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_name_and_others_are_refused_with_the_nearest() {
        assert!(FORMATS.iter().all(|name| format(Some(name)).is_ok_and(|format| format.name() == *name)));
        assert_eq!(format(None).unwrap(), Format::Csv);
        let refused = format(Some("parket")).unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (422, "unknown_format"));
        assert!(refused.hint().contains("parquet"));
    }
}
