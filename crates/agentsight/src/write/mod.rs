//! From requests to native events.

pub(crate) mod attachments;
pub(crate) mod changes;
pub(crate) mod conversations;
pub(crate) mod draft;
pub(crate) mod feedbacks;
pub(crate) mod ingest;
pub(crate) mod items;
pub(crate) mod place;
pub(crate) mod spans;
pub(crate) mod tickets;
pub(crate) mod tools;
