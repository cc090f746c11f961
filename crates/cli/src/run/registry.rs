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

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead as _, BufReader, Write as _},
        net::TcpListener,
    };

    use worker::Registry as _;

    use super::*;

    /// Answers each request by what is asked for; a request without the right credentials gets 401.
    fn serve(listener: &TcpListener) {
        while let Ok((mut connection, _)) = listener.accept() {
            let mut lines = BufReader::new(connection.try_clone().unwrap()).lines().map_while(Result::ok);
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let is_known = head.iter().any(|line| line.eq_ignore_ascii_case("authorization: basic dTpzZWNyZXQ="));
            let (status, body) = match path.as_str() {
                _ if !is_known => (401, "{}"),
                "/schemas/ids/1" => (200, r#"{"schema": "\"string\""}"#),
                "/schemas/ids/2" => (200, r#"{"schemaType": "PROTOBUF", "schema": "message A {}"}"#),
                "/schemas/ids/3" => (500, "{}"),
                "/schemas/ids/4" => (200, "no JSON"),
                "/schemas/guids/07070707-0707-0707-0707-070707070707" => (200, r#"{"schema": "\"int\""}"#),
                _ => (404, r#"{"error_code": 40403}"#),
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            connection.write_all(answer.as_bytes()).unwrap();
        }
    }

    #[tokio::test]
    async fn a_schema_is_there_or_not_or_the_registry_gave_no_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || serve(&listener));
        let registry = HttpRegistry::new(&format!("http://u:secret@{address}").parse().unwrap());
        let number = |id| registry.schema(SchemaId::Number(id));
        assert_eq!(number(1).await, Ok(Some("\"string\"".to_owned())));
        assert_eq!(number(2).await, Ok(Some("not Avro but PROTOBUF".to_owned())));
        assert!(number(3).await.unwrap_err().contains("500"));
        assert!(number(4).await.is_err());
        assert_eq!(number(5).await, Ok(None));
        assert_eq!(registry.schema(SchemaId::Guid([7; 16])).await, Ok(Some("\"int\"".to_owned())));
        let stranger = HttpRegistry::new(&format!("http://{address}").parse().unwrap());
        assert!(stranger.schema(SchemaId::Number(1)).await.unwrap_err().contains("401"));
    }
}
