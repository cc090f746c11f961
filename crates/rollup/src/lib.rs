//! Pure folding of events into counters, activity and conversations.
//!
//! No I/O, no clock, no randomness, no offsets: what an event contributes is a function of the event, and what a conversation
//! is, a function of the set of its events. The oracle of the definitions is `metrics.md`; rule names (P…, D-…) are its own.

mod chats;
mod clicks;
mod contribution;
mod conversation;
mod detail;
mod dimensions;
mod eligibility;
mod erasure;
mod fact;
mod feedback;
mod hours;
mod idle;
mod intents;
mod legs;
mod offers;
mod page;
mod requests;
mod responses;
mod settings;
mod speech;
mod turns;
mod volumes;
mod work;
mod workflows;

pub use chats::Chat;
pub use clicks::{Click, Shown};
pub use contribution::{Activity, Contribution, IdentityLink, MessageCount, Request, contribution};
pub use conversation::{ConversationState, Opportunity, fold};
pub use detail::Detail;
pub use dimensions::Dimensions;
pub use eligibility::{Flag, Ineligible, flag};
pub use erasure::{ERASED_TEXT, redacted_context, redacted_data, users_named};
pub use fact::{Fact, Kind, Order, Person, Role};
pub use feedback::{Opinion, Rating, Reviewable, Survey};
pub use hours::{BusinessHours, Opening};
pub use idle::{EDITION_MAX, IdleTimeouts};
pub use intents::PrimaryIntent;
pub use legs::{Leg, LegState, ServedMessage};
pub use offers::{Close, Offer};
pub use requests::HumanRequest;
pub use responses::{Response, ResponseKind};
pub use settings::{ESCALATION_TOOLS, EscalationTools, Identity, LANGUAGES, Price, Settings};
pub use speech::{Call, Utterance};
pub use turns::Turn;
pub use volumes::{ActivityCell, MessageCell, MessageKey};
pub use work::{Attachment, ModelCall, ToolCall};
pub use workflows::WorkflowView;

/// Width of a counter's bucket, microseconds: every zone's offset is a multiple of it.
pub const BUCKET_US: i64 = 15 * 60 * 1_000_000;

/// Width of a peak's bucket, microseconds.
pub const MINUTE_US: i64 = 60 * 1_000_000;

/// Which definition conversations are folded by, at most 255. A greater one wins over all rows of a smaller one.
pub const DEFINITION: u16 = 8;
