-- Every table is written with rows that are absolute and safe to write again (docs/adr/0003-tables.md).
-- set:       identity-keyed, merged by union; any copy of a row equals any other.
-- versioned: the greatest `ver` wins; equal `ver` means equal content.
-- lattice:   merged by min, max.
-- `partition`, `segment` are the journal's: segment = start of the append-time segment of the record.

-- set: one row per record that counts. Readers take the smallest (append_time, partition, offset) of an identity
-- (project, conversation_id, event_id); conversation_id is '' for events without one. is_message: a message in the sense of P8
-- (message.created, role user, bot or agent, visibility public); role is as sent. clock says where event_time is not the
-- producer's own: 'missing' (the arrival was taken) or 'skewed' (corrected or clamped); '' where it is.
-- Partitions are weeks, since a seal looks through those that its segment lies in: identities scatter a segment over all the rest.
CREATE TABLE raw_events (
    project LowCardinality(String),
    conversation_id String,
    event_id String,
    partition UInt16,
    segment DateTime('UTC'),
    offset UInt64,
    append_time DateTime64(3, 'UTC'),
    environment LowCardinality(String),
    event LowCardinality(String),
    event_time DateTime64(6, 'UTC'),
    clock LowCardinality(String),
    sequence Int64,
    user_id String,
    anonymous_id String,
    session_id String,
    channel LowCardinality(String),
    bot_id LowCardinality(String),
    role LowCardinality(String),
    is_message UInt8,
    content_type LowCardinality(String),
    message_id String,
    text String CODEC(ZSTD(1)),
    data String CODEC(ZSTD(1)),
    context String CODEC(ZSTD(1)),
    metadata String CODEC(ZSTD(1)),
    extra String CODEC(ZSTD(1)),
    INDEX by_time event_time TYPE minmax GRANULARITY 1,
    INDEX by_segment segment TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree
PARTITION BY toMonday(segment)
ORDER BY (project, conversation_id, event_id, partition, segment)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- versioned: messages (P8) by the event's own dimensions and 15 minutes of event time.
CREATE TABLE message_counts (
    project LowCardinality(String),
    environment LowCardinality(String),
    bucket DateTime('UTC'),
    role LowCardinality(String),
    content_type LowCardinality(String),
    partition UInt16,
    segment DateTime('UTC'),
    messages UInt64,
    ver UInt64
) ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(segment)
ORDER BY (project, environment, bucket, role, content_type, partition, segment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- versioned: messages (P8) by minute of event time, for the peaks.
CREATE TABLE minute_counts (
    project LowCardinality(String),
    environment LowCardinality(String),
    minute DateTime('UTC'),
    partition UInt16,
    segment DateTime('UTC'),
    messages UInt64,
    ver UInt64
) ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(segment)
ORDER BY (project, environment, minute, partition, segment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- set: copies found at the seal; each row takes one record's own contribution out of the counters again.
CREATE TABLE corrections (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    event_id String,
    partition UInt16,
    segment DateTime('UTC'),
    event_time DateTime64(6, 'UTC'),
    role LowCardinality(String),
    content_type LowCardinality(String)
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(segment)
ORDER BY (project, conversation_id, event_id, partition, segment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- lattice: first activity of a person (key as sent: 'u:' + user_id, else 'a:' + anonymous_id) in a conversation
-- ('' without one) and 15 minutes. It outlives raw_events, so that no old user becomes a new one.
CREATE TABLE person_activity (
    project LowCardinality(String),
    environment LowCardinality(String),
    person String,
    conversation_id String,
    bucket DateTime('UTC'),
    first SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    INDEX by_bucket bucket TYPE minmax GRANULARITY 1
) ENGINE = AggregatingMergeTree
ORDER BY (project, environment, person, conversation_id, bucket)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- set: user.merged (from_user, into_user) and user.identified (anonymous_id belongs to into_user).
CREATE TABLE identity_events (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    event_id String,
    partition UInt16,
    segment DateTime('UTC'),
    event LowCardinality(String),
    event_time DateTime64(6, 'UTC'),
    sequence Int64,
    from_user String,
    into_user String,
    anonymous_id String
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(segment)
ORDER BY (project, environment, conversation_id, event_id, partition, segment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- set: handoff.requested and ticket.created. trigger is '' where the producer gave none; a request of a
-- conversation without trigger is inferred by the fold (conversation_states.inferred_*), one without a conversation is 'direct'.
CREATE TABLE requests (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    event_id String,
    partition UInt16,
    segment DateTime('UTC'),
    event LowCardinality(String),
    event_time DateTime64(6, 'UTC'),
    person String,
    trigger LowCardinality(String)
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(segment)
ORDER BY (project, environment, conversation_id, event_id, partition, segment)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- derived (a cache): what a conversation's raw events fold to. version = definition, erasures, number of distinct
-- identities folded; the greatest wins. Lists are parallel arrays.
CREATE TABLE conversation_states (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    version UInt64,
    deleted UInt8,
    first_event DateTime64(6, 'UTC'),
    last_event DateTime64(6, 'UTC'),
    first_use Nullable(DateTime64(6, 'UTC')),
    last_use Nullable(DateTime64(6, 'UTC')),
    initialized_at Nullable(DateTime64(6, 'UTC')),
    person String,
    channel LowCardinality(String),
    source LowCardinality(String),
    device LowCardinality(String),
    browser LowCardinality(String),
    language LowCardinality(String),
    country LowCardinality(String),
    handoff UInt8,
    tools Array(LowCardinality(String)),
    bucket_start Array(DateTime('UTC')),
    bucket_user Array(UInt32),
    bucket_bot Array(UInt32),
    bucket_agent Array(UInt32),
    chat_start Array(DateTime64(6, 'UTC')),
    chat_end Array(DateTime64(6, 'UTC')),
    chat_person Array(String),
    chat_counted Array(UInt8),
    chat_open Array(UInt8),
    chat_requested Array(UInt8),
    chat_has_leg Array(UInt8),
    turn_reply Array(DateTime64(6, 'UTC')),
    turn_us Array(UInt64),
    inferred_time Array(DateTime64(6, 'UTC')),
    inferred_trigger Array(LowCardinality(String)),
    INDEX by_last last_event TYPE minmax GRANULARITY 1,
    INDEX by_first first_event TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project, environment, conversation_id)
SETTINGS index_granularity = 1024;

-- set: what could not be accepted or understood, by where it lies in the journal.
CREATE TABLE dead_letters (
    topic LowCardinality(String),
    partition UInt16,
    offset UInt64,
    append_time DateTime64(3, 'UTC'),
    project LowCardinality(String),
    reason LowCardinality(String),
    message String,
    event_id String,
    value String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(append_time)
ORDER BY (topic, partition, offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- lattice: how far the figures reach. next_offset: counters, sets and lattices; derived_offset: conversation_states too.
CREATE TABLE progress (
    generation UInt32,
    partition UInt16,
    next_offset SimpleAggregateFunction(max, UInt64),
    derived_offset SimpleAggregateFunction(max, UInt64),
    append_time SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
) ENGINE = AggregatingMergeTree ORDER BY (generation, partition);

-- lattice: everything before sealed_offset was read back.
CREATE TABLE sealed (
    generation UInt32,
    partition UInt16,
    sealed_offset SimpleAggregateFunction(max, UInt64)
) ENGINE = AggregatingMergeTree ORDER BY (generation, partition)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What a generation of the tables was made with, and a remembered record of each partition that proves the journal's incarnation.
CREATE TABLE generations (
    generation UInt32,
    segment_ms UInt64,
    horizon_ms UInt64,
    grace_ms UInt64,
    partitions UInt16
) ENGINE = ReplacingMergeTree ORDER BY generation
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE journal_anchors (
    generation UInt32,
    partition UInt16,
    offset UInt64,
    append_time DateTime64(3, 'UTC'),
    crc UInt32
) ENGINE = ReplacingMergeTree ORDER BY (generation, partition, offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
