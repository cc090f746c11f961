//! Rows of erased persons, as they may be written and folded.

use std::collections::BTreeMap;

use rollup::{ERASED_TEXT, redacted_context, redacted_data, users_named};
use serde_json::Value;
use smol_str::SmolStr;

use super::{Erased, ErasedConversation, ErasedFile, Key};
use crate::rows::{Batch, DeadLetterRow, FactRow, RawRow};

/// The parts of an event's row that decide whether it is redacted, and that are.
struct Parts<'r> {
    scope: (&'r str, &'r str),
    conversation_id: &'r str,
    event: &'r str,
    user_id: &'r mut SmolStr,
    anonymous_id: &'r mut SmolStr,
    data: &'r mut SmolStr,
    context: &'r mut SmolStr,
    erased: &'r mut u8,
}

impl ErasedFile {
    /// The file that a row names, if it names one; for the request of which this is conversation and event.
    pub fn of(row: &RawRow, (conversation_id, event_id): (&str, &str)) -> Option<ErasedFile> {
        let data: Value = serde_json::from_str(&row.data).ok()?;
        Some(ErasedFile {
            project: row.project.to_string(),
            environment: row.environment.to_string(),
            conversation_id: conversation_id.to_owned(),
            event_id: event_id.to_owned(),
            file: data["file"].as_str()?.to_owned(),
        })
    }
}

impl Erased {
    /// How an event is to be redacted by whom it names: the greatest mode, 0 for nobody who is erased.
    fn mode_of_ids(&self, scope: (&str, &str), (user_id, anonymous_id): (&str, &str), users: &[String]) -> u8 {
        let named = [Key::User(user_id), Key::Anonymous(anonymous_id)];
        let named = named.into_iter().chain(users.iter().map(|id| Key::User(id)));
        named.filter_map(|key| self.alias(scope, key)).map(|(_, mode)| mode).max().unwrap_or(0)
    }

    fn mode_of_conversation(&self, (project, environment): (&str, &str), conversation_id: &str) -> u8 {
        let scope = self.scope(project, environment);
        scope.and_then(|scope| scope.conversations.get(conversation_id)).copied().unwrap_or(0)
    }

    /// What stands for an id: its pseudonym if it is erased, else itself.
    fn known_as(&self, scope: (&str, &str), key: Key<'_>) -> String {
        self.alias(scope, key).map_or_else(|| key.id().to_owned(), |(pseudonym, _)| pseudonym)
    }

    /// The conversations that a batch shows to be of someone erased, and that were not known to be.
    pub fn newly_erased(&self, batch: &Batch) -> Vec<ErasedConversation> {
        let mut found: BTreeMap<(&str, &str, &str), u8> = BTreeMap::new();
        for row in batch.raw.iter().filter(|row| self.scope(&row.project, &row.environment).is_some()) {
            let scope = (row.project.as_str(), row.environment.as_str());
            let users = users_named(&row.event, &row.data);
            let mode = self.mode_of_ids(scope, (&row.user_id, &row.anonymous_id), &users);
            if !row.conversation_id.is_empty() && mode > self.mode_of_conversation(scope, &row.conversation_id) {
                let held = found.entry((scope.0, scope.1, &row.conversation_id)).or_default();
                *held = mode.max(*held);
            }
        }
        let rows = found.into_iter().map(|((project, environment, conversation_id), mode)| ErasedConversation {
            project: project.to_owned(),
            environment: environment.to_owned(),
            conversation_id: conversation_id.to_owned(),
            mode,
        });
        rows.collect()
    }

    /// Takes out of a batch what may not be written; its conversations must be known (`newly_erased`).
    pub fn redact(&self, batch: &mut Batch) {
        if self.is_empty() {
            return;
        }
        batch.raw.iter_mut().for_each(|row| self.redact_raw(row));
        batch.dead_letters.iter_mut().for_each(|row| self.redact_letter(row));
        for row in &mut batch.activity {
            row.person = self.person(&row.person, (&row.project, &row.environment));
        }
        for row in &mut batch.requests {
            row.person = self.person(&row.person, (&row.project, &row.environment));
        }
        for row in &mut batch.identities {
            let scope = (row.project.as_str(), row.environment.as_str());
            row.from_user = self.known_as(scope, Key::User(&row.from_user));
            row.into_user = self.known_as(scope, Key::User(&row.into_user));
            row.anonymous_id = self.known_as(scope, Key::Anonymous(&row.anonymous_id));
        }
    }

