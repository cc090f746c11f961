//! A schema registry over HTTP, by the routes that Confluent's, Karapace and Apicurio share.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use event::SchemaId;
use journal::BoxFuture;
use serde::Deserialize;
use service::config::Url;

/// How long the registry may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Most bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// Asks a registry for schemas.
#[derive(Debug)]
pub(super) struct HttpRegistry {
    asked: Arc<Asked>,
}

#[derive(Debug)]
struct Asked {
    agent: ureq::Agent,
    url: Url,
}

/// What a registry says of a schema.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    schema: String,
    #[serde(default)]
    schema_type: Option<String>,
}

impl HttpRegistry {
    /// A registry at an address.
    pub(super) fn new(url: &Url) -> HttpRegistry {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER_MAX));
        HttpRegistry { asked: Arc::new(Asked { agent: config.build().into(), url: url.clone() }) }
    }
}

impl worker::Registry for HttpRegistry {
    fn schema(&self, id: SchemaId) -> BoxFuture<'_, Result<Option<String>, String>> {
        let asked = Arc::clone(&self.asked);
        Box::pin(async move {
            let answer = tokio::task::spawn_blocking(move || asked.schema(id)).await;
            answer.unwrap_or_else(|error| Err(format!("the question was abandoned: {error}")))
        })
    }
}

impl Asked {
    fn schema(&self, id: SchemaId) -> Result<Option<String>, String> {
        let kind = if matches!(id, SchemaId::Number(_)) { "ids" } else { "guids" };
        let mut request = self.agent.get(format!("{}/schemas/{kind}/{id}", self.url.address()));
        if let Some((user, password)) = self.url.credentials() {
            let plain = format!("{user}:{}", password.reveal());
            request = request.header("Authorization", format!("Basic {}", STANDARD.encode(plain)));
        }
        let mut response = request.call().map_err(|error| error.to_string())?;
        match response.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            status => return Err(format!("it answered with status {status}")),
        }
        let text = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let answer: Answer =
            serde_json::from_str(&text.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
        match answer.schema_type.as_deref() {
            None | Some("AVRO") => Ok(Some(answer.schema)),
            // No event can be read by it, and the dead letters will say why.
            Some(other) => Ok(Some(format!("not Avro but {other}"))),
        }
    }
}
