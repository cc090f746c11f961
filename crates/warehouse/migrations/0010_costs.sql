-- What the fold says since its eighth definition: what a call of a language model says that it cost, and in which currency.

DROP TABLE IF EXISTS conversation_states;

-- derived (a cache): what a conversation's raw events fold to. version = definition, edition of the project's idle
-- timeouts, number of redacted identities, number of distinct identities folded; the greatest wins. A list is an array of tuples, whose parts are read as `list.part`. Texts are as sent, '' where nothing was
-- said, unless the fold gives a label ('unknown'). person: 'u:' + user_id, else 'a:' + anonymous_id; visitor: the other way round (D-06).
-- deleted: 0 for a conversation that counts, else why it is in no figure: 1 deleted, 2 test, 3 crawler. erased: the greatest of its events'.
-- Parts and places of the lists: 0003_conversations.sql, 0004_extended.sql. turns.from_first_us: from the first message of the user's burst;
-- turns.model: of the last call of a language model since the user's last message, '' without. locale: the language with its region.
-- model_calls.cost: as reported, null where nothing was; currency: in capital letters, '' without.
CREATE TABLE conversation_states (
    project LowCardinality(String),
    environment LowCardinality(String),
    conversation_id String,
    version UInt64,
    erased UInt8,
    deleted UInt8,
    first_event DateTime64(6, 'UTC'),
    last_event DateTime64(6, 'UTC'),
    first_use Nullable(DateTime64(6, 'UTC')),
    last_use Nullable(DateTime64(6, 'UTC')),
    initialized_at Nullable(DateTime64(6, 'UTC')),
    page String,
    placement String,
    person String,
    visitor String,
    identified UInt8,
    handoff_at Nullable(DateTime64(6, 'UTC')),
    channel String,
    source String,
    device String,
    browser String,
    os String,
    language String,
    locale String,
    country String,
    city String,
    bot String,
    messages Array(Tuple(bucket DateTime('UTC'), role String, content_type String, workflow String, agent String, keyed UInt8, n UInt32)),
    activity Array(Tuple(bucket DateTime('UTC'), person String, visitor String, first DateTime64(6, 'UTC'))),
    chats Array(Tuple(start DateTime64(6, 'UTC'), ended DateTime64(6, 'UTC'), person String, visitor String, counted UInt8, open UInt8, requested UInt8, has_leg UInt8, has_bot UInt8, workflow String, intent String, positive UInt32, negative UInt32, call_us UInt64, silent_us UInt64, hung_up UInt8, single UInt8)),
    turns Array(Tuple(reply DateTime64(6, 'UTC'), us UInt64, from_first_us UInt64, workflow String, model String, fallback UInt8, question String, silence_us Nullable(UInt64))),
    utterances Array(Tuple(began DateTime64(6, 'UTC'), ended DateTime64(6, 'UTC'), role String, interrupted UInt8)),
    requests Array(Tuple(at DateTime64(6, 'UTC'), person String, visitor String, trigger String, inferred UInt8, team String, reason String)),
    legs Array(Tuple(id String, opened DateTime64(6, 'UTC'), accepted Nullable(DateTime64(6, 'UTC')), ended Nullable(DateTime64(6, 'UTC')), replied Nullable(DateTime64(6, 'UTC')), state String, reason String, agent String, person String, visitor String, origin String, queue String, team String, wrap_up_ms UInt64)),
    responses Array(Tuple(kind String, asked DateTime64(6, 'UTC'), replied DateTime64(6, 'UTC'), agent String, chat UInt32, leg UInt32)),
    offers Array(Tuple(at DateTime64(6, 'UTC'), agent String, outcome String, reason String)),
    served Array(Tuple(at DateTime64(6, 'UTC'), role String)),
    closes Array(Tuple(at DateTime64(6, 'UTC'), reason String, closer String, agent String, reopened Nullable(DateTime64(6, 'UTC')))),
    intents Array(Tuple(at DateTime64(6, 'UTC'), name String, confidence Float64)),
    workflows Array(Tuple(at DateTime64(6, 'UTC'), workflow String, started UInt8)),
    ratings Array(Tuple(at DateTime64(6, 'UTC'), rating String, workflow String)),
    reviewables Array(Tuple(at DateTime64(6, 'UTC'), rating String)),
    opinions Array(Tuple(at DateTime64(6, 'UTC'), person String, visitor String, rating String, commented UInt8)),
    surveys Array(Tuple(id String, requested Nullable(DateTime64(6, 'UTC')), voted Nullable(DateTime64(6, 'UTC')), score Nullable(Float64), commented UInt8, agent String)),
    clicks Array(Tuple(at DateTime64(6, 'UTC'), sequence Int64, event_id String, element String, click_type String, title String, destination_type String, destination String)),
    shown Array(Tuple(at DateTime64(6, 'UTC'), element String, title String, clicked UInt8)),
    tool_calls Array(Tuple(at DateTime64(6, 'UTC'), tool String, status String, ms Nullable(Float64))),
    model_calls Array(Tuple(at DateTime64(6, 'UTC'), model String, provider String, status String, input Int64, output Int64, cache_read Int64, cache_write Int64, reasoning Int64, embedding Int64, audio_input Int64, audio_output Int64, reported UInt8, ms Nullable(Float64), ttft_ms Nullable(Float64), chat UInt32, cost Nullable(Float64), currency String)),
    attachments Array(Tuple(at DateTime64(6, 'UTC'), kind String, bytes UInt64)),
    INDEX by_last last_event TYPE minmax GRANULARITY 1,
    INDEX by_first first_event TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project, environment, conversation_id)
SETTINGS index_granularity = 1024, min_bytes_for_wide_part = 134217728;
