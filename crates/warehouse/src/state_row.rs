//! The row of a conversation: what it folds to, as columns. Declared once, for the struct, its columns and how it is filled.

use clickhouse::Row;
use rollup::{ConversationState, DEFINITION, Ineligible};
use serde::{Deserialize, Serialize};

fn seconds(us: i64) -> u32 {
    u32::try_from(us.div_euclid(1_000_000)).unwrap_or(0)
}

/// Most events that a version tells apart.
pub(crate) const VERSION_EVENTS_MAX: u64 = (1 << VERSION_EVENTS_BITS) - 1;
/// Bits of a version for each number of events.
pub(crate) const VERSION_EVENTS_BITS: u32 = 24;

/// The version of a row: the definition, then how many of the events are redacted, then how many there are. What is folded from
/// events before they were redacted never wins over what is folded from them since.
fn version(erased: u64, events: u64) -> u64 {
    let number = |events: u64| events.min(VERSION_EVENTS_MAX);
    (u64::from(DEFINITION) << (2 * VERSION_EVENTS_BITS)) | (number(erased) << VERSION_EVENTS_BITS) | number(events)
}

/// What of a conversation's events was redacted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Erasure {
    /// How many.
    events: u64,
    /// The greatest mode, 0 for none.
    mode: u8,
}

impl Erasure {
    /// Of the modes of all events.
    pub(crate) fn of(modes: impl Iterator<Item = u8>) -> Erasure {
        modes
            .filter(|mode| *mode > 0)
            .fold(Erasure::default(), |so_far, mode| Erasure { events: so_far.events + 1, mode: so_far.mode.max(mode) })
    }
}

