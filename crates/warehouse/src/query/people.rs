//! Reading who is one person, and handing it to a statement.

use clickhouse::Row;
use serde::Deserialize;

use super::{Error, Link, persons, pieces::pieces, resolve, run::limited};
use crate::{
    Client,
    registry::{INELIGIBLE, OURS, OWNED},
};

/// Most identity events that are resolved at once: those that merge users of a project, or those about one person.
const IDENTITIES_MAX: usize = 200_000;

/// Who is one person, as far as statements are told.
#[derive(Debug, Default)]
pub(super) struct People {
    /// Merged users.
    pub(super) merged: Vec<Same>,
    /// Whether anonymous ids belong to users: statements look up to whom.
    pub(super) has_owned: bool,
}

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
pub(super) async fn people(client: &Client, project: &str, environment: &str) -> Result<People, Error> {
    let scope = (project, environment);
    let (merges, has_owned) = tokio::try_join!(read(client, scope, MERGES, &[]), has_owned(client, scope))?;
    Ok(People { merged: chunks(resolve(&merges)), has_owned })
}

/// What identity events say that can make others one person with a user, of a project and environment. Fails with
/// `TooManyIdentities` or `Warehouse`.
pub async fn links(client: &Client, (project, environment): (&str, &str), user: &str) -> Result<Vec<Link>, Error> {
    let scope = (project, environment);
    let mut links = read(client, scope, MERGES, &[]).await?;
    let users: Vec<String> = persons(&links, user).iter().map(|key| key[2..].to_owned()).collect();
    // Anonymous ids that one of the users was ever seen behind: they may belong to somebody else.
    let claimed = format!(
        "SELECT anonymous_id FROM identity_events WHERE {OURS} AND event = 'user.identified' AND into_user IN {{users:Array(String)}}"
    );
    links.extend(read(client, scope, &format!("{OWNED} AND anonymous_id IN ({claimed})"), &users).await?);
    Ok(links)
}

const MERGES: &str = "event = 'user.merged'";

async fn read(client: &Client, scope: (&str, &str), of: &str, users: &[String]) -> Result<Vec<Link>, Error> {
    let sql = format!(
        "SELECT toString(event) AS event, toUnixTimestamp64Micro(event_time) AS us, sequence, event_id, from_user, into_user, \
         anonymous_id FROM identity_events WHERE {OURS} AND {of} AND conversation_id NOT IN {INELIGIBLE} \
         ORDER BY segment, partition LIMIT 1 BY conversation_id, event_id LIMIT {}",
        IDENTITIES_MAX + 1
    );
    let query = limited(client, &sql).param("project", scope.0).param("env", scope.1);
    let query = if users.is_empty() { query } else { query.param("users", users) };
    let rows: Vec<IdentityRow> = query.fetch_all().await.map_err(crate::Error::from)?;
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

/// Whether any anonymous id belongs to a user.
async fn has_owned(client: &Client, (project, environment): (&str, &str)) -> Result<bool, Error> {
    let sql = format!("SELECT toUInt8(1) FROM identity_events WHERE {OURS} AND {OWNED} LIMIT 1");
    let query = limited(client, &sql).param("project", project).param("env", environment);
    Ok(query.fetch_optional::<u8>().await.map_err(crate::Error::from)?.is_some())
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
