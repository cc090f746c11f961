//! The questions of the API, asked by another surface of the same process: the same answers, without HTTP between.

use std::sync::Arc;

use axum::response::Response;
use control::Grant;
use serde_json::Value;
use service::health::Report;
use tokio::time::Instant;

use crate::{
    Deps, Error, Management, access,
    asked::{Asked, count, counted},
    conversations, explain, export, figures,
    params::{CONVERSATION, CONVERSATIONS, DEAD_LETTERS, EXPLAIN, EXPORT, LIVE, QUERY, Table},
    present,
    router::{App, report},
};

/// Parameters as a client would send them: names and values, not escaped.
pub type Parameters = Vec<(String, String)>;

/// Most questions that are answered together.
pub const QUESTIONS_MAX: usize = 100;

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

    /// Changes what the API changes, within the process.
    pub fn management(&self) -> Management {
        Management::new(Arc::clone(&self.app))
    }

    /// `GET /api/v1/query` for each of so many questions, in their order: they are answered together, by fewer statements than one by
    /// one, and wait for one another. At most `QUESTIONS_MAX` at once.
    ///
    /// # Errors
    /// What stands in the way of all of them; what is wrong with one is its own answer. `Overloaded` for more than may be asked.
    pub async fn queries(
        &self,
        reader: &Grant,
        questions: Vec<Parameters>,
    ) -> Result<Vec<Result<Value, Error>>, Error> {
        if questions.len() > QUESTIONS_MAX {
            return Err(Error::Overloaded);
        }
        let (started, asked_for) = (Instant::now(), questions.len());
        let asked = questions.into_iter().map(|parameters| self.asked(reader, parameters, QUERY)).collect();
        let answers = figures::answers(&self.app, asked).await;
        match &answers {
            Ok(answers) => answers.iter().for_each(|answer| count("query", started, answer.as_ref().err())),
            Err(error) => (0..asked_for).for_each(|_| count("query", started, Some(error))),
        }
        answers
    }

    /// `GET /api/v1/explain`.
    pub async fn explain(&self, reader: &Grant, parameters: Parameters) -> Result<Value, Error> {
        counted("explain", explain::answer(&self.app, self.asked_behind(reader, parameters, EXPLAIN))).await
    }

    /// `GET /api/v1/export`: the file.
    pub async fn export(&self, reader: &Grant, parameters: Parameters) -> Result<Response, Error> {
        counted("export", export::answer(&self.app, self.asked_behind(reader, parameters, EXPORT))).await
    }

    /// `GET /api/v1/conversations`.
    pub async fn conversations(&self, reader: &Grant, parameters: Parameters) -> Result<Value, Error> {
        let asked = self.asked_of_conversations(reader, parameters, CONVERSATIONS);
        counted("conversations", conversations::listed(&self.app, asked)).await
    }

    /// `GET /api/v1/conversations/{id}`.
    pub async fn conversation(&self, reader: &Grant, id: &str, parameters: Parameters) -> Result<Value, Error> {
        let asked = self.asked_of_conversations(reader, parameters, CONVERSATION);
        counted("conversation", conversations::shown(&self.app, asked, Ok(id.to_owned()))).await
    }

    fn asked_of_conversations(&self, reader: &Grant, parameters: Parameters, table: Table) -> Result<Asked, Error> {
        access::may_read_conversations(reader)?;
        self.asked(reader, parameters, table)
    }

    /// `GET /api/v1/live`.
    pub async fn live(&self, reader: &Grant, parameters: Parameters) -> Result<Value, Error> {
        counted("live", present::answer(&self.app, self.asked_behind(reader, parameters, LIVE))).await
    }

    /// `GET /api/v1/dead-letters`.
    pub async fn dead_letters(&self, reader: &Grant, parameters: Parameters) -> Result<Value, Error> {
        let asked = access::may_read_dead_letters(reader).and_then(|()| self.asked(reader, parameters, DEAD_LETTERS));
        counted("dead_letters", present::refused(&self.app, asked)).await
    }

    fn asked_behind(&self, reader: &Grant, parameters: Parameters, table: Table) -> Result<Asked, Error> {
        access::may_look_behind(reader)?;
        self.asked(reader, parameters, table)
    }

    /// `GET /readyz`.
    pub async fn ready(&self) -> Report {
        report(&self.app).await
    }

    fn asked(&self, reader: &Grant, parameters: Parameters, table: Table) -> Result<Asked, Error> {
        access::may_read(reader)?;
        Asked::by(&self.app, reader.clone(), parameters, table)
    }
}
