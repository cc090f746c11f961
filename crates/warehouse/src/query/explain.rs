//! A figure with all that makes it believable: what is behind it, what it leaves out, and how it reconciles.

use clickhouse::Row;
use serde::Deserialize;

use super::{
    Answer, Ask, Error, Range,
    batch::figure_of,
    known::{Known, Needs},
    pieces::pieces,
    run::{bound, whole},
};
use crate::{
    Client,
    registry::{
        Dimension, Entities, Exclusion, Figure, IDENTITIES, Identity, Metric, OURS, Scope, Term, contributions,
        entities, excluded, terms,
    },
};

/// How far two ways to one number may differ, of its size: sums of fractions are not exact.
const TOLERANCE: f64 = 1e-9;
/// A minute, microseconds.
const MINUTE_US: i64 = 60_000_000;

/// Which of the conversations are wanted: so many, after the last one that was shown.
#[derive(Debug, Clone)]
pub struct Page {
    /// Most conversations.
    pub limit: usize,
    /// First time (microseconds) and id of the last one shown.
    pub after: Option<(i64, String)>,
}

/// How much is behind a figure.
#[derive(Debug, Clone, Copy, PartialEq, Row, Deserialize)]
pub struct Behind {
    /// Conversations.
    pub conversations: u64,
    /// Entities, of the kind that the metric says.
    pub entities: f64,
}

/// A conversation's part of a figure.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
pub struct Contribution {
    /// Its id; '' stands for everything that has no conversation.
    pub conversation: String,
    /// When it first comes into the figure (microseconds; of counts to the quarter of an hour).
    pub first_us: i64,
    /// Its channel.
    pub channel_of: String,
    /// Its language.
    pub language_of: String,
    /// The figure of the conversation alone.
    pub value: Option<f64>,
    /// Number of entities behind that.
    pub n: u64,
}

/// Something left out, with how much of it there is.
#[derive(Debug, Clone)]
pub struct Excluded {
    /// What.
    pub exclusion: Exclusion,
    /// The number by detail: the reason, the environment, or ''.
    pub counts: Vec<(String, u64)>,
}

/// An identity with the numbers of its terms, the left side first.
#[derive(Debug, Clone)]
pub struct Reconciled {
    /// The identity.
    pub identity: &'static Identity,
    /// Its numbers in the order of its terms.
    pub numbers: Vec<f64>,
}

impl Reconciled {
    /// What the right side adds up to.
    pub fn sum(&self) -> f64 {
        self.numbers.iter().skip(1).sum()
    }

    /// Whether both sides are the same number.
    pub fn holds(&self) -> bool {
        is_same(self.numbers.first().copied().unwrap_or_default(), self.sum())
    }
}

/// A figure explained.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The figure.
    pub answer: Answer,
    /// How much is behind it.
    pub behind: Behind,
    /// The conversations of the page, the newest first, with the first use of each (microseconds).
    pub conversations: Vec<(Contribution, Option<i64>)>,
    /// Whether there are more.
    pub has_more: bool,
    /// What was left out.
    pub excluded: Vec<Excluded>,
    /// The identities that the filters leave meaningful.
    pub reconciled: Vec<Reconciled>,
}

impl Explanation {
    /// Whether what is behind the figure comes to the figure.
    pub fn holds(&self, metric: &Metric) -> bool {
        let total = &self.answer.total;
        match metric.figure.entities {
            Entities::Cases | Entities::PeopleCases => is_same(total.n as f64, self.behind.entities),
            _ => is_same(total.value.unwrap_or_default(), self.behind.entities),
        }
    }
}

fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
}

/// Explains a figure. Fails as `figure` does.
pub async fn explain(client: &Client, ask: &Ask<'_>, page: &Page) -> Result<Explanation, Error> {
    let (identities, terms) = reconcilable(ask);
    let people = terms.iter().any(|term| term.declaration().is_some_and(is_about_people)) || ask.is_about_people();
    let known = Known::read(client, ask, Needs { people, ineligible: true }).await?;
    known.people.as_ref().map_err(Error::clone)?;
    let answer = figure_of(client, ask, &known).await?;
    let (figure, range) = behind_what(ask, &answer);
    let scope = whole(&Ask { range, ..*ask }, &known);
    let (behind, contributions, excluded, reconciled) = tokio::try_join!(
        behind(client, ask, (&figure, &scope), &known),
        paged(client, ask, (&figure, &scope), (page, &known)),
        left_out(client, ask, &known),
        reconciled(client, ask, (identities, &terms), &known),
    )?;
    let (contributions, has_more) = contributions;
    let conversations = with_starts(client, ask, contributions).await?;
    Ok(Explanation { answer, behind, conversations, has_more, excluded, reconciled })
}

/// What the conversations are grouped of: the figure itself, or of a peak the messages of its minute.
fn behind_what(ask: &Ask<'_>, answer: &Answer) -> (Figure, Range) {
    let figure = ask.metric.figure;
    let messages = Metric::by_id("messages_total").map(|messages| messages.figure);
    match (figure.entities, messages, answer.total.at) {
        (Entities::Peak, Some(messages), Some(from_us)) => {
            let minute = Range {
                from_us: from_us.max(ask.range.from_us),
                to_us: (from_us + MINUTE_US).min(ask.range.to_us),
                ..ask.range
            };
            (messages, minute)
        }
        // Without any message there is no peak, and nothing behind it.
        (Entities::Peak, Some(messages), None) => (messages, ask.range),
        _ => (figure, ask.range),
    }
}

