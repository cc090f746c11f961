#!/usr/bin/env bash
# Plants the bugs of the oracle's own list (golden/mutants.sh), under its names, where each has a counterpart in the code, and
# shows that a test notices it.
#
# Who notices is the cheapest that can: `fold` folds the golden week and generated streams in memory and holds them against the
# oracle; `around` are the tests of what is worked out around statements; `asked` has the oracle ask a running server.
# A line is printed for each mutant as it goes, with what noticed it. On two cores one of `fold` takes some ten seconds; the thirty of
# `asked` a build of the whole program each, about two hours in all (an estimate).
# Exit code 0 only if every mutant is noticed. `deploy/mutants/figures.sh 'a shared'` tries only those whose name begins so.
. "$(dirname "$0")/common.sh"

declare -A right

# The engine and the oracle lie in folders above; with a target elsewhere they would not.
ln -sfn "$root/.cache" "$copy/.cache"
above=$root
until [[ -e $above/shared/golden || $above == / ]]; do above=$(dirname "$above"); done
ln -sfn "$above/shared" "$copy/shared"

# Runs the tests that the arguments name; returns 2 where they have not ended in time.
passes() {
    local outcome=0
    timeout "${MUTANT_SECONDS:-600}" "${CARGO:-cargo}" test --quiet --locked "$@" > "$log" 2>&1 || outcome=$?
    [[ $outcome != 124 ]] || { echo "not done in time"; return 2; }
    [[ $outcome == 0 ]]
}

folded() {
    build -p rollup --test it || return 2
    passes -p rollup --test it -- oracle && return 0 || [[ $? != 2 ]] || return 2
    grep -m 1 -o '[a-z_]* is .*, the oracle says .*' "$log" | cut -c 1-100 || panicked
    return 1
}

around_statements() {
    build -p warehouse --lib || return 2
    passes -p warehouse --lib -- query && return 0 || [[ $? != 2 ]] || return 2
    panicked
    return 1
}

by_a_server() {
    build -p cli --test it || return 2
    local events
    for events in the_golden_events_give generated_streams; do
        passes -p cli --test it -- "figures::$events" && continue || [[ $? != 2 ]] || return 2
        awk '/^figure .* oracle/ { getline; print; found = 1; exit } END { exit !found }' "$log" | tr -s ' ' | cut -c 1-100 || panicked
        return 1
    done
}

panicked() { grep -m 1 -A 1 'panicked at' "$log" | tail -n 1 | grep . | cut -c 1-100 || echo "no test named: $(tail -n 1 "$log")"; }

# by JUDGE MUTANT…: what a judge finds wrong in the unchanged sources proves nothing.
by() {
    [[ $2 == "$only"* ]] || return 0
    judge=$1
    if [[ ! -v right[$judge] ]]; then
        if said=$("$judge"); then echo "unchanged: right (${judge//_/ })"; else echo "unchanged: $said"; exit 1; fi
        right[$judge]=1
    fi
    mutant "${@:2}"
}

fold() { by folded "$@"; }
around() { by around_statements "$@"; }
asked() { by by_a_server "$@"; }

# Reading, clock, identity.
fold 'epoch milliseconds read as seconds' event/src/time.rs \
    'const MILLISECONDS_FROM: f64 = 1e11;' \
    'const MILLISECONDS_FROM: f64 = 1e13;'
fold 'deleted counted' rollup/src/eligibility.rs \
    'if has(Flag::Deleted) {' \
    'if has(Flag::Deleted) && false {'
fold 'sequence ignored between equal times' rollup/src/conversation.rs \
    'facts.sort_by(|a, b| a.order.cmp(&b.order));' \
    'facts.sort_by(|a, b| (a.order.time_us, a.order.event_id).cmp(&(b.order.time_us, b.order.event_id)));'
fold 'anonymous users dropped' rollup/src/fact.rs \
    '("", anonymous) => Some(["a:", anonymous].concat()),' \
    '("", _) => None,'
