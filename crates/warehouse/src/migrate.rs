//! Versioned migrations: applied once each, in order, recorded in `schema_migrations`.

use crate::{Client, Error};

/// All migrations. A released one never changes; what comes after is a new file.
const MIGRATIONS: &[(u32, &str, &str)] = &[
    (1, "initial", include_str!("../migrations/0001_initial.sql")),
    (2, "views", include_str!("../migrations/0002_views.sql")),
    (3, "conversations", include_str!("../migrations/0003_conversations.sql")),
    (4, "extended", include_str!("../migrations/0004_extended.sql")),
    (5, "governance", include_str!("../migrations/0005_governance.sql")),
    (6, "quick merges", include_str!("../migrations/0006_quick_merges.sql")),
    (7, "bots", include_str!("../migrations/0007_bots.sql")),
    (8, "flags", include_str!("../migrations/0008_flags.sql")),
    (9, "settings", include_str!("../migrations/0009_settings.sql")),
    (10, "costs", include_str!("../migrations/0010_costs.sql")),
    (11, "erased files", include_str!("../migrations/0011_erased_files.sql")),
];

impl Client {
    /// Brings the schema up to this program's; returns how many migrations were applied. Refuses a schema that a newer program made.
    pub async fn migrate(&self) -> Result<usize, Error> {
        self.create_database().await?;
        let client = self.clickhouse();
        client
            .query(
                "CREATE TABLE IF NOT EXISTS schema_migrations (version UInt32, name String) \
                 ENGINE = ReplacingMergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
            )
            .execute()
            .await?;
        let applied: Vec<u32> =
            client.query("SELECT DISTINCT version FROM schema_migrations ORDER BY version").fetch_all().await?;
        let newest = MIGRATIONS.last().map_or(0, |migration| migration.0);
        if let Some(unknown) = applied.iter().find(|version| **version > newest) {
            return Err(Error::Unusable(format!(
                "the warehouse has schema version {unknown}, this program knows up to {newest}: run the newer program again"
            )));
        }
        let mut count = 0;
        for (version, name, sql) in MIGRATIONS.iter().filter(|migration| !applied.contains(&migration.0)) {
            for statement in statements(sql) {
                client.query_raw(&statement).execute().await?;
            }
            let record = "INSERT INTO schema_migrations SELECT {version:UInt32}, {name:String}";
            client.query(record).param("version", version).param("name", name).execute().await?;
            tracing::info!(version, name, "migration applied");
            count += 1;
        }
        Ok(count)
    }
}

/// The statements of a migration: separated by a semicolon at the end of a line; comments dropped. Each creates only what is
/// not there, so that a migration broken off half-way is simply applied again.
fn statements(sql: &str) -> Vec<String> {
    let code: String = sql
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .flat_map(|line| [line.split(" -- ").next().unwrap_or(line).trim_end(), "\n"])
        .collect();
    let parts = code.split(";\n").map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.replacen("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_split_into_its_statements() {
        let found =
            statements("-- why\nCREATE TABLE a (x UInt8) -- ;\nENGINE = Memory;\n\nCREATE TABLE b (y String);\n");
        assert_eq!(found.len(), 2);
        assert!(found[1].starts_with("CREATE TABLE IF NOT EXISTS b"));
    }

    #[test]
    fn migrations_are_numbered_in_their_order() {
        assert!(MIGRATIONS.is_sorted_by(|(before, ..), (after, ..)| before < after));
        assert!(MIGRATIONS.iter().all(|(_, _, sql)| !statements(sql).is_empty()));
    }
}