async fn behind(
    client: &Client,
    ask: &Ask<'_>,
    (figure, scope): (&Figure, &Scope<'_>),
    known: &Known,
) -> Result<Behind, Error> {
    let query = bound(client, &entities(figure, scope), (ask, scope), (&[scope.range.from_us], known));
    Ok(query.fetch_one().await.map_err(crate::Error::from)?)
}

/// A page of contributions, the newest first, and whether there are more.
async fn paged(
    client: &Client,
    ask: &Ask<'_>,
    (figure, scope): (&Figure, &Scope<'_>),
    (page, known): (&Page, &Known),
) -> Result<(Vec<Contribution>, bool), Error> {
    let after = if page.after.is_some() {
        "WHERE (first_us, conversation) < ({after_us:Int64}, {after_id:String})"
    } else {
        ""
    };
    let sql = format!(
        "SELECT conversation, first_us, channel_of, language_of, value, n FROM ({}) {after} \
         ORDER BY first_us DESC, conversation DESC LIMIT {}",
        contributions(figure, scope),
        page.limit + 1
    );
    let mut query = bound(client, &sql, (ask, scope), (&[scope.range.from_us], known));
    if let Some((after_us, after_id)) = &page.after {
        query = query.param("after_us", after_us).param("after_id", after_id);
    }
    let mut rows: Vec<Contribution> = query.fetch_all().await.map_err(crate::Error::from)?;
    let has_more = rows.len() > page.limit;
    rows.truncate(page.limit);
    Ok((rows, has_more))
}

#[derive(Debug, Row, Deserialize)]
struct Started {
    conversation_id: String,
    started_us: Option<i64>,
}

/// The contributions with the first use of each conversation, whenever that was.
async fn with_starts(
    client: &Client,
    ask: &Ask<'_>,
    contributions: Vec<Contribution>,
) -> Result<Vec<(Contribution, Option<i64>)>, Error> {
    let sql = format!(
        "SELECT conversation_id, toUnixTimestamp64Micro(first_use) AS started_us FROM conversation_states FINAL \
         WHERE {OURS} AND conversation_id IN {{ids:Array(String)}}"
    );
    let mut starts = std::collections::HashMap::new();
    let ids = contributions.iter().map(|row| row.conversation.as_str());
    for ids in pieces(ids, |id| id.len()) {
        let query = client.clickhouse().query_raw(&sql).param("project", ask.project).param("env", ask.environment);
        let rows: Vec<Started> = query.param("ids", &ids).fetch_all().await.map_err(crate::Error::from)?;
        starts.extend(rows.into_iter().map(|row| (row.conversation_id, row.started_us)));
    }
    let with_start = |row: Contribution| {
        let started_us = starts.get(&row.conversation).copied().flatten();
        (row, started_us)
    };
    Ok(contributions.into_iter().map(with_start).collect())
}

#[derive(Debug, Row, Deserialize)]
struct Count {
    at: u64,
    detail: String,
    n: u64,
}

async fn left_out(client: &Client, ask: &Ask<'_>, known: &Known) -> Result<Vec<Excluded>, Error> {
    let scope = whole(ask, known);
    let (exclusions, sql) = excluded(ask.metric, &scope);
    let query = bound(client, &sql, (ask, &scope), (&[ask.range.from_us], known));
    let counts: Vec<Count> = query.fetch_all().await.map_err(crate::Error::from)?;
    let mut all: Vec<Excluded> =
        exclusions.into_iter().map(|exclusion| Excluded { exclusion, counts: Vec::new() }).collect();
    for count in counts {
        if let Some(excluded) = usize::try_from(count.at).ok().and_then(|at| all.get_mut(at)) {
            excluded.counts.push((count.detail, count.n));
        }
    }
    Ok(all)
}

#[derive(Debug, Row, Deserialize)]
struct Number {
    at: u64,
    number: f64,
}

fn is_about_people(metric: &Metric) -> bool {
    metric.figure.source.people()
}

/// The identities about the metric of whose terms each can be kept to what is asked for, and all their terms, each once.
fn reconcilable(ask: &Ask<'_>) -> (Vec<&'static Identity>, Vec<&'static Term>) {
    let asked: Vec<Dimension> = ask.filters.iter().map(|filter| filter.dimension).collect();
    let keeps = |term: &Term| {
        let has = |metric: &Metric| asked.iter().all(|dimension| metric.has(*dimension));
        term.declaration().is_some_and(has)
    };
    let holds = |identity: &&Identity| asked.is_empty() || !identity.unfiltered;
    let about = IDENTITIES.iter().filter(|identity| identity.is_about(ask.metric)).filter(holds);
    let identities: Vec<&'static Identity> = about.filter(|identity| identity.terms().all(keeps)).collect();
    let mut all: Vec<&'static Term> = identities.iter().flat_map(|identity| identity.terms()).collect();
    all.sort_by_key(|term| (term.metric, term.says));
    all.dedup_by_key(|term| (term.metric, term.says));
    (identities, all)
}

/// The identities with the numbers of their terms.
async fn reconciled(
    client: &Client,
    ask: &Ask<'_>,
    (identities, all): (Vec<&'static Identity>, &[&'static Term]),
    known: &Known,
) -> Result<Vec<Reconciled>, Error> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let scope = whole(ask, known);
    let query = bound(client, &terms(all, &scope), (ask, &scope), (&[ask.range.from_us], known));
    let rows: Vec<Number> = query.fetch_all().await.map_err(crate::Error::from)?;
    let mut numbers = std::collections::HashMap::new();
    for row in rows {
        let term = usize::try_from(row.at).ok().and_then(|at| all.get(at));
        numbers.extend(term.map(|term| ((term.metric, term.says), row.number)));
    }
    let number = |term: &Term| numbers.get(&(term.metric, term.says)).copied().unwrap_or_default();
    let with_numbers =
        |identity: &'static Identity| Reconciled { identity, numbers: identity.terms().map(number).collect() };
    Ok(identities.into_iter().map(with_numbers).collect())
}
