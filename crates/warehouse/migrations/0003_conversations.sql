-- Conversations folded to all that the figures ask of them: a cache, so the old one is dropped and made again from raw_events
-- (`derivations` says whether that is done).

DROP TABLE IF EXISTS conversation_states;

-- derived (a cache): what a conversation's raw events fold to. version = definition, number of distinct identities folded; the
-- greatest wins. Lists are nested columns: parallel arrays of one length. Texts are as sent, '' where nothing was said, unless the
-- fold gives a label ('unknown'). person: 'u:' + user_id, else 'a:' + anonymous_id; visitor: the other way round (D-06).
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
    page String,
    placement LowCardinality(String),
    person String,
    visitor String,
    identified UInt8,
    handoff_at Nullable(DateTime64(6, 'UTC')),
    channel LowCardinality(String),
    source LowCardinality(String),
    device LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    language LowCardinality(String),
    country LowCardinality(String),
    city LowCardinality(String),
    messages Nested (bucket DateTime('UTC'), role LowCardinality(String), content_type LowCardinality(String), workflow LowCardinality(String), agent LowCardinality(String), keyed UInt8, n UInt32),
    activity Nested (bucket DateTime('UTC'), person String, visitor String, first DateTime64(6, 'UTC')),
    chats Nested (start DateTime64(6, 'UTC'), ended DateTime64(6, 'UTC'), person String, visitor String, counted UInt8, open UInt8, requested UInt8, has_leg UInt8, has_bot UInt8, workflow LowCardinality(String), intent LowCardinality(String), positive UInt32, negative UInt32),
    turns Nested (reply DateTime64(6, 'UTC'), us UInt64, workflow LowCardinality(String), fallback UInt8),
    requests Nested (at DateTime64(6, 'UTC'), person String, visitor String, trigger LowCardinality(String), inferred UInt8),
    legs Nested (id String, opened DateTime64(6, 'UTC'), accepted Nullable(DateTime64(6, 'UTC')), ended Nullable(DateTime64(6, 'UTC')), replied Nullable(DateTime64(6, 'UTC')), state LowCardinality(String), reason LowCardinality(String), agent LowCardinality(String), person String, visitor String, origin LowCardinality(String), queue LowCardinality(String), team LowCardinality(String), wrap_up_ms UInt64),
    offers Nested (at DateTime64(6, 'UTC'), agent LowCardinality(String), outcome LowCardinality(String), reason LowCardinality(String)),
    served Nested (at DateTime64(6, 'UTC'), role LowCardinality(String)),
    closes Nested (at DateTime64(6, 'UTC'), reason LowCardinality(String), closer LowCardinality(String), agent LowCardinality(String), reopened Nullable(DateTime64(6, 'UTC'))),
    intents Nested (at DateTime64(6, 'UTC'), name LowCardinality(String)),
    workflows Nested (at DateTime64(6, 'UTC'), workflow LowCardinality(String), started UInt8),
    ratings Nested (at DateTime64(6, 'UTC'), rating LowCardinality(String), workflow LowCardinality(String)),
    reviewables Nested (at DateTime64(6, 'UTC'), rating LowCardinality(String)),
    opinions Nested (at DateTime64(6, 'UTC'), person String, visitor String, rating LowCardinality(String), commented UInt8),
    surveys Nested (id String, requested Nullable(DateTime64(6, 'UTC')), voted Nullable(DateTime64(6, 'UTC')), score Nullable(Float64), commented UInt8, agent LowCardinality(String)),
    clicks Nested (at DateTime64(6, 'UTC'), sequence Int64, event_id String, element LowCardinality(String), click_type LowCardinality(String), title LowCardinality(String), destination_type LowCardinality(String), destination LowCardinality(String)),
    shown Nested (at DateTime64(6, 'UTC'), element LowCardinality(String), title LowCardinality(String)),
    tool_calls Nested (at DateTime64(6, 'UTC'), tool LowCardinality(String), status LowCardinality(String), ms Nullable(Float64)),
    model_calls Nested (at DateTime64(6, 'UTC'), model LowCardinality(String), provider LowCardinality(String), status LowCardinality(String), input Int64, output Int64, cache_read Int64, cache_write Int64, reasoning Int64, embedding Int64, reported UInt8, ms Nullable(Float64), ttft_ms Nullable(Float64)),
    attachments Nested (at DateTime64(6, 'UTC'), kind LowCardinality(String), bytes UInt64),
    INDEX by_last last_event TYPE minmax GRANULARITY 1,
    INDEX by_first first_event TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project, environment, conversation_id)
SETTINGS index_granularity = 1024;

