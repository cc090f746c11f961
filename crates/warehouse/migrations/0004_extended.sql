-- What the extended metrics ask of a conversation. Rows of the definition before are replaced as conversations are folded anew.

-- responses: what human agents answered; kind: first, first_from_start, next. chat and leg are places in the lists of chats and legs, from 1;
-- leg is 0 of a first response.
ALTER TABLE conversation_states
    ADD COLUMN IF NOT EXISTS `responses.kind` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `responses.asked` Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS `responses.replied` Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS `responses.agent` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `responses.chat` Array(UInt32),
    ADD COLUMN IF NOT EXISTS `responses.leg` Array(UInt32);

-- utterances: messages that say when they were spoken.
ALTER TABLE conversation_states
    ADD COLUMN IF NOT EXISTS `utterances.began` Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS `utterances.ended` Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS `utterances.role` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `utterances.interrupted` Array(UInt8);

-- chats.call_us, chats.silent_us: from the first sound to the last, and how much of it nobody spoke; 0 without speech.
-- chats.hung_up: the customer ended it by hanging up.
-- turns.silence_us: from the user's last sound to the answer's first.
-- turns.question: event id of the user's last message, where the bot fell back, '' else.
-- shown.clicked: whether it was clicked on before it was shown again.
-- model_calls.chat: place in the list of chats, from 1.
ALTER TABLE conversation_states
    ADD COLUMN IF NOT EXISTS `chats.call_us` Array(UInt64),
    ADD COLUMN IF NOT EXISTS `chats.silent_us` Array(UInt64),
    ADD COLUMN IF NOT EXISTS `chats.hung_up` Array(UInt8),
    ADD COLUMN IF NOT EXISTS `turns.silence_us` Array(Nullable(UInt64)),
    ADD COLUMN IF NOT EXISTS `turns.question` Array(String),
    ADD COLUMN IF NOT EXISTS `shown.clicked` Array(UInt8),
    ADD COLUMN IF NOT EXISTS `model_calls.chat` Array(UInt32);
