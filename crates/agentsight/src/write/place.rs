//! Where an item belongs: its conversation, from the texts and numbers that clients send, without a look-up.

use serde_json::Value;

use crate::{
    app::{App, Caller},
    error::Refusal,
    ids::DEVELOPMENT,
    lenient,
};

/// The conversation of an item.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) conversation: String,
    pub(crate) environment: String,
}

/// The conversation that an item names by its id or, if this process remembers that, by its number. The number's lowest bit says the
/// environment, which clients of the first generation name with the conversation alone.
pub(crate) fn place(app: &App, caller: &Caller, item: &Value) -> Option<Place> {
    let number = lenient::number(item.get("conversation"));
    let remembered = |number: i64| app.memory.find(caller.project_id(), number & !1);
    let named = lenient::id(item.get("conversation_id"));
    let conversation = named.or_else(|| Some(remembered(number?)?.conversation))?;
    let own = app.ids.conversation(caller.project_id(), &conversation, "");
    let bit = number.filter(|number| number & !1 == own && number & 1 == 1).map(|_| DEVELOPMENT.to_owned());
    let environment = bit.or_else(|| remembered(own).map(|remembered| remembered.environment));
    let environment = caller.settled(environment.as_deref()).to_owned();
    Some(Place { conversation, environment })
}

/// As `place`, for items that have to say it.
pub(crate) fn required(app: &App, caller: &Caller, item: &Value) -> Result<Place, Refusal> {
    let missing = || Refusal::field("conversation_id", "This field is required.");
    place(app, caller, item).ok_or_else(missing)
}