-- Which definitions all conversations are folded by.
CREATE TABLE derivations (
    generation UInt32,
    definition UInt16
) ENGINE = ReplacingMergeTree ORDER BY (generation, definition)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW conversations AS
SELECT
    project, conversation_id, first_use AS started_at, last_use AS last_used_at, initialized_at,
    first_event AS first_event_at, last_event AS last_event_at,
    person, channel, source, device, browser, os, language, country, city,
    arraySum(arrayMap((role, n) -> if(role = 'user', n, 0), messages.role, messages.n)) AS messages_user,
    arraySum(arrayMap((role, n) -> if(role = 'bot', n, 0), messages.role, messages.n)) AS messages_bot,
    arraySum(arrayMap((role, n) -> if(role = 'agent', n, 0), messages.role, messages.n)) AS messages_agent,
    arrayCount(counted -> counted = 1, chats.counted) AS chats, isNotNull(handoff_at) AS handoff_requested, arraySort(arrayDistinct(tool_calls.tool)) AS tools
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
    chats.start AS started_at, chats.ended AS ended, chats.person AS chat_of, chats.counted AS counted, chats.open AS open,
    chats.requested AS requested, chats.has_leg AS has_leg
WHERE environment = 'production' AND deleted = 0 AND counted = 1
COMMENT 'Visits within a conversation that have a message or a click of the user; an open one has no end and no duration.';

CREATE OR REPLACE VIEW turns AS
SELECT
    project, conversation_id, replied_at, took_us / 1000000 AS response_s, took_us > 600000000 AS late,
    channel, source, device, browser, language, country
FROM conversation_states FINAL
ARRAY JOIN turns.reply AS replied_at, turns.us AS took_us
WHERE environment = 'production' AND deleted = 0
COMMENT 'Bot replies to the last user message before them; the mean response time counts those that are not late (ten minutes).';

CREATE OR REPLACE VIEW legs AS
SELECT
    project, conversation_id, assignment_id, opened_at, accepted_at, replied_at, ended_at, state, missed_reason, agent, leg_of AS person,
    origin, queue, team, wrap_up_ms, channel, source, device, browser, language, country
FROM conversation_states FINAL
ARRAY JOIN
    legs.id AS assignment_id, legs.opened AS opened_at, legs.accepted AS accepted_at, legs.replied AS replied_at, legs.ended AS ended_at,
    legs.state AS state, legs.reason AS missed_reason, legs.agent AS agent, legs.person AS leg_of, legs.origin AS origin,
    legs.queue AS queue, legs.team AS team, legs.wrap_up_ms AS wrap_up_ms
WHERE environment = 'production' AND deleted = 0
COMMENT 'Hand-overs to human agents: state is pending, handled, missed or rerouted; times are null where it has not come to that.';

CREATE OR REPLACE VIEW feedback AS
SELECT project, conversation_id, time, rating, workflow, channel, source, device, browser, language, country
FROM conversation_states FINAL
ARRAY JOIN ratings.at AS time, ratings.rating AS rating, ratings.workflow AS workflow
WHERE environment = 'production' AND deleted = 0
COMMENT 'The last rating that a customer gave each message; withdrawn is none.';

CREATE OR REPLACE VIEW csat AS
SELECT project, conversation_id, survey_id, requested_at, voted_at, score, commented = 1 AS commented, agent,
    channel, source, device, browser, language, country
FROM conversation_states FINAL
ARRAY JOIN
    surveys.id AS survey_id, surveys.requested AS requested_at, surveys.voted AS voted_at, surveys.score AS score,
    surveys.commented AS commented, surveys.agent AS agent
WHERE environment = 'production' AND deleted = 0
COMMENT 'Satisfaction surveys with their last valid vote, on a scale from 1 to 5; those of other kinds (nps, ces) are not among them.';

CREATE OR REPLACE VIEW clicks AS
SELECT project, conversation_id, time, element_id, click_type, title, destination_type, destination,
    channel, source, device, browser, language, country
FROM conversation_states FINAL
ARRAY JOIN
    clicks.at AS time, clicks.element AS element_id, clicks.click_type AS click_type, clicks.title AS title,
    clicks.destination_type AS destination_type, clicks.destination AS destination
WHERE environment = 'production' AND deleted = 0
COMMENT 'Clicks with what stood on the element then.';

CREATE OR REPLACE VIEW tool_calls AS
SELECT project, conversation_id, time, tool, status, duration_ms, channel, source, device, browser, language, country
FROM conversation_states FINAL
ARRAY JOIN tool_calls.at AS time, tool_calls.tool AS tool, tool_calls.status AS status, tool_calls.ms AS duration_ms
WHERE environment = 'production' AND deleted = 0
COMMENT 'Calls of tools; duration_ms is null where it is not known.';

CREATE OR REPLACE VIEW llm_calls AS
SELECT project, conversation_id, time, model, provider, status, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, embedding_tokens, duration_ms, ttft_ms, channel, source, device, browser, language, country
FROM conversation_states FINAL
ARRAY JOIN
    model_calls.at AS time, model_calls.model AS model, model_calls.provider AS provider, model_calls.status AS status,
    model_calls.input AS input_tokens, model_calls.output AS output_tokens, model_calls.cache_read AS cache_read_tokens,
    model_calls.cache_write AS cache_write_tokens, model_calls.reasoning AS reasoning_tokens,
    model_calls.embedding AS embedding_tokens, model_calls.ms AS duration_ms, model_calls.ttft_ms AS ttft_ms
WHERE environment = 'production' AND deleted = 0
COMMENT 'Calls of language models, and what was reported as the use of tokens; reasoning tokens are a part of the output.';