    /// The files that rows name which are of someone erased and not redacted yet; whoever asks says for which request.
    pub fn files(&self, rows: &[RawRow], (conversation_id, event_id): (&str, &str)) -> Vec<ErasedFile> {
        let is_erased = |row: &&RawRow| {
            let scope = (row.project.as_str(), row.environment.as_str());
            let of_ids = self.mode_of_ids(scope, (&row.user_id, &row.anonymous_id), &[]);
            row.event == "attachment.added" && of_ids.max(self.mode_of_conversation(scope, &row.conversation_id)) > 0
        };
        let rows = if self.is_empty() { &[] } else { rows };
        rows.iter().filter(is_erased).filter_map(|row| ErasedFile::of(row, (conversation_id, event_id))).collect()
    }

    /// Redacts a row of which is known otherwise that it is of someone erased.
    pub fn redact_loose(&self, row: &mut RawRow, mode: u8) {
        let scope = (row.project.as_str(), row.environment.as_str());
        row.data = redacted_data(&row.event, &row.data, &|id| self.known_as(scope, Key::User(id))).into();
        row.context = redacted_context(&row.context).into();
        [&mut row.text, &mut row.metadata, &mut row.extra].into_iter().for_each(|text| *text = SmolStr::default());
        row.erased = mode.max(row.erased);
    }

    /// Redacts a raw row if it is of someone erased.
    pub fn redact_raw(&self, row: &mut RawRow) {
        let parts = Parts {
            scope: (&row.project, &row.environment),
            conversation_id: &row.conversation_id,
            event: &row.event,
            user_id: &mut row.user_id,
            anonymous_id: &mut row.anonymous_id,
            data: &mut row.data,
            context: &mut row.context,
            erased: &mut row.erased,
        };
        if self.redact_parts(parts) {
            [&mut row.text, &mut row.metadata, &mut row.extra].into_iter().for_each(|text| *text = SmolStr::default());
        }
    }

    /// The same of what a conversation is folded from.
    pub fn redact_fact(&self, row: &mut FactRow) {
        self.redact_parts(Parts {
            scope: (&row.project, &row.environment),
            conversation_id: &row.conversation_id,
            event: &row.event,
            user_id: &mut row.user_id,
            anonymous_id: &mut row.anonymous_id,
            data: &mut row.data,
            context: &mut row.context,
            erased: &mut row.erased,
        });
    }

    /// Whether they are of someone erased; then they are redacted.
    fn redact_parts(&self, parts: Parts<'_>) -> bool {
        let Parts { scope, conversation_id, event, user_id, anonymous_id, data, context, erased } = parts;
        if self.scope(scope.0, scope.1).is_none() {
            return false;
        }
        let by_ids = self.mode_of_ids(scope, (user_id, anonymous_id), &users_named(event, data));
        let mode = by_ids.max(self.mode_of_conversation(scope, conversation_id));
        if mode == 0 {
            return false;
        }
        *data = redacted_data(event, data, &|id| self.known_as(scope, Key::User(id))).into();
        *context = redacted_context(context).into();
        *user_id = self.known_as(scope, Key::User(user_id)).into();
        *anonymous_id = self.known_as(scope, Key::Anonymous(anonymous_id)).into();
        *erased = mode.max(*erased);
        true
    }

    fn person(&self, person: &str, scope: (&str, &str)) -> String {
        let alias = Key::of_person(person).and_then(|key| Some((key.letter(), self.alias(scope, key)?.0)));
        alias.map_or_else(|| person.to_owned(), |(letter, pseudonym)| format!("{letter}:{pseudonym}"))
    }

