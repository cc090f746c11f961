//! The questions of the API, asked by another surface of the same process: the same answers, without HTTP between.

use std::sync::Arc;

use axum::response::Response;
use control::Grant;
use serde_json::Value;

use crate::{
    Deps, Error, access,
    asked::{Asked, counted},
    conversations, explain, export, figures,
    params::{CONVERSATION, CONVERSATIONS, EXPLAIN, EXPORT, QUERY, Table},
    router::App,
};

/// Parameters as a client would send them: names and values, not escaped.
pub type Parameters = Vec<(String, String)>;

/// Asks the API within the process. Clones share turns and bounds with the routes. Every method fails as its route does, with the
/// same error.
#[derive(Debug, Clone)]
pub struct Questions {
    app: Arc<App>,
}

impl Questions {
    pub(crate) fn new(app: Arc<App>) -> Questions {
        Questions { app }
    }

    /// What the API was given.
    pub fn deps(&self) -> &Deps {
        &self.app.deps
    }

    /// `GET /api/v1/query`.
    pub async fn query(&self, reader: &Grant, parameters: Parameters) -> Result<Value, Error> {
        counted("query", figures::answer(&self.app, self.asked(reader, parameters, QUERY))).await
    }

    /// `GET /api/v1/explain`.
    pub async fn explain(&self, reader: &Grant, parameters: Parameters) -> Result<Value, Error> {
        counted("explain", explain::answer(&self.app, self.asked(reader, parameters, EXPLAIN))).await
    }

    /// `GET /api/v1/export`: the file.
    pub async fn export(&self, reader: &Grant, parameters: Parameters) -> Result<Response, Error> {
        counted("export", export::answer(&self.app, self.asked(reader, parameters, EXPORT))).await
    }

    /// `GET /api/v1/conversations`.
    pub async fn conversations(&self, reader: &Grant, parameters: Parameters) -> Result<Value, Error> {
        counted("conversations", conversations::listed(&self.app, self.asked(reader, parameters, CONVERSATIONS))).await
    }

    /// `GET /api/v1/conversations/{id}`.
    pub async fn conversation(&self, reader: &Grant, id: &str, parameters: Parameters) -> Result<Value, Error> {
        let asked = self.asked(reader, parameters, CONVERSATION);
        counted("conversation", conversations::shown(&self.app, asked, Ok(id.to_owned()))).await
    }

    fn asked(&self, reader: &Grant, parameters: Parameters, table: Table) -> Result<Asked, Error> {
        access::may_read(reader)?;
        Asked::by(&self.app, reader.clone(), parameters, table)
    }
}
