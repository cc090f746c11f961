//! Other names for persons in the tables that have nothing but their names, and the dead letters that name them.

use rollup::ERASED_TEXT;

use super::Key;
use super::carry::mutate;
use crate::query::pieces;
use crate::registry::OURS;
use crate::{Client, Error};

/// An id with what stands for it.
pub type Renamed<'k> = (Key<'k>, String);

/// Ids with their letters, by what stands for them.
fn persons(pairs: &[&Renamed<'_>]) -> (Vec<String>, Vec<String>) {
    let named = |(key, pseudonym): &Renamed<'_>| {
        (format!("{}:{}", key.letter(), key.id()), format!("{}:{pseudonym}", key.letter()))
    };
    pairs.iter().map(|pair| named(pair)).unzip()
}

/// Changes columns of a table from one list of names to another.
fn renaming(table: &str, columns: &[&str]) -> String {
    let (from, into) = ("{from:Array(String)}", "{into:Array(String)}");
    let set: Vec<String> = columns.iter().map(|c| format!("{c} = transform({c}, {from}, {into}, {c})")).collect();
    let which: Vec<String> = columns.iter().map(|c| format!("{c} IN {from}")).collect();
    format!("ALTER TABLE {table} UPDATE {} WHERE {OURS} AND ({})", set.join(", "), which.join(" OR "))
}

/// Pairs in pieces that fit a parameter.
fn of_a_parameter<'p, 'k>(pairs: &'p [Renamed<'k>]) -> Vec<Vec<&'p Renamed<'k>>> {
    pieces(pairs, |(key, pseudonym)| key.id().len().max(pseudonym.len()) + 2)
}

impl Client {
    /// Writes the activity of persons under their new names beside that under the old ones: as long as events under either are there,
    /// a seal finds the activity that they call for.
    pub async fn copy_activity(&self, scope: (&str, &str), pairs: &[Renamed<'_>]) -> Result<(), Error> {
        let sql = format!(
            "INSERT INTO person_activity (project, environment, person, conversation_id, bucket, first) \
             SELECT project, environment, transform(person, {{from:Array(String)}}, {{into:Array(String)}}, person) AS renamed, \
             conversation_id, bucket, min(first) FROM person_activity WHERE {OURS} AND person IN {{from:Array(String)}} \
             GROUP BY project, environment, renamed, conversation_id, bucket"
        );
        for pairs in of_a_parameter(pairs) {
            let (from, into) = persons(&pairs);
            self.of_scope(&sql, scope.0, scope.1).param("from", &from).param("into", &into).execute().await?;
        }
        Ok(())
    }

    /// Renames persons in requests for a human, and removes their activity under the old names.
    pub async fn rename_persons(&self, scope: (&str, &str), pairs: &[Renamed<'_>]) -> Result<(), Error> {
        let gone = format!("ALTER TABLE person_activity DELETE WHERE {OURS} AND person IN {{from:Array(String)}}");
        for pairs in of_a_parameter(pairs) {
            let (from, into) = persons(&pairs);
            mutate(self.of_scope(&gone, scope.0, scope.1).param("from", &from)).await?;
            self.rename(scope, &renaming("requests", &["person"]), (&from, &into)).await?;
        }
        Ok(())
    }

    /// Renames persons where it is said who is one person. This comes last: until then a repetition finds the same persons.
    pub async fn rename_identities(&self, scope: (&str, &str), pairs: &[Renamed<'_>]) -> Result<(), Error> {
        for pairs in of_a_parameter(pairs) {
            for (letter, columns) in [('u', &["from_user", "into_user"][..]), ('a', &["anonymous_id"])] {
                let of = pairs.iter().filter(|(key, _)| key.letter() == letter);
                let (from, into): (Vec<String>, Vec<String>) =
                    of.map(|(key, pseudonym)| (key.id().to_owned(), pseudonym.clone())).unzip();
                self.rename(scope, &renaming("identity_events", columns), (&from, &into)).await?;
            }
        }
        Ok(())
    }

    async fn rename(&self, scope: (&str, &str), sql: &str, (from, into): (&[String], &[String])) -> Result<(), Error> {
        if from.is_empty() {
            return Ok(());
        }
        mutate(self.of_scope(sql, scope.0, scope.1).param("from", from).param("into", into)).await
    }

    /// Empties the project's dead letters in which one of these ids stands as a text of its own. A letter that does not know its
    /// project is taken for the project's if it says so itself.
    pub async fn empty_letters(&self, project: &str, pairs: &[Renamed<'_>]) -> Result<(), Error> {
        let sql = "ALTER TABLE dead_letters UPDATE value = '', message = {erased:String} WHERE value != '' \
                   AND (project = {project:String} OR project = '' AND JSONExtractString(value, 'project_id') = {project:String}) \
                   AND arrayExists(id -> position(value, id) > 0, {ids:Array(String)})";
        for pairs in of_a_parameter(pairs) {
            let quoted = |(key, _): &&Renamed<'_>| serde_json::Value::from(key.id()).to_string();
            let ids: Vec<String> = pairs.iter().map(quoted).collect();
            let query = self.clickhouse().query(sql).param("project", project).param("ids", &ids);
            mutate(query.param("erased", ERASED_TEXT)).await?;
        }
        Ok(())
    }
}
