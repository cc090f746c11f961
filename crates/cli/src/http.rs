//! A small blocking HTTP client for Rapport's own routes, with the retries that a batch may safely have.

use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use service::config::without_credentials;

mod wait;

pub(crate) use wait::Patience;
use wait::{Waiting, Why};

/// A connection pool to one server with one key. Clones share it, and what was said about waiting.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    url: String,
    key: String,
    waiting: Waiting,
}

/// The answer of `POST /v1/batch`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BatchAnswer {
    pub(crate) accepted: u64,
    #[serde(default)]
    pub(crate) rejected: Vec<Rejected>,
}

/// An event that was not taken, and why.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub(crate) struct Rejected {
    pub(crate) index: usize,
    pub(crate) event_id: Option<String>,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Client {
    /// A client that retries what may be retried, with the usual patience.
    pub(crate) fn new(url: &str, key: &str) -> Self {
        Self::waiting(url, key, Waiting::default())
    }

    /// A client with its own patience, which says above `bar` what it waits for.
    pub(crate) fn patient(url: &str, key: &str, patience: Patience, bar: ProgressBar) -> Self {
        Self::waiting(url, key, Waiting::new(patience, bar))
    }

    fn waiting(url: &str, key: &str, waiting: Waiting) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(Duration::from_secs(60)))
            .user_agent(concat!("rapport/", env!("CARGO_PKG_VERSION")))
            .build();
        let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        Self { agent: config.into(), url: url.trim_end_matches('/').to_owned(), key: key.to_owned(), waiting }
    }

    /// The server's address, as it may be shown.
    pub(crate) fn shown_url(&self) -> String {
        without_credentials(&self.url)
    }

    /// Sends NDJSON events. Safe to repeat: an event counts once however often its id comes.
    ///
    /// # Errors
    /// When the server refuses the whole batch, or stays busy or away for longer than the client's patience.
    pub(crate) fn batch(&self, ndjson: &[u8]) -> anyhow::Result<BatchAnswer> {
        let answer = self.with_retries("POST /v1/batch", || {
            let request = self.agent.post(format!("{}/v1/batch", self.url));
            let request = request.header("Authorization", format!("Bearer {}", self.key));
            read(request.header("Content-Type", "application/x-ndjson").send(ndjson))
        })?;
        parse("POST /v1/batch", &answer, &[200, 207])
    }

    /// Posts JSON to a route of AgentSight's clients. Safe to repeat: an item or span counts once however often it comes.
    ///
    /// # Errors
    /// When the server refuses it, or stays busy or away for longer than the client's patience.
    pub(crate) fn track(&self, path: &str, body: &[u8]) -> anyhow::Result<()> {
        let answer = self.with_retries(path, || {
            let request = self.agent.post(format!("{}{path}", self.url));
            let request = request.header("Authorization", format!("Api-Key {}", self.key));
            read(request.header("Content-Type", "application/json").send(body))
        })?;
        if matches!(answer.status, 200 | 201) { Ok(()) } else { Err(refusal(path, &answer)) }
    }

    /// Asks a route of the API; `query` is put behind the path as it is.
    ///
    /// # Errors
    /// When the server answers with anything but success.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<T> {
        let answer = self.with_retries(path, || {
            let request = self.agent.get(format!("{}{path}", self.url));
            let request = query.iter().fold(request, |request, (name, value)| request.query(*name, *value));
            read(request.header("Authorization", format!("Bearer {}", self.key)).call())
        })?;
        parse(path, &answer, &[200])
    }

    /// Posts JSON once: what is created must not be created twice.
    ///
    /// # Errors
    /// When the server answers with anything but 200 or 201.
    pub(crate) fn create(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("Authorization", format!("Bearer {}", self.key));
        let answer = read(request.send_json(body)).with_context(|| unreachable_message(&self.url))?;
        parse(path, &answer, &[200, 201])
    }

    /// Deletes a resource; repeating it changes nothing.
    ///
    /// # Errors
    /// When the server answers with anything but success.
    pub(crate) fn delete(&self, path: &str) -> anyhow::Result<()> {
        let request = self.agent.delete(format!("{}{path}", self.url));
        let answer = read(request.header("Authorization", format!("Bearer {}", self.key)).call())
            .with_context(|| unreachable_message(&self.url))?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(refusal(path, &answer)) }
    }

    fn with_retries(&self, what: &str, attempt: impl Fn() -> Result<Answer, ureq::Error>) -> anyhow::Result<Answer> {
        let mut wait = self.waiting.begin(self.shown_url());
        loop {
            let outcome = attempt();
            let why = match &outcome {
                Ok(answer) if !matches!(answer.status, 429 | 502 | 503 | 504) => {
                    wait.over();
                    return Ok(outcome?);
                }
                Ok(answer) => Why::Busy { says: refusal(what, answer).to_string(), retry_after: answer.retry_after },
                Err(error) => Why::Away { says: error.to_string() },
            };
            if !wait.pause(&why) {
                return match outcome {
                    Ok(answer) => Err(refusal(what, &answer)),
                    Err(error) => Err(error).with_context(|| unreachable_message(&self.url)),
                };
            }
        }
    }
}

fn read(outcome: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, ureq::Error> {
    let mut response = outcome?;
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.body_mut().with_config().limit(64 << 20).read_to_vec()?;
    Ok(Answer { status: response.status().as_u16(), retry_after: retry_after.map(Duration::from_secs), body })
}

fn parse<T: DeserializeOwned>(what: &str, answer: &Answer, wanted: &[u16]) -> anyhow::Result<T> {
    if !wanted.contains(&answer.status) {
        return Err(refusal(what, answer));
    }
    serde_json::from_slice(&answer.body).with_context(|| format!("{what}: the answer is not what was expected"))
}

/// The server's own words about a refusal, with its hint.
fn refusal(what: &str, answer: &Answer) -> anyhow::Error {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let field = |name: &str| body["error"][name].as_str().unwrap_or_default().to_owned();
    let (code, message, hint) = (field("code"), field("message"), field("hint"));
    let text = format!("{what}: {} {code}: {message}", answer.status);
    let text = text.trim_end_matches([':', ' ']).to_owned();
    if hint.is_empty() { anyhow::anyhow!(text) } else { anyhow::anyhow!("{text} ({hint})") }
}

fn unreachable_message(url: &str) -> String {
    let url = without_credentials(url);
    format!("no Rapport answers at {url}: start one with `rapport run`, or name another with --url")
}

/// Refuses a URL that is not plain HTTP, which is all this client speaks.
///
/// # Errors
/// When the scheme is another.
pub(crate) fn check_url(url: &str) -> anyhow::Result<()> {
    if url.contains("://") && !url.starts_with("http://") {
        let url = without_credentials(url);
        bail!("{url}: this client speaks plain HTTP; put the address of the server itself, as http://HOST:PORT");
    }
    Ok(())
}