fold 'unidentified counted as a user' rollup/src/fact.rs \
    '("", "") => None,' \
    '("", "") => Some("nobody".to_owned()),'

# Messages and conversations.
fold 'internal notes are messages' rollup/src/contribution.rs \
    '*visibility == Visibility::Public);' \
    '*visibility == Visibility::Public || true);'
fold 'system records are messages' rollup/src/fact.rs \
    '"agent" => Some(Role::Agent),' \
    '"agent" | "system" => Some(Role::Agent),'
fold 'edits are messages' rollup/src/fact.rs \
    '"conversation.initialized" => Kind::Initialized,' \
    '"message.updated" => Kind::Message(Role::Bot),
            "conversation.initialized" => Kind::Initialized,'
fold 'initialised counts as conversation' rollup/src/fact.rs \
    'matches!(self, Kind::Message(_) | Kind::Started)' \
    'matches!(self, Kind::Message(_) | Kind::Started | Kind::Initialized)'
fold 'messages per user counts unidentified' rollup/src/volumes.rs \
    'keyed: !fact.user_id.is_empty() || !fact.anonymous_id.is_empty(),' \
    'keyed: true,'
fold 'last value of a dimension wins' rollup/src/dimensions.rs \
    'facts.iter().filter(begins).find_map(pick)' \
    'facts.iter().rev().filter(begins).find_map(pick)'
fold 'conversation.updated ignored' rollup/src/dimensions.rs \
    'filter(|fact| fact.kind == Kind::Updated)' \
    'filter(|fact| fact.kind == Kind::Updated && false)'
fold 'language region not folded' rollup/src/dimensions.rs \
    'primary.to_ascii_lowercase()' \
    'tag.unwrap_or_default().to_ascii_lowercase()'
fold 'malformed language kept' rollup/src/dimensions.rs \
    'subtags(tag).map_or_else(unknown, |(primary, _)| primary)' \
    'subtags(tag).map_or_else(|| tag.map_or_else(unknown, str::to_owned), |(primary, _)| primary)'
fold 'channel aliases ignored' rollup/src/dimensions.rs \
    'if value == "web_chat" {' \
    'if value == "web_chat" && false {'

# Chats and turns.
fold 'open leg does not suspend the timer' rollup/src/chats.rs \
    'gap > timeout_us && !any_open_at(legs, last.order)' \
    'gap > timeout_us'
fold 'a gap of exactly the timeout cuts' rollup/src/chats.rs \
    'gap > timeout_us && !any_open_at(legs, last.order)' \
    'gap >= timeout_us && !any_open_at(legs, last.order)'
fold 'whatsapp idle timeout 7 d' rollup/src/idle.rs \
    '("whatsapp", 24 * 60 * MINUTE_US),' \
    '("whatsapp", 7 * 24 * 60 * MINUTE_US),'
fold 'one timeout for all channels' rollup/src/idle.rs \
    'OWN_US.iter().find(|(of, _)| *of == channel)' \
    'OWN_US.iter().find(|(of, _)| *of == &channel[..0])'
fold 'session_id ignored' rollup/src/chats.rs \
    'if !session.is_empty() && !next.session_id.is_empty() {' \
    'if !session.is_empty() && !next.session_id.is_empty() && false {'
fold 'conversation.ended ends nothing' rollup/src/chats.rs \
    'if last.kind == Kind::Ended || gap > LOOK_BACK_US {' \
    'if gap > LOOK_BACK_US {'
fold 'ended_at ignored' rollup/src/chats.rs \
    'instant_us(&ended.detail.ended_at).unwrap_or(ended.at_us())' \
    'instant_us(&ended.detail.ended_at).map_or(ended.at_us(), |_| ended.at_us())'
fold 'feedback and surveys are part of the chat' rollup/src/fact.rs \
    'Kind::Initialized | Kind::Updated | Kind::Feedback | Kind::SurveyRequested | Kind::SurveySubmitted' \
    'Kind::Initialized'
fold 'system events extend duration' rollup/src/chats.rs \
    'filter(|fact| fact.kind.is_participant());' \
    'filter(|fact| fact.kind.is_participant() || true);'