    /// A dead letter that names someone erased says only that there was one.
    fn redact_letter(&self, row: &mut DeadLetterRow) {
        let Ok(letter) = serde_json::from_slice::<Value>(&row.value) else { return };
        let said = |name: &str| letter[name].as_str().unwrap_or_default();
        let project = if row.project.is_empty() { said("project_id") } else { row.project.as_str() };
        let users = [said("user_id"), letter["data"]["user_id"].as_str().unwrap_or_default()];
        let keys = users.map(Key::User).into_iter().chain([Key::Anonymous(said("anonymous_id"))]);
        let mut environments = self.scopes().filter(|(of, _)| *of == project).map(|(_, environment)| environment);
        let is_erased = |environment: &str| keys.clone().any(|key| self.alias((project, environment), key).is_some());
        if environments.any(is_erased) {
            row.value.clear();
            row.message = ERASED_TEXT.to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::erasure::ErasedId;
    use crate::rows::ActivityRow;

    const SCOPE: (&str, &str) = ("p", "e");

    fn raw(project: &str, conversation: &str, user: &str) -> RawRow {
        RawRow {
            project: project.into(),
            conversation_id: conversation.into(),
            event_id: "id".into(),
            partition: 0,
            segment: 0,
            offset: 7,
            append_time: 1,
            environment: "e".into(),
            event: "message.created".into(),
            event_time: 2,
            clock: SmolStr::default(),
            sequence: 0,
            user_id: user.into(),
            anonymous_id: SmolStr::default(),
            session_id: SmolStr::default(),
            channel: "web".into(),
            bot_id: SmolStr::default(),
            role: "user".into(),
            is_message: 1,
            content_type: SmolStr::default(),
            message_id: "m".into(),
            text: "hello".into(),
            data: r#"{"message_id":"m","parts":"hello"}"#.into(),
            context: SmolStr::default(),
            metadata: "{}".into(),
            extra: "{}".into(),
            flag: SmolStr::default(),
            erased: 0,
        }
    }

    fn letter(project: &str, user: &str) -> DeadLetterRow {
        DeadLetterRow {
            topic: "t".into(),
            partition: 0,
            offset: 0,
            append_time: 0,
            project: project.into(),
            reason: "invalid".into(),
            message: "why".into(),
            event_id: String::new(),
            value: format!(r#"{{"project_id": "p", "user_id": "{user}"}}"#).into_bytes(),
        }
    }

    /// Jane is erased in one project.
    fn erased(conversations: Vec<ErasedConversation>) -> Erased {
        let pseudonym = Erased::new(b"s", Vec::new(), Vec::new()).pseudonym(SCOPE.0, SCOPE.1, Key::User("jane"));
        let id = ErasedId { project: SCOPE.0.into(), environment: SCOPE.1.into(), pseudonym, mode: 1 };
        Erased::new(b"s", vec![id], conversations)
    }

    #[test]
    fn a_batch_is_redacted_by_whom_it_names_and_whose_conversation_it_is_and_every_key_stays() {
        let activity = |person: &str| ActivityRow {
            project: "p".into(),
            environment: "e".into(),
            person: person.into(),
            conversation_id: "c".into(),
            bucket: 0,
            first: 0,
        };
        let mut batch = Batch {
            raw: vec![raw("p", "c", "jane"), raw("p", "c", ""), raw("p", "d", "joe"), raw("q", "c", "jane")],
            activity: vec![activity("u:jane"), activity("u:joe"), activity("a:jane")],
            dead_letters: vec![letter("p", "jane"), letter("", "jane"), letter("q", "jane"), letter("p", "joe")],
            ..Batch::default()
        };
        let found = erased(Vec::new()).newly_erased(&batch);
        assert_eq!(found.iter().map(|one| (one.conversation_id.as_str(), one.mode)).collect::<Vec<_>>(), [("c", 1)]);
        let known = erased(found);
        assert_eq!(known.newly_erased(&batch), [], "it is known then");
        let before = batch.clone();
        known.redact(&mut batch);
        let said: Vec<(&str, u8)> = batch.raw.iter().map(|row| (row.text.as_str(), row.erased)).collect();
        assert_eq!(said, [("", 1), ("", 1), ("hello", 0), ("hello", 0)]);
        assert_eq!(batch.raw[0].data, r#"{"message_id":"m"}"#);
        assert!(batch.raw[0].user_id.starts_with("erased-") && batch.raw[1].user_id.is_empty());
        let keys = |batch: &Batch| batch.raw.iter().map(|row| (row.event_id.clone(), row.offset)).collect::<Vec<_>>();
        assert_eq!(keys(&batch), keys(&before));
        let persons: Vec<&str> = batch.activity.iter().map(|row| row.person.as_str()).collect();
        assert_eq!(
            persons,
            [&format!("u:{}", batch.raw[0].user_id), "u:joe", "a:jane"],
            "another kind of id is another id"
        );
        let emptied: Vec<bool> = batch.dead_letters.iter().map(|row| row.value.is_empty()).collect();
        assert_eq!(emptied, [true, true, false, false]);
        let once = batch.clone();
        known.redact(&mut batch);
        assert_eq!(batch, once, "redacting again changes nothing");
    }
}
