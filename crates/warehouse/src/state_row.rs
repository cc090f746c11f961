//! The row of a conversation: what it folds to, as columns. Declared once, for the struct, its columns and how it is filled.

use clickhouse::Row;
use rollup::{ConversationState, DEFINITION, EDITION_MAX, Ineligible};
use serde::Serialize;

use crate::rows::ConversationKey;

fn seconds(us: i64) -> u32 {
    u32::try_from(us.div_euclid(1_000_000)).unwrap_or(0)
}

/// Bits of a version for the number of events, and below those for the number of redacted ones.
const EVENTS_BITS: u32 = 24;
/// Bits of a version below its edition.
const EDITION_SHIFT: u32 = 44;
const DEFINITION_SHIFT: u32 = 56;
/// Most events that a version tells apart.
pub(crate) const VERSION_EVENTS_MAX: u64 = (1 << EVENTS_BITS) - 1;
/// Most redacted events that it tells apart.
pub(crate) const VERSION_ERASED_MAX: u64 = (1 << (EDITION_SHIFT - EVENTS_BITS)) - 1;
/// The part of a version that is told by events.
pub(crate) const VERSION_OF_EVENTS: u64 = (1 << EDITION_SHIFT) - 1;

const _: () = assert!(DEFINITION < 256, "a version has 8 bits for the definition");
const _: () = assert!(
    EDITION_MAX < 1 << (DEFINITION_SHIFT - EDITION_SHIFT),
    "and 12 for the edition of a project's idle timeouts"
);

/// The least version of rows that are folded by the present definition and an edition of their project's idle timeouts.
pub(crate) fn version_floor(edition: u16) -> u64 {
    (u64::from(DEFINITION) << DEFINITION_SHIFT) | (u64::from(edition) << EDITION_SHIFT)
}

/// The version of a row: what it is folded by, then how many of the events are redacted, then how many there are. What is folded
/// from events before they were redacted never wins over what is folded from them since.
fn version(edition: u16, erased: u64, events: u64) -> u64 {
    version_floor(edition) | (erased.min(VERSION_ERASED_MAX) << EVENTS_BITS) | events.min(VERSION_EVENTS_MAX)
}

impl StateRow {
    /// The conversation that it is of.
    pub fn conversation(&self) -> ConversationKey {
        ConversationKey { project: self.project.clone(), conversation_id: self.conversation_id.clone() }
    }

    /// Whether it was folded by an earlier edition of its project's idle timeouts.
    pub fn is_cut_before(&self, edition: u16) -> bool {
        self.version < version_floor(edition)
    }
}

