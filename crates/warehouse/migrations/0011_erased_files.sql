-- What the store of attachments has to give up (docs/adr/0009-erasure.md).

-- Files that events of erased persons named, by the request that found them ('' and '' for files that came to light later). version: twice
-- the time at which it was written, and 1 more once the store has the file no more; the greatest counts. It decides no figure.
CREATE TABLE erased_files (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    event_id String,
    file String,
    version UInt64 DEFAULT toUnixTimestamp64Milli(now64(3)) * 2
) ENGINE = ReplacingMergeTree(version) ORDER BY (project, environment, conversation_id, event_id, file)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