/// Declares the row: plain columns, and lists whose columns are parallel arrays named `list.column`.
macro_rules! state_row {
    ($state:ident: {
        $( $column:ident: $type:ty = $value:expr; )+
    } lists {
        $( $list:ident as $item:ident { $( $field:ident $name:literal: $of:ty = $each:expr; )+ } )+
    }) => {
        /// A row of `conversation_states`.
        #[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
        pub struct StateRow {
            pub project: String,
            pub environment: String,
            pub conversation_id: String,
            pub version: u64,
            pub erased: u8,
            $( pub $column: $type, )+
            $($( #[serde(rename = $name)] pub $field: Vec<$of>, )+)+
        }

        impl StateRow {
            pub(crate) fn new(
                (project, environment, conversation_id): (&str, &str, &str),
                $state: &ConversationState,
                erasure: Erasure,
            ) -> Self {
                StateRow {
                    project: project.to_owned(),
                    environment: environment.to_owned(),
                    conversation_id: conversation_id.to_owned(),
                    version: version(erasure.events, $state.events),
                    erased: erasure.mode,
                    $( $column: $value, )+
                    $($( $field: $state.$list.iter().map(|$item| $each).collect(), )+)+
                }
            }
        }
    };
}

state_row! {
    state: {
        deleted: u8 = state.ineligible.map_or(0, Ineligible::number);
        first_event: i64 = state.first_event_us;
        last_event: i64 = state.last_event_us;
        first_use: Option<i64> = state.first_use_us;
        last_use: Option<i64> = state.last_use_us;
        initialized_at: Option<i64> = state.opportunity.as_ref().map(|opportunity| opportunity.at_us);
        page: String = state.opportunity.as_ref().map_or_else(String::new, |opportunity| opportunity.page.clone());
        placement: String = state.opportunity.as_ref().map_or_else(String::new, |opportunity| opportunity.placement.clone());
        person: String = state.person.key.clone();
        visitor: String = state.person.visitor.clone();
        identified: u8 = u8::from(state.identified);
        handoff_at: Option<i64> = state.handoff_us;
        channel: String = state.dimensions.channel.clone();
        source: String = state.dimensions.source.clone();
        device: String = state.dimensions.device.clone();
        browser: String = state.dimensions.browser.clone();
        os: String = state.dimensions.os.clone();
        language: String = state.dimensions.language.clone();
        country: String = state.dimensions.country.clone();
        city: String = state.dimensions.city.clone();
    } lists {
        messages as cell {
            messages_bucket "messages.bucket": u32 = seconds(cell.key.bucket_us);
            messages_role "messages.role": String = cell.key.role.name().to_owned();
            messages_content_type "messages.content_type": String = cell.key.content_type.clone();
            messages_workflow "messages.workflow": String = cell.key.workflow.clone();
            messages_agent "messages.agent": String = cell.key.agent.clone();
            messages_keyed "messages.keyed": u8 = u8::from(cell.key.keyed);
            messages_n "messages.n": u32 = cell.messages;
        }
        activity as cell {
            activity_bucket "activity.bucket": u32 = seconds(cell.bucket_us);
            activity_person "activity.person": String = cell.person.key.clone();
            activity_visitor "activity.visitor": String = cell.person.visitor.clone();
            activity_first "activity.first": i64 = cell.first_us;
        }
        chats as chat {
            chats_start "chats.start": i64 = chat.start_us;
            chats_ended "chats.ended": i64 = chat.end_us;
            chats_person "chats.person": String = chat.person.key.clone();
            chats_visitor "chats.visitor": String = chat.person.visitor.clone();
            chats_counted "chats.counted": u8 = u8::from(chat.counted);
            chats_open "chats.open": u8 = u8::from(chat.open);
            chats_requested "chats.requested": u8 = u8::from(chat.requested);
            chats_has_leg "chats.has_leg": u8 = u8::from(chat.has_leg);
            chats_has_bot "chats.has_bot": u8 = u8::from(chat.has_bot);
            chats_workflow "chats.workflow": String = chat.workflow.clone();
            chats_intent "chats.intent": String = chat.intent.clone();
            chats_positive "chats.positive": u32 = chat.positive;
            chats_negative "chats.negative": u32 = chat.negative;
            chats_call_us "chats.call_us": u64 = chat.call.call_us;
            chats_silent_us "chats.silent_us": u64 = chat.call.silent_us;
            chats_hung_up "chats.hung_up": u8 = u8::from(chat.hung_up);
        }
        turns as turn {
            turns_reply "turns.reply": i64 = turn.reply_us;
            turns_us "turns.us": u64 = turn.response_us;
            turns_workflow "turns.workflow": String = turn.workflow.clone();
            turns_fallback "turns.fallback": u8 = u8::from(turn.fallback);
            turns_question "turns.question": String = turn.question.clone();
            turns_silence_us "turns.silence_us": Option<u64> = turn.silence_us;
        }
        utterances as spoken {
            utterances_began "utterances.began": i64 = spoken.began_us;
            utterances_ended "utterances.ended": i64 = spoken.ended_us;
            utterances_role "utterances.role": String = spoken.role.name().to_owned();
            utterances_interrupted "utterances.interrupted": u8 = u8::from(spoken.interrupted);
        }
        requests as request {
            requests_at "requests.at": i64 = request.at_us;
            requests_person "requests.person": String = request.person.key.clone();
            requests_visitor "requests.visitor": String = request.person.visitor.clone();
            requests_trigger "requests.trigger": String = request.trigger.clone();
            requests_inferred "requests.inferred": u8 = u8::from(request.inferred);
        }
        legs as leg {
            legs_id "legs.id": String = leg.assignment_id.clone();
            legs_opened "legs.opened": i64 = leg.opened_us;
            legs_accepted "legs.accepted": Option<i64> = leg.accepted_us;
            legs_ended "legs.ended": Option<i64> = leg.ended_us;
            legs_replied "legs.replied": Option<i64> = leg.replied_us;
            legs_state "legs.state": String = leg.state.name().to_owned();
            legs_reason "legs.reason": String = leg.reason.clone();
            legs_agent "legs.agent": String = leg.agent.clone();
            legs_person "legs.person": String = leg.person.key.clone();
            legs_visitor "legs.visitor": String = leg.person.visitor.clone();
            legs_origin "legs.origin": String = leg.origin.clone();
            legs_queue "legs.queue": String = leg.queue.clone();
            legs_team "legs.team": String = leg.team.clone();
            legs_wrap_up_ms "legs.wrap_up_ms": u64 = leg.wrap_up_ms;
        }
        responses as response {
            responses_kind "responses.kind": String = response.kind.name().to_owned();
            responses_asked "responses.asked": i64 = response.asked_us;
            responses_replied "responses.replied": i64 = response.replied_us;
            responses_agent "responses.agent": String = response.agent.clone();
            responses_chat "responses.chat": u32 = response.chat;
            responses_leg "responses.leg": u32 = response.leg;
        }
        offers as offer {
            offers_at "offers.at": i64 = offer.at_us;
            offers_agent "offers.agent": String = offer.agent.clone();
            offers_outcome "offers.outcome": String = offer.outcome.to_owned();
            offers_reason "offers.reason": String = offer.reason.clone();
        }
        served as message {
            served_at "served.at": i64 = message.at_us;
            served_role "served.role": String = message.role.name().to_owned();
        }
        closes as close {
            closes_at "closes.at": i64 = close.at_us;
            closes_reason "closes.reason": String = close.reason.clone();
            closes_closer "closes.closer": String = close.by.clone();
            closes_agent "closes.agent": String = close.agent.clone();
            closes_reopened "closes.reopened": Option<i64> = close.reopened_us;
        }
        intents as intent {
            intents_at "intents.at": i64 = intent.at_us;
            intents_name "intents.name": String = intent.name.clone();
        }
        workflows as view {
            workflows_at "workflows.at": i64 = view.at_us;
            workflows_workflow "workflows.workflow": String = view.workflow.clone();
            workflows_started "workflows.started": u8 = u8::from(view.started);
        }
        ratings as rating {
            ratings_at "ratings.at": i64 = rating.at_us;
            ratings_rating "ratings.rating": String = rating.rating.clone();
            ratings_workflow "ratings.workflow": String = rating.workflow.clone();
        }
        reviewables as message {
            reviewables_at "reviewables.at": i64 = message.at_us;
            reviewables_rating "reviewables.rating": String = message.rating.to_owned();
        }
        opinions as opinion {
            opinions_at "opinions.at": i64 = opinion.at_us;
            opinions_person "opinions.person": String = opinion.person.key.clone();
            opinions_visitor "opinions.visitor": String = opinion.person.visitor.clone();
            opinions_rating "opinions.rating": String = opinion.rating.clone();
            opinions_commented "opinions.commented": u8 = u8::from(opinion.commented);
        }
        surveys as survey {
            surveys_id "surveys.id": String = survey.id.clone();
            surveys_requested "surveys.requested": Option<i64> = survey.requested_us;
            surveys_voted "surveys.voted": Option<i64> = survey.voted_us;
            surveys_score "surveys.score": Option<f64> = survey.score;
            surveys_commented "surveys.commented": u8 = u8::from(survey.commented);
            surveys_agent "surveys.agent": String = survey.agent.clone();
        }
        clicks as click {
            clicks_at "clicks.at": i64 = click.at_us;
            clicks_sequence "clicks.sequence": i64 = click.sequence;
            clicks_event_id "clicks.event_id": String = click.event_id.clone();
            clicks_element "clicks.element": String = click.element.clone();
            clicks_click_type "clicks.click_type": String = click.click_type.clone();
            clicks_title "clicks.title": String = click.title.clone();
            clicks_destination_type "clicks.destination_type": String = click.destination_type.clone();
            clicks_destination "clicks.destination": String = click.destination.clone();
        }
        shown as shown {
            shown_at "shown.at": i64 = shown.at_us;
            shown_element "shown.element": String = shown.element.clone();
            shown_title "shown.title": String = shown.title.clone();
            shown_clicked "shown.clicked": u8 = u8::from(shown.clicked);
        }
        tool_calls as call {
            tool_calls_at "tool_calls.at": i64 = call.at_us;
            tool_calls_tool "tool_calls.tool": String = call.tool.clone();
            tool_calls_status "tool_calls.status": String = call.status.clone();
            tool_calls_ms "tool_calls.ms": Option<f64> = call.duration_ms;
        }
        model_calls as call {
            model_calls_at "model_calls.at": i64 = call.at_us;
            model_calls_model "model_calls.model": String = call.model.clone();
            model_calls_provider "model_calls.provider": String = call.provider.clone();
            model_calls_status "model_calls.status": String = call.status.clone();
            model_calls_input "model_calls.input": i64 = call.input;
            model_calls_output "model_calls.output": i64 = call.output;
            model_calls_cache_read "model_calls.cache_read": i64 = call.cache_read;
            model_calls_cache_write "model_calls.cache_write": i64 = call.cache_write;
            model_calls_reasoning "model_calls.reasoning": i64 = call.reasoning;
            model_calls_embedding "model_calls.embedding": i64 = call.embedding;
            model_calls_reported "model_calls.reported": u8 = u8::from(call.reported);
            model_calls_ms "model_calls.ms": Option<f64> = call.duration_ms;
            model_calls_ttft_ms "model_calls.ttft_ms": Option<f64> = call.ttft_ms;
            model_calls_chat "model_calls.chat": u32 = call.chat;
        }
        attachments as file {
            attachments_at "attachments.at": i64 = file.at_us;
            attachments_kind "attachments.kind": String = file.kind.clone();
            attachments_bytes "attachments.bytes": u64 = file.bytes;
        }
    }
}
