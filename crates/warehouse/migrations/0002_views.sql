-- Views for analysts: one a concept, the project first, each event and each conversation once, without deleted conversations
-- and without other environments than production. Their names and columns are stable; the tables beneath them are not.
-- Select with `WHERE project = …`: it reaches the tables' keys.

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
    WHERE environment = 'production'
      AND (project, conversation_id) NOT IN (SELECT project, conversation_id FROM conversation_states WHERE environment = 'production' AND deleted = 1)
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
    WHERE environment = 'production' AND event = 'message.created' AND is_message = 1
      AND (project, conversation_id) NOT IN (SELECT project, conversation_id FROM conversation_states WHERE environment = 'production' AND deleted = 1)
    GROUP BY project, conversation_id, event_id
)
COMMENT 'Public messages of users, bots and agents, as written first: what messages_total counts.';

CREATE OR REPLACE VIEW conversations AS
SELECT
    project, conversation_id, first_use AS started_at, last_use AS last_used_at, initialized_at,
    first_event AS first_event_at, last_event AS last_event_at,
    person, channel, source, device, browser, language, country,
    arraySum(bucket_user) AS messages_user, arraySum(bucket_bot) AS messages_bot, arraySum(bucket_agent) AS messages_agent,
    arrayCount(counted -> counted = 1, chat_counted) AS chats, handoff = 1 AS handoff_requested, tools
FROM conversation_states FINAL
WHERE environment = 'production' AND deleted = 0
COMMENT 'Conversations; started_at is the first message or start and null where one was only opened; person is u: and a user id, or a: and an anonymous id, as sent.';

CREATE OR REPLACE VIEW chats AS
SELECT
    project, conversation_id, started_at, if(open = 1, NULL, ended) AS ended_at,
    if(open = 1, NULL, (toUnixTimestamp64Micro(ended) - toUnixTimestamp64Micro(started_at)) / 1000000) AS duration_s,
    chat_of AS person, channel, source, device, browser, language, country,
    requested = 1 AS requested_human, has_leg = 1 AS had_assignment
FROM conversation_states FINAL
ARRAY JOIN
    chat_start AS started_at, chat_end AS ended, chat_person AS chat_of, chat_counted AS counted, chat_open AS open,
    chat_requested AS requested, chat_has_leg AS has_leg
WHERE environment = 'production' AND deleted = 0 AND counted = 1
COMMENT 'Visits within a conversation that have a message or a click of the user; an open one has no end and no duration.';

CREATE OR REPLACE VIEW turns AS
SELECT
    project, conversation_id, replied_at, took_us / 1000000 AS response_s, took_us > 600000000 AS late,
    channel, source, device, browser, language, country
FROM conversation_states FINAL
ARRAY JOIN turn_reply AS replied_at, turn_us AS took_us
WHERE environment = 'production' AND deleted = 0
COMMENT 'Bot replies to the last user message before them; the mean response time counts those that are not late (ten minutes).';

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
          AND (project, conversation_id) NOT IN (SELECT project, conversation_id FROM conversation_states WHERE environment = 'production' AND deleted = 1)
        GROUP BY project, person
    ) AS owners ON owners.project = activity.project AND owners.person = activity.person
    WHERE activity.environment = 'production'
      AND (activity.project, activity.conversation_id) NOT IN (SELECT project, conversation_id FROM conversation_states WHERE environment = 'production' AND deleted = 1)
)
GROUP BY project, key
COMMENT 'People with their first activity of all time; an anonymous id that was identified is its user, users that were merged are still one row each (users_active joins them).';
