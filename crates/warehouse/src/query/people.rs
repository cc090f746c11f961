//! Reading who is one person, and handing it to a statement.

use clickhouse::Row;
use serde::Deserialize;

use super::{Error, Link, pieces::pieces, resolve, run::limited};
use crate::{Client, registry::INELIGIBLE};

/// Most identity events of a project and environment that are resolved for a question.
const IDENTITIES_MAX: usize = 200_000;

/// Person keys that stand for others, in pieces that fit a parameter.
#[derive(Debug, Default)]
pub(super) struct Same {
    /// Keys as sent.
    pub(super) from: Vec<String>,
    /// Whom they stand for.
    pub(super) into: Vec<String>,
}

#[derive(Debug, Row, Deserialize)]
struct IdentityRow {
    event: String,
    us: i64,
    sequence: i64,
    event_id: String,
    from_user: String,
    into_user: String,
    anonymous_id: String,
}

/// Who is one person, in a project and environment. Fails with `TooManyIdentities` or `Warehouse`.
pub(super) async fn same_people(client: &Client, project: &str, environment: &str) -> Result<Vec<Same>, Error> {
    Ok(chunks(resolve(&links(client, project, environment).await?)))
}

/// What identity events say, of a project and environment. Fails with `TooManyIdentities` or `Warehouse`.
pub async fn links(client: &Client, project: &str, environment: &str) -> Result<Vec<Link>, Error> {
    let sql = format!(
        "SELECT toString(event) AS event, toUnixTimestamp64Micro(event_time) AS us, sequence, event_id, from_user, into_user, \
         anonymous_id FROM identity_events WHERE project = {{project:String}} AND environment = {{env:String}} \
         AND event != 'user.erasure_requested' AND conversation_id NOT IN {INELIGIBLE} \
         ORDER BY segment, partition LIMIT 1 BY conversation_id, event_id LIMIT {}",
        IDENTITIES_MAX + 1
    );
    let rows: Vec<IdentityRow> = limited(client, &sql)
        .param("project", project)
        .param("env", environment)
        .fetch_all()
        .await
        .map_err(crate::Error::from)?;
    if rows.len() > IDENTITIES_MAX {
        return Err(Error::TooManyIdentities { limit: IDENTITIES_MAX });
    }
    let links = rows.into_iter().map(|row| {
        if row.event == "user.merged" {
            Link::Merged { from: row.from_user, into: row.into_user }
        } else {
            let order = (row.us, row.sequence, row.event_id);
            Link::Identified { anonymous: row.anonymous_id, user: row.into_user, order }
        }
    });
    Ok(links.collect())
}

fn chunks(pairs: Vec<(String, String)>) -> Vec<Same> {
    let pieces = pieces(pairs, |(from, into)| from.len().max(into.len()));
    let same = pieces.into_iter().map(|piece| {
        let (from, into) = piece.into_iter().unzip();
        Same { from, into }
    });
    same.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::pieces::PARAMETER_BYTES_MAX;

    #[test]
    fn identities_travel_in_pieces_that_fit_a_parameter() {
        let pairs: Vec<(String, String)> = (0..10_000).map(|i| (format!("a:{i:064}"), format!("u:{i}"))).collect();
        let chunks = chunks(pairs.clone());
        assert!(chunks.len() > 1);
        assert!(chunks.iter().all(|c| c.from.iter().map(|k| k.len() + 3).sum::<usize>() <= PARAMETER_BYTES_MAX));
        let back: Vec<(String, String)> = chunks.into_iter().flat_map(|c| c.from.into_iter().zip(c.into)).collect();
        assert_eq!(back, pairs);
    }
}
