//! Events of erased persons that name their conversation, or a message of it, by a number alone.

use super::Mode;
use crate::query::stored::{BY_NUMBER, HashKey, Hashed};
use crate::rows::RawRow;
use crate::{Client, Error};

/// Types of which messages' numbers are made.
const ENTRIES: &str = "event IN ('message.created', 'tool.call.completed', 'ui.clicked', 'attachment.added')";

impl Client {
    /// Rows of a project, in whatever environment, that are of conversations erased in a mode, say so by a number alone, and are not
    /// redacted yet. `key` is that of the numbers.
    pub async fn unredacted_loose(&self, project: &str, key: HashKey, mode: Mode) -> Result<Vec<RawRow>, Error> {
        let of_mode = "SELECT conversation_id FROM erased_conversations WHERE project = {project:String} \
                       GROUP BY environment, conversation_id HAVING max(mode) = {mode:UInt8}";
        let named = "substring(splitByChar(':', event_id)[2], 1, 1) AS named, \
                     toInt64OrZero(substring(splitByChar(':', event_id)[2], 2)) AS number";
        let sql = format!(
            "WITH {named} SELECT ?fields FROM raw_events WHERE project = {{project:String}} AND conversation_id = '' \
             AND event_id >= '{BY_NUMBER}' AND startsWith(event_id, '{BY_NUMBER}') AND erased < {{mode:UInt8}} \
             AND (named = 'c' AND number IN (SELECT {} FROM ({of_mode})) \
             OR named = 'm' AND number IN (SELECT {} FROM raw_events WHERE project = {{project:String}} \
             AND conversation_id IN ({of_mode}) AND {ENTRIES}))",
            key.sql(Hashed::Conversation),
            key.sql(Hashed::Message)
        );
        let query = self.clickhouse().query(&sql).param("project", project).param("mode", mode.number());
        Ok(query.fetch_all().await?)
    }
}