fold 'open chats have a duration' rollup/src/chats.rs \
    'open: explicit_end.is_none() && any_open_at(around.legs, last.order),' \
    'open: explicit_end.is_none() && any_open_at(around.legs, last.order) && false,'
fold 'bot-only sessions are chats' rollup/src/chats.rs \
    'events.iter().any(|fact| fact.kind.is_from_user())' \
    'events.iter().any(|fact| fact.kind.is_from_user() || fact.kind.is_message())'
fold 'burst measured from first user message' rollup/src/turns.rs \
    'response_us: at_us.abs_diff(last.at_us()),' \
    'response_us: at_us.abs_diff(*first_us),'
fold 'human reply does not reset the turn' rollup/src/turns.rs \
    'let first_us = burst.map_or(' \
    'let first_us = burst.as_ref().map_or(' \
    'burst = (role == Role::User).then_some(Burst { first_us, last: fact });' \
    'burst = if role == Role::Agent { burst } else { (role == Role::User).then_some(Burst { first_us, last: fact }) };'

# Funnel and handover.
fold 'a second initialisation is the opportunity' rollup/src/conversation.rs \
    'of_kind(Kind::Initialized).map(opportunity)' \
    'facts.iter().rfind(|fact| fact.kind == Kind::Initialized).map(opportunity)'
fold 'page with its query' rollup/src/conversation.rs \
    '|| "unknown".to_owned(), page::path)' \
    '|| "unknown".to_owned(), |url| if url.is_empty() { page::path(url) } else { url.to_owned() })'
fold 'escalation tools ignored' rollup/src/settings.rs \
    'lists.push((i64::MIN, ESCALATION_TOOLS.map(str::to_owned).to_vec()));' \
    'lists.push((i64::MIN, Vec::new()));'
fold 'tickets are not requests' rollup/src/fact.rs \
    'matches!(self, Kind::Handoff | Kind::Ticket)' \
    'matches!(self, Kind::Handoff)'
fold 'absent trigger is direct' rollup/src/requests.rs \
    '(true, _) => infer(&chat[..at]),' \
    '(true, _) => infer(&chat[..at.min(0)]),'
fold "only fallback.triggered itself is the bot's last word" rollup/src/requests.rs \
    'before[turn_begins..=last_of_bot]' \
    'before[last_of_bot.max(turn_begins)..=last_of_bot]'
fold 'any click before a request was the operator button' rollup/src/requests.rs \
    'said(&fact.detail.destination_type) == Some("operator")' \
    '(said(&fact.detail.destination_type) == Some("operator") || true)'

# Feedback, surveys, clicks, bot work.
fold 'platform feedback counted' rollup/src/feedback.rs \
    'said(&fact.detail.source) == Some("customer")' \
    'said(&fact.detail.source).is_some()'
fold 'withdrawals ignored' rollup/src/feedback.rs \
    'matches!(said(&fact.detail.target), None | Some("message")));' \
    'matches!(said(&fact.detail.target), None | Some("message")) && said(&fact.detail.rating) != Some("withdrawn"));'
fold 'first rating wins' rollup/src/feedback.rs \
    'of_messages.filter_map(' \
    'of_messages.rev().filter_map('
# "ratings of the range only": the fold knows no range, and a reviewable message's rating has no time of its own.
fold 'every bot message is reviewable' rollup/src/feedback.rs \
    'fact.detail.feedback_enabled == Some(true)' \
    'fact.detail.feedback_enabled != Some(false)'
