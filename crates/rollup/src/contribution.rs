//! What one event adds by itself, whatever its conversation: counters, activity, requests, identity.

use event::{Data, Event, Visibility};

use crate::eligibility::{Flag, flag};
use crate::fact::{Role, person_key};
use crate::{BUCKET_US, MINUTE_US};

/// One message for the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageCount<'e> {
    /// Who sent it.
    pub role: Role,
    /// Its content type as sent, '' if absent.
    pub content_type: &'e str,
    /// Start of its 15 minutes, seconds since the epoch.
    pub bucket_s: u32,
    /// Start of its minute, seconds since the epoch.
    pub minute_s: u32,
}

/// A person was active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Key as sent.
    pub person: String,
    /// Start of the 15 minutes, seconds since the epoch.
    pub bucket_s: u32,
}

/// A link between keys of persons (P6, D-05), or a request to forget one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityLink<'e> {
    /// `user.merged`: the user that is no more; '' for anything else.
    pub from_user: &'e str,
    /// The user that remains, that was identified, or that is to be forgotten.
    pub into_user: &'e str,
    /// `user.identified`: the anonymous id that belongs to the user; '' for anything else.
    pub anonymous_id: &'e str,
}

/// A human was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'e> {
    /// Key as sent, '' without.
    pub person: String,
    /// The producer's trigger, '' where it gave none.
    pub trigger: &'e str,
}

/// What one event adds by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contribution<'e> {
    /// To the message counters (P8).
    pub message: Option<MessageCount<'e>>,
    /// To the activity of persons (D-39).
    pub activity: Option<Activity>,
    /// To identities.
    pub identity: Option<IdentityLink<'e>>,
    /// To the requests for a human (D-14).
    pub request: Option<Request<'e>>,
}

/// What an event adds by itself: nothing if a crawler sent it (P5). Depends on nothing but the event.
pub fn contribution<'e>(event: &'e Event<'_>) -> Contribution<'e> {
    if flag(event) == Some(Flag::Crawler) {
        return Contribution::default();
    }
    let (user, anonymous) = (text(&event.user_id), text(&event.anonymous_id));
    let message = message_count(event);
    let is_activity = message.is_some() || matches!(event.data, Data::ConversationStarted(_) | Data::UiClicked(_));
    let person = || person_key(user, anonymous);
    let activity = if is_activity { person() } else { None };
    Contribution {
        message,
        activity: activity.map(|person| Activity { person, bucket_s: floor_s(event.time.0, BUCKET_US) }),
        identity: identity_link(event, user, anonymous),
        request: match &event.data {
            Data::HandoffRequested(handoff) => {
                let trigger = handoff.trigger.as_ref().map_or("", |trigger| trigger.as_str());
                Some(Request { person: person().unwrap_or_default(), trigger })
            }
            Data::TicketCreated(_) => Some(Request { person: person().unwrap_or_default(), trigger: "" }),
            _ => None,
        },
    }
}

fn message_count<'e>(event: &'e Event<'_>) -> Option<MessageCount<'e>> {
    let Data::MessageCreated(message) = &event.data else { return None };
    let public = message.visibility.as_ref().is_none_or(|visibility| *visibility == Visibility::Public);
    let role = Role::from_name(message.role.as_str()).filter(|_| public)?;
    Some(MessageCount {
        role,
        content_type: message.content_type.as_ref().map_or("", |content_type| content_type.as_str()),
        bucket_s: floor_s(event.time.0, BUCKET_US),
        minute_s: floor_s(event.time.0, MINUTE_US),
    })
}

fn identity_link<'e>(event: &'e Event<'_>, user: &'e str, anonymous: &'e str) -> Option<IdentityLink<'e>> {
    match &event.data {
        Data::UserMerged(merged) => {
            Some(IdentityLink { from_user: &merged.from_user_id, into_user: &merged.into_user_id, anonymous_id: "" })
        }
        Data::UserIdentified(_) if !user.is_empty() && !anonymous.is_empty() => {
            Some(IdentityLink { from_user: "", into_user: user, anonymous_id: anonymous })
        }
        Data::UserErasureRequested(asked) => {
            Some(IdentityLink { from_user: "", into_user: &asked.user_id, anonymous_id: "" })
        }
        _ => None,
    }
}

fn text<'e>(field: &'e Option<event::Text<'_>>) -> &'e str {
    field.as_deref().unwrap_or_default()
}

/// Start of the interval of `width_us` that an instant lies in, seconds; instants outside 1970 to 2105 are clamped.
fn floor_s(time_us: i64, width_us: i64) -> u32 {
    u32::try_from(time_us.div_euclid(width_us) * (width_us / 1_000_000)).unwrap_or(if time_us < 0 {
        0
    } else {
        u32::MAX
    })
}
