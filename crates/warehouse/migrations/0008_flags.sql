-- What says that a conversation is in no figure (P5) is few rows among all events, and nearly every question asks for it.

-- set: the events of conversations that have a flag (raw_events.flag), one row for each of their raw rows.
CREATE TABLE conversation_flags (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    event_id String,
    partition UInt16,
    segment DateTime('UTC'),
    flag LowCardinality(String),
    event_time DateTime64(6, 'UTC'),
    sequence Int64
) ENGINE = ReplacingMergeTree
ORDER BY (project, environment, conversation_id, event_id, partition, segment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO conversation_flags
SELECT project, environment, conversation_id, event_id, partition, segment, flag, event_time, sequence
FROM raw_events WHERE flag != '' AND conversation_id != '';
