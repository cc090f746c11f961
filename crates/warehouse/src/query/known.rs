//! What a statement is given besides the question: who is one person, when business was open, and which conversations count for nothing.

use clickhouse::Row;
use serde::Deserialize;

use super::{
    Ask, Error,
    openings::{Openings, openings},
    people::{People, people},
    pieces::pieces,
    run::{limited, whole},
};
use crate::{
    Client,
    registry::{INELIGIBLE, LeftOut, source_rows},
};

/// Most conversations that are told to statements; where there are more, each statement looks for them itself.
const INELIGIBLE_MAX: usize = 2_000;

/// What questions need to know beforehand.
#[derive(Debug)]
pub(super) struct Known {
    /// Who is one person; nobody where no figure is about people. An error is that of figures about people alone.
    pub(super) people: Result<People, Error>,
    /// When business was open; nothing where all hours count.
    pub(super) openings: Openings,
    /// The conversations that are in no figure, where they are few.
    pub(super) ineligible: Option<Vec<String>>,
}

/// What of it is needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// Whether anything asked for is about people.
    pub(super) people: bool,
    /// Whether statements tell conversations that are in no figure apart.
    pub(super) ineligible: bool,
}

impl Needs {
    /// What figures need.
    pub(super) fn of(asks: &[Ask<'_>]) -> Needs {
        let nothing = Known { people: Ok(People::default()), openings: Openings::default(), ineligible: None };
        let looks = |ask: &Ask<'_>| source_rows(&ask.metric.figure, &whole(ask, &nothing)).contains(INELIGIBLE);
        Needs { people: asks.iter().any(Ask::is_about_people), ineligible: asks.iter().any(looks) }
    }
}

#[derive(Debug, Row, Deserialize)]
struct Id {
    conversation_id: String,
}

impl Known {
    /// Reads it for questions of the project, environment and settings of one. Fails with `TooMany…` or `Warehouse`.
    pub(super) async fn read(client: &Client, ask: &Ask<'_>, needs: Needs) -> Result<Known, Error> {
        let people = async {
            if needs.people { people(client, ask.project, ask.environment).await } else { Ok(People::default()) }
        };
        let ineligible = async { if needs.ineligible { ineligible(client, ask).await } else { Ok(None) } };
        let (people, openings, ineligible) = tokio::join!(people, openings(client, ask), ineligible);
        Ok(Known { people, openings: openings?, ineligible: ineligible? })
    }

    /// What statements are told of the conversations that are in no figure.
    pub(super) fn left_out(&self) -> LeftOut {
        match self.ineligible.as_deref() {
            None => LeftOut::Untold,
            Some([]) => LeftOut::None,
            Some(_) => LeftOut::Listed,
        }
    }

    /// The persons of a question, if it is about any. Fails with what stood in the way of reading them.
    pub(super) fn persons(&self, ask: &Ask<'_>) -> Result<(), Error> {
        match &self.people {
            Err(error) if ask.is_about_people() => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

/// The conversations that are in no figure; None if they are many.
async fn ineligible(client: &Client, ask: &Ask<'_>) -> Result<Option<Vec<String>>, Error> {
    let sql = format!("SELECT DISTINCT conversation_id FROM {INELIGIBLE} LIMIT {}", INELIGIBLE_MAX + 1);
    let query = limited(client, &sql).param("project", ask.project).param("env", ask.environment);
    let ids: Vec<Id> = query.fetch_all().await.map_err(crate::Error::from)?;
    let ids: Vec<String> = ids.into_iter().map(|id| id.conversation_id).collect();
    let is_one_parameter = pieces(ids.iter(), |id| id.len()).len() <= 1;
    Ok(Some(ids).filter(|ids| ids.len() <= INELIGIBLE_MAX && is_one_parameter))
}
