-- What is in no figure (P5), and what is kept of persons who asked to be forgotten (docs/adr/0009-erasure.md).

-- erased: 0, or how the event was redacted: 1 anonymised, 2 and not shown any more. Of two rows with one key the greater counts: the
-- lesser is on its way out.
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS erased UInt8 DEFAULT 0;

-- flag: what the event says about whether its conversation counts (P5): deleted, test, no_test (tags without `test`), crawler (the event itself
-- counts for nothing either); '' for nothing.
ALTER TABLE raw_events ADD COLUMN IF NOT EXISTS flag LowCardinality(String) DEFAULT if(event = 'conversation.deleted', 'deleted', '');

-- conversation_states.deleted: 0 for a conversation that counts, else why it is in no figure: 1 deleted, 2 test, 3 crawler.
-- erased: the greatest of its events' (version holds their number).
ALTER TABLE conversation_states ADD COLUMN IF NOT EXISTS erased UInt8 DEFAULT 0;

-- lattice: ids of erased persons, each as what stands for it: a keyed digest, from which nobody gets the id back.
CREATE TABLE erased_ids (
    project LowCardinality(String),
    environment LowCardinality(String),
    pseudonym String,
    mode SimpleAggregateFunction(max, UInt8)
) ENGINE = AggregatingMergeTree ORDER BY (project, environment, pseudonym)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- lattice: conversations with an event of an erased person.
CREATE TABLE erased_conversations (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    mode SimpleAggregateFunction(max, UInt8)
) ENGINE = AggregatingMergeTree ORDER BY (project, environment, conversation_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Receipts: one row a request that was carried out. rows: raw events that were replaced. done_at decides no figure.
CREATE TABLE erasures (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    event_id String,
    request_id String,
    mode UInt8,
    requested_at DateTime64(6, 'UTC'),
    done_at DateTime64(3, 'UTC'),
    conversations UInt64,
    rows UInt64
) ENGINE = ReplacingMergeTree(done_at) ORDER BY (project, environment, conversation_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Requests are identity events (into_user: who is to be forgotten); those that came before they were are taken over.
INSERT INTO identity_events
SELECT project, environment, conversation_id, event_id, partition, segment, event, event_time, sequence,
    '' AS from_user, JSONExtractString(data, 'user_id') AS into_user, '' AS anonymous_id
FROM raw_events WHERE event = 'user.erasure_requested';

-- What was refused is forgotten 30 days after it was written down.
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS kept_since DateTime('UTC') DEFAULT now();
ALTER TABLE dead_letters MODIFY TTL kept_since + INTERVAL 30 DAY;

-- What is in no figure is in no view. A test may become none again, so that the last fold decides.

CREATE OR REPLACE VIEW events AS
SELECT
    project, conversation_id, event_id,
    tupleElement(first, 1) AS time,
    tupleElement(first, 2) AS event,
    tupleElement(first, 3) AS user_id,
    tupleElement(first, 4) AS anonymous_id,
    tupleElement(first, 5) AS session_id,
    tupleElement(first, 6) AS channel,
    tupleElement(first, 7) AS bot_id,
    tupleElement(first, 8) AS data,
    tupleElement(first, 9) AS context,
    tupleElement(first, 10) AS metadata
FROM (
    SELECT project, conversation_id, event_id,
        argMin((event_time, event, user_id, anonymous_id, session_id, channel, bot_id, data, context, metadata), (append_time, partition, offset)) AS first
    FROM raw_events
    WHERE environment = 'production' AND erased < 2
      AND (project, conversation_id) NOT IN (SELECT project, conversation_id FROM conversation_states FINAL WHERE environment = 'production' AND deleted != 0 AND (project, conversation_id) IN (SELECT project, conversation_id FROM conversation_states WHERE environment = 'production' AND deleted != 0))
    GROUP BY project, conversation_id, event_id
)
COMMENT 'Every event once, as it first arrived; data, context and metadata are JSON.';

CREATE OR REPLACE VIEW messages AS
SELECT
    project, conversation_id, message_id,
    tupleElement(first, 1) AS time,
    tupleElement(first, 2) AS role,
    tupleElement(first, 3) AS content_type,
    tupleElement(first, 4) AS text,
    tupleElement(first, 5) AS user_id,
    tupleElement(first, 6) AS anonymous_id,
    tupleElement(first, 7) AS channel,
    tupleElement(first, 8) AS bot_id,
    event_id
FROM (
    SELECT project, conversation_id, event_id,
        argMin(message_id, (append_time, partition, offset)) AS message_id,
        argMin((event_time, role, if(content_type = '', 'unknown', content_type), text, user_id, anonymous_id, channel, bot_id), (append_time, partition, offset)) AS first
    FROM raw_events
    WHERE environment = 'production' AND event = 'message.created' AND is_message = 1 AND erased < 2
      AND (project, conversation_id) NOT IN (SELECT project, conversation_id FROM conversation_states FINAL WHERE environment = 'production' AND deleted != 0 AND (project, conversation_id) IN (SELECT project, conversation_id FROM conversation_states WHERE environment = 'production' AND deleted != 0))
    GROUP BY project, conversation_id, event_id
)
COMMENT 'Public messages of users, bots and agents, as written first: what messages_total counts.';

CREATE OR REPLACE VIEW people AS
SELECT project, key AS person, min(first) AS first_seen, max(bucket) AS last_seen_quarter, uniqExactIf(conversation_id, conversation_id != '') AS conversations
FROM (
    SELECT activity.project AS project, activity.conversation_id AS conversation_id, activity.first AS first, activity.bucket AS bucket,
        if(owners.user = '', activity.person, concat('u:', owners.user)) AS key
    FROM person_activity AS activity
    LEFT JOIN (
        SELECT project, concat('a:', anonymous_id) AS person, argMin(into_user, (event_time, sequence, event_id)) AS user
        FROM identity_events
        WHERE environment = 'production' AND event = 'user.identified' AND anonymous_id != '' AND into_user != ''
          AND (project, conversation_id) NOT IN (SELECT project, conversation_id FROM conversation_states FINAL WHERE environment = 'production' AND deleted != 0 AND (project, conversation_id) IN (SELECT project, conversation_id FROM conversation_states WHERE environment = 'production' AND deleted != 0))
        GROUP BY project, person
    ) AS owners ON owners.project = activity.project AND owners.person = activity.person
    WHERE activity.environment = 'production'
      AND (activity.project, activity.conversation_id) NOT IN (SELECT project, conversation_id FROM conversation_states FINAL WHERE environment = 'production' AND deleted != 0 AND (project, conversation_id) IN (SELECT project, conversation_id FROM conversation_states WHERE environment = 'production' AND deleted != 0))
)
GROUP BY project, key
COMMENT 'People with their first activity of all time; an anonymous id that was identified is its user, users that were merged are still one row each (users_active joins them).';