/// Whether a row of version `held` lacks something of one of version `wanted`: it is folded by something earlier, or from fewer
/// events. Of two workers one may know of a later edition, the other of a later event; then neither row is all.
pub fn is_behind(held: u64, wanted: u64) -> bool {
    held >> EDITION_SHIFT < wanted >> EDITION_SHIFT || held & VERSION_OF_EVENTS < wanted & VERSION_OF_EVENTS
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

/// Declares the row: plain columns, and lists, each a column of tuples whose parts are read as `list.part`.
macro_rules! state_row {
    ($state:ident: {
        $( $column:ident: $type:ty = $value:expr; )+
    } lists {
        $( $list:ident: $of:ident as $item:ident { $( $field:ident: $is:ty = $each:expr; )+ } )+
    }) => {
        $(
            #[doc = concat!("What stands in the list `", stringify!($list), "` of a row.")]
            #[derive(Debug, Clone, PartialEq, Serialize)]
            #[allow(missing_docs, reason = "documented in the migration")]
            pub struct $of {
                $( pub $field: $is, )+
            }
        )+

        /// A row of `conversation_states`.
        #[derive(Debug, Clone, PartialEq, Row, Serialize)]
        #[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
        pub struct StateRow {
            pub project: String,
            pub environment: String,
            pub conversation_id: String,
            pub version: u64,
            pub erased: u8,
            $( pub $column: $type, )+
            $( pub $list: Vec<$of>, )+
        }

        impl StateRow {
            pub(crate) fn new(
                (project, environment, conversation_id): (&str, &str, &str),
                $state: &ConversationState,
                (edition, erasure): (u16, Erasure),
            ) -> Self {
                StateRow {
                    project: project.to_owned(),
                    environment: environment.to_owned(),
                    conversation_id: conversation_id.to_owned(),
                    version: version(edition, erasure.events, $state.events),
                    erased: erasure.mode,
                    $( $column: $value, )+
                    $( $list: $state.$list.iter().map(|$item| $of { $( $field: $each, )+ }).collect(), )+
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
        locale: String = state.dimensions.locale.clone();
        country: String = state.dimensions.country.clone();
        city: String = state.dimensions.city.clone();
        bot: String = state.dimensions.bot.clone();
    } lists {
        messages: MessageCount as cell {
            bucket: u32 = seconds(cell.key.bucket_us);
            role: String = cell.key.role.name().to_owned();
            content_type: String = cell.key.content_type.clone();
            workflow: String = cell.key.workflow.clone();
            agent: String = cell.key.agent.clone();
            keyed: u8 = u8::from(cell.key.keyed);
            n: u32 = cell.messages;
        }
        activity: Activity as cell {
            bucket: u32 = seconds(cell.bucket_us);
            person: String = cell.person.key.clone();
            visitor: String = cell.person.visitor.clone();
            first: i64 = cell.first_us;
        }
        chats: Chat as chat {
            start: i64 = chat.start_us;
            ended: i64 = chat.end_us;
            person: String = chat.person.key.clone();
            visitor: String = chat.person.visitor.clone();
            counted: u8 = u8::from(chat.counted);
            open: u8 = u8::from(chat.open);
            requested: u8 = u8::from(chat.requested);
            has_leg: u8 = u8::from(chat.has_leg);
            has_bot: u8 = u8::from(chat.has_bot);
            workflow: String = chat.workflow.clone();
            intent: String = chat.intent.clone();
            positive: u32 = chat.positive;
            negative: u32 = chat.negative;
            call_us: u64 = chat.call.call_us;
            silent_us: u64 = chat.call.silent_us;
            hung_up: u8 = u8::from(chat.hung_up);
            single: u8 = u8::from(chat.single);
        }
        turns: Turn as turn {
            reply: i64 = turn.reply_us;
            us: u64 = turn.response_us;
            from_first_us: u64 = turn.from_first_us;
            workflow: String = turn.workflow.clone();
            model: String = turn.model.clone();
            fallback: u8 = u8::from(turn.fallback);
            question: String = turn.question.clone();
            silence_us: Option<u64> = turn.silence_us;
        }
        utterances: Utterance as spoken {
            began: i64 = spoken.began_us;
            ended: i64 = spoken.ended_us;
            role: String = spoken.role.name().to_owned();
            interrupted: u8 = u8::from(spoken.interrupted);
        }
        requests: Request as request {
            at: i64 = request.at_us;
            person: String = request.person.key.clone();
            visitor: String = request.person.visitor.clone();
            trigger: String = request.trigger.clone();
            inferred: u8 = u8::from(request.inferred);
            team: String = request.team.clone();
            reason: String = request.reason.clone();
        }
        legs: Leg as leg {
            id: String = leg.assignment_id.clone();
            opened: i64 = leg.opened_us;
            accepted: Option<i64> = leg.accepted_us;
            ended: Option<i64> = leg.ended_us;
            replied: Option<i64> = leg.replied_us;
            state: String = leg.state.name().to_owned();
            reason: String = leg.reason.clone();
            agent: String = leg.agent.clone();
            person: String = leg.person.key.clone();
            visitor: String = leg.person.visitor.clone();
            origin: String = leg.origin.clone();
            queue: String = leg.queue.clone();
            team: String = leg.team.clone();
            wrap_up_ms: u64 = leg.wrap_up_ms;
        }
        responses: Response as response {
            kind: String = response.kind.name().to_owned();
            asked: i64 = response.asked_us;
            replied: i64 = response.replied_us;
            agent: String = response.agent.clone();
            chat: u32 = response.chat;
            leg: u32 = response.leg;
        }
        offers: Offer as offer {
            at: i64 = offer.at_us;
            agent: String = offer.agent.clone();
            outcome: String = offer.outcome.to_owned();
            reason: String = offer.reason.clone();
        }
        served: Served as message {
            at: i64 = message.at_us;
            role: String = message.role.name().to_owned();
        }
        closes: Close as close {
            at: i64 = close.at_us;
            reason: String = close.reason.clone();
            closer: String = close.by.clone();
            agent: String = close.agent.clone();
            reopened: Option<i64> = close.reopened_us;
        }
        intents: Intent as intent {
            at: i64 = intent.at_us;
            name: String = intent.name.clone();
            confidence: f64 = intent.confidence;
        }
        workflows: WorkflowView as view {
            at: i64 = view.at_us;
            workflow: String = view.workflow.clone();
            started: u8 = u8::from(view.started);
        }
        ratings: Rating as rating {
            at: i64 = rating.at_us;
            rating: String = rating.rating.clone();
            workflow: String = rating.workflow.clone();
        }
        reviewables: Reviewable as message {
            at: i64 = message.at_us;
            rating: String = message.rating.to_owned();
        }
        opinions: Opinion as opinion {
            at: i64 = opinion.at_us;
            person: String = opinion.person.key.clone();
            visitor: String = opinion.person.visitor.clone();
            rating: String = opinion.rating.clone();
            commented: u8 = u8::from(opinion.commented);
        }
        surveys: Survey as survey {
            id: String = survey.id.clone();
            requested: Option<i64> = survey.requested_us;
            voted: Option<i64> = survey.voted_us;
            score: Option<f64> = survey.score;
            commented: u8 = u8::from(survey.commented);
            agent: String = survey.agent.clone();
        }
        clicks: Click as click {
            at: i64 = click.at_us;
            sequence: i64 = click.sequence;
            event_id: String = click.event_id.clone();
            element: String = click.element.clone();
            click_type: String = click.click_type.clone();
            title: String = click.title.clone();
            destination_type: String = click.destination_type.clone();
            destination: String = click.destination.clone();
        }
        shown: Shown as shown {
            at: i64 = shown.at_us;
            element: String = shown.element.clone();
            title: String = shown.title.clone();
            clicked: u8 = u8::from(shown.clicked);
        }
        tool_calls: ToolCall as call {
            at: i64 = call.at_us;
            tool: String = call.tool.clone();
            status: String = call.status.clone();
            ms: Option<f64> = call.duration_ms;
        }
        model_calls: ModelCall as call {
            at: i64 = call.at_us;
            model: String = call.model.clone();
            provider: String = call.provider.clone();
            status: String = call.status.clone();
            input: i64 = call.input;
            output: i64 = call.output;
            cache_read: i64 = call.cache_read;
            cache_write: i64 = call.cache_write;
            reasoning: i64 = call.reasoning;
            embedding: i64 = call.embedding;
            audio_input: i64 = call.audio_input;
            audio_output: i64 = call.audio_output;
            reported: u8 = u8::from(call.reported);
            ms: Option<f64> = call.duration_ms;
            ttft_ms: Option<f64> = call.ttft_ms;
            chat: u32 = call.chat;
            cost: Option<f64> = call.cost;
            currency: String = call.currency.clone();
        }
        attachments: Attachment as file {
            at: i64 = file.at_us;
            kind: String = file.kind.clone();
            bytes: u64 = file.bytes;
        }
    }
}