fold 'thumbs at message time' rollup/src/feedback.rs \
    '(*fact, Rating { at_us: fact.at_us(),' \
    'let rated = facts.iter().find(|fact| fact.kind.is_message() && said(&fact.detail.message_id) == Some(*message));
            (*fact, Rating { at_us: rated.unwrap_or(fact).at_us(),'
fold 'every conversation feedback counts' rollup/src/feedback.rs \
    'last.insert(fact.person().unwrap_or_default(), fact);' \
    'last.insert(Person { key: fact.order.event_id.to_owned(), ..Person::default() }, fact);'
fold 'CSAT not rescaled' rollup/src/feedback.rs \
    'then(|| 1.0 + 4.0 * (score - low) / (high - low))' \
    'then_some(score)'
fold 'every CSAT submission is a vote' rollup/src/feedback.rs \
    'surveys.entry(id)' \
    'surveys.entry(if fact.kind == Kind::SurveySubmitted { fact.order.event_id } else { id })'
fold 'NPS in CSAT' rollup/src/feedback.rs \
    'is_some_and(|kind| kind != "csat")' \
    'is_some_and(|kind| kind != "csat" && false)'
fold 'workflow on a message counts beside its start' rollup/src/workflows.rs \
    '!announced.contains(workflow)' \
    '!announced.contains(workflow) || true'
fold 'inline intent always wins' rollup/src/intents.rs \
    'if best.is_none_or(|(confidence, _)| candidate.0 > confidence) {' \
    'if best.is_none() {'
# "fallback ranked as an intent": answers list all intents; who shows a ranking leaves these out (D-22).
fold 'token_usage counted as a tool' rollup/src/work.rs \
    'fact.kind == Kind::ToolCall && !counts_tokens(fact)' \
    'fact.kind == Kind::ToolCall'
fold 'tool without duration took 0 ms' rollup/src/work.rs \
    'fact.detail.duration_ms.or_else(between)' \
    'fact.detail.duration_ms.or_else(between).or(Some(0.0))'
fold 'cache reads are input' rollup/src/work.rs \
    'let input = detail.input_tokens' \
    'let input = detail.cache_read_tokens.or(detail.input_tokens)'

# Contact centre.
fold 'transfer is not a new leg' rollup/src/legs.rs \
    'filter(|fact| is_leg_event(fact.kind))' \
    'filter(|fact| is_leg_event(fact.kind) && said(&fact.detail.origin) != Some("transfer"))'
fold 'a missed offer is a missed leg' rollup/src/legs.rs \
    'Kind::Missed if fact.detail.is_final == Some(true) =>' \
    'Kind::Missed =>'
fold 'silent abandonment stays pending' rollup/src/legs.rs \
    'Some("abandoned" | "user_left") => missed("abandoned"),' \
    'Some("abandoned" | "user_left") => None,'
fold 'rerouted is missed' rollup/src/legs.rs \
    'Kind::Transferred => rerouted,' \
    'Kind::Transferred => missed("transferred"),'
fold 'only a close that names its leg ends it' rollup/src/legs.rs \
    'None if fact.kind == Kind::Closed =>' \
    'None if fact.kind == Kind::Closed && false =>'
fold 'assignment.ended ends nothing' rollup/src/legs.rs \
    'matches!(fact.kind, Kind::AssignmentEnded | Kind::Transferred | Kind::Closed) &&' \
    'matches!(fact.kind, Kind::Transferred | Kind::Closed) &&'
fold 'bot messages in the contact centre' rollup/src/legs.rs \
    'Kind::Message(role @ (Role::User | Role::Agent)) if' \
    'Kind::Message(role) if'
fold 'replies need an assignment_id' rollup/src/legs.rs \
    'None => leg.serves(at_us),' \
    'None => leg.serves(at_us) && false,'
fold 'empty closing reason dropped' rollup/src/offers.rs \
    'Kind::Closed => closes.push(Close {' \
    'Kind::Closed if said(&fact.detail.reason).is_some() => closes.push(Close {'

# What is worked out around statements: zones, buckets, who is one person.
around 'fixed offset instead of IANA zone' warehouse/src/query/range.rs \
    'name.parse().map_err(' \
    'name.parse::<Tz>().map(|_| Tz::Etc__GMTMinus1).map_err('
around 'UTC days' warehouse/src/query/buckets.rs \
    'midnight(date, range.tz)' \
    'midnight(date, if range.tz == chrono_tz::UTC { range.tz } else { chrono_tz::UTC })'
around 'range starts eleven hours late' warehouse/src/query/range.rs \
    'return Ok(midnight(date, tz));' \
    'return Ok(midnight(date, tz) + Duration::hours(11));'
around 'user.merged ignored' warehouse/src/query/identity.rs \
    'Link::Merged { from, into } if' \
    'Link::Merged { from, into } if false &&'
around 'user.identified ignored' warehouse/src/query/identity.rs \
    'Link::Identified { anonymous, user, order } if' \
    'Link::Identified { anonymous, user, order } if false &&'
around 'a shared device goes to its last user' warehouse/src/query/identity.rs \
    '(*owner).min(claim)' \
    '(*owner).max(claim)'

# What statements say.
asked 'no dedupe' worker/src/partition.rs \
    'match sighting {' \
    'match (if judged { Sighting::First } else { sighting }) {'
asked 'dev traffic counted' warehouse/src/registry/sources/mod.rs \
    '"project = {project:String} AND environment = {env:String}";' \
    '"project = {project:String} AND (environment = {env:String} OR 1)";'
asked 'UTC buckets in heatmap' warehouse/src/registry/dimension.rs \
    "toHour(fromUnixTimestamp64Micro(us, 'UTC'), {tz:String})" \
    "toHour(fromUnixTimestamp64Micro(us, 'UTC'), 'UTC')"
asked 'range includes its end' warehouse/src/registry/sources/mod.rs \
    'AND {column} < fromUnixTimestamp64Micro({{{to}:Int64}}' \
    'AND {column} <= fromUnixTimestamp64Micro({{{to}:Int64}}'
asked 'device mode is person mode' warehouse/src/registry/sources/people.rs \
    'if scope.by_device {' \
    'if scope.by_device && false {'
asked 'first_seen limited to the range' warehouse/src/registry/sources/people.rs \
    '{eligible} GROUP BY who' \
    " AND bucket >= fromUnixTimestamp64Micro({{from:Int64}}, 'UTC'){eligible} GROUP BY who"
asked 'users by day are new on each' warehouse/src/registry/sources/people.rs \
    '{eligible} GROUP BY who' \
    '{eligible} GROUP BY who, toDate(bucket)'
asked 'peak tie -> latest minute' warehouse/src/registry/catalogue/volumes.rs \
    'argMax(minute, (w, -minute))' \
    'argMax(minute, (w, minute))'
asked 'language of people from their first conversation' warehouse/src/registry/sources/people.rs \
    'argMax(({DIMENSIONS}), (us, conversation))' \
    'argMin(({DIMENSIONS}), (us, conversation))'
asked 'countries count conversations' warehouse/src/registry/catalogue/people.rs \
    "uniqExactIf(who, who != '')" \
    "uniqExactIf(conversation, who != '')"
asked 'duration of chats that started in the range' warehouse/src/registry/sources/chats.rs \
    'scope.span("toUnixTimestamp64Micro(x_start)", "us")' \
    'scope.span("us", "toUnixTimestamp64Micro(x_ended)")' \
    'items(scope, "chats", ("ended", &columns), (&select, "x_counted = 1 AND x_open = 0"))' \
    'items(scope, "chats", ("start", &columns), (&select, "x_counted = 1 AND x_open = 0"))'
asked 'ten minutes exactly is late' warehouse/src/query/run.rs \
    'i64::from(settings.bot_no_reply_after_s) * 1_000_000' \
    'i64::from(settings.bot_no_reply_after_s) * 1_000_000 - 1'
asked 'late replies in the mean' warehouse/src/registry/catalogue/chats.rs \
    'mean_seconds(Source::Turns, Some("waited_us <= {no_reply_us:Int64}"))' \
    'mean_seconds(Source::Turns, None)'
asked 'contained although a human was asked for' warehouse/src/registry/sources/chats.rs \
    '"x_requested = 0 AND x_has_leg = 0"' \
    '"x_has_leg = 0"'
asked 'use before the opportunity counts' warehouse/src/registry/sources/segments.rs \
    'ifNull(last_use >= initialized_at, 0) AS used' \
    'isNotNull(last_use) AS used'
asked 'escalations of the range instead of the cohort' warehouse/src/registry/sources/chats.rs \
    'isNotNull(handoff_at) OR {ESCALATED}' \
    "ifNull(handoff_at < fromUnixTimestamp64Micro({{to:Int64}}, 'UTC'), 0) OR {ESCALATED}"
asked 'response rate over submissions of the range' warehouse/src/registry/sources/opinions.rs \
    'items(scope, "surveys", ("requested", &["requested", "voted", "agent"]), (&select, "isNotNull(x_requested)"))' \
    'items(scope, "surveys", ("voted", &["requested", "voted", "agent"]), (&select, "isNotNull(x_requested) AND isNotNull(x_voted)"))'
asked 'clicks by their own title' warehouse/src/registry/sources/work.rs \
    "if(element = '', c.{name}, tupleElement(latest, {}))" \
    "if(1, c.{name}, tupleElement(latest, {}))"
asked 'legs reported as conversations' warehouse/src/registry/catalogue/contact_center.rs \
    'conversations(Source::LegsOpened)' \
    'count(Source::LegsOpened, None)'
asked 'only missed people are served' warehouse/src/registry/sources/legs.rs \
    'legs(scope, "accepted", &["accepted", "person", "visitor"], (&further, "isNotNull(x_accepted)"))' \
    'legs(scope, "opened", &["accepted", "person", "visitor"], (&further, "1"))'
asked 'wait measured from acceptance' warehouse/src/registry/sources/legs.rs \
    'legs(scope, "replied", &["replied"], (&since(scope, "opened"),' \
    'legs(scope, "replied", &["replied", "accepted"], (&since(scope, "accepted"),'
asked 'times of legs opened in the range only' warehouse/src/registry/sources/legs.rs \
    '(&since(scope, "opened"), "isNotNull(x_replied)")' \
    "(&since(scope, \"opened\"), \"isNotNull(x_replied) AND x_opened >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')\")"
asked "an agent's legs reported as conversations" warehouse/src/registry/catalogue/contact_center.rs \
    'conversations(Source::LegsAccepted)' \
    'count(Source::LegsAccepted, None)'
asked 'agent time not split at midnight' warehouse/src/registry/sources/agents.rs \
    'least(e, tupleElement(bucket, 2)) - us AS w' \
    'if(tupleElement(bucket, 1) <= s, e - s, 0) AS w'
asked 'agent time not clipped to the range' warehouse/src/registry/sources/agents.rs \
    'greatest(toUnixTimestamp64Micro(assumeNotNull(x_accepted)), {from:Int64}) AS s' \
    'toUnixTimestamp64Micro(assumeNotNull(x_accepted)) AS s' \
    'least(e, tupleElement(bucket, 2)) - us AS w' \
    'least(e, tupleElement(bucket, 2)) - if(tupleElement(bucket, 1) = {{from:Int64}}, s, us) AS w'
asked 'busy minutes summed, not united' warehouse/src/registry/sources/agents.rs \
    'cut(&united(&talks(scope), CARRIED), CARRIED)' \
    'cut(&talks(scope), CARRIED)'
asked 'overlapping logins not merged' warehouse/src/registry/sources/agents.rs \
    '    united(&intervals, "conversation")
}' \
    '    intervals
}'
asked 'no grace after the last heartbeat' warehouse/src/registry/sources/agents.rs \
    'const HEARTBEAT_GRACE_US: i64 = 5 * 60 * 1_000_000;' \
    'const HEARTBEAT_GRACE_US: i64 = 0;'
asked 'no cap without a logout' warehouse/src/registry/sources/agents.rs \
    'const SESSION_MAX_US: i64 = 16 * 3600 * 1_000_000;' \
    'const SESSION_MAX_US: i64 = 1600 * 3600 * 1_000_000;'
asked 'missing logout dropped' warehouse/src/registry/sources/agents.rs \
    'FROM ({sessions}) WHERE e > s"' \
    'FROM ({sessions}) WHERE e > s AND left"'

report
