//! Which ids are erased, and what stands for them.

use std::collections::{BTreeMap, HashMap};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{ErasedConversation, ErasedId};

/// What pseudonyms begin with.
const PREFIX: &str = "erased-";
/// Bytes of the digest in a pseudonym.
const DIGEST_BYTES: usize = 16;
/// Separates these digests from whatever else is derived of the same secret.
const PURPOSE: &[u8] = b"rapport.erasure.pseudonym\0";

/// An id that names a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    /// A user id.
    User(&'a str),
    /// An anonymous id.
    Anonymous(&'a str),
}

impl<'a> Key<'a> {
    /// The id itself.
    pub fn id(self) -> &'a str {
        match self {
            Key::User(id) | Key::Anonymous(id) => id,
        }
    }

    /// Another id of the same kind.
    pub fn with(self, id: &str) -> Key<'_> {
        match self {
            Key::User(_) => Key::User(id),
            Key::Anonymous(_) => Key::Anonymous(id),
        }
    }

    /// The letter that tables put before it.
    pub fn letter(self) -> char {
        match self {
            Key::User(_) => 'u',
            Key::Anonymous(_) => 'a',
        }
    }

    /// The key of a person as tables have it: `u:` or `a:` and the id.
    pub fn of_person(person: &'a str) -> Option<Key<'a>> {
        match person.split_once(':')? {
            ("u", id) => Some(Key::User(id)),
            ("a", id) => Some(Key::Anonymous(id)),
            _ => None,
        }
    }
}

/// Modes by pseudonym and by conversation, of a project and environment.
#[derive(Debug, Default)]
pub(super) struct Scope {
    ids: HashMap<String, u8>,
    pub(super) conversations: HashMap<String, u8>,
}

/// Who is erased, of all projects. Empty where nobody asked.
pub struct Erased {
    secret: Vec<u8>,
    scopes: BTreeMap<(String, String), Scope>,
}

impl std::fmt::Debug for Erased {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Erased").field("scopes", &self.scopes.len()).finish_non_exhaustive()
    }
}

impl Erased {
    /// What the tables know; `secret` is the installation's, so that pseudonyms tell nobody else who they stand for.
    pub fn new(secret: &[u8], ids: Vec<ErasedId>, conversations: Vec<ErasedConversation>) -> Erased {
        let mut erased = Erased { secret: secret.to_vec(), scopes: BTreeMap::new() };
        for ErasedId { project, environment, pseudonym, mode } in ids {
            let held = erased.scopes.entry((project, environment)).or_default().ids.entry(pseudonym).or_default();
            *held = mode.max(*held);
        }
        conversations.into_iter().for_each(|conversation| erased.add(conversation));
        erased
    }

    fn add(&mut self, conversation: ErasedConversation) {
        let ErasedConversation { project, environment, conversation_id, mode } = conversation;
        let scope = self.scopes.entry((project, environment)).or_default();
        let held = scope.conversations.entry(conversation_id).or_default();
        *held = mode.max(*held);
    }

    /// Whether nobody is erased.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// Projects and environments with someone erased.
    pub fn scopes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scopes.keys().map(|(project, environment)| (project.as_str(), environment.as_str()))
    }

    /// The conversations of a project and environment that are redacted in a mode.
    pub fn conversations(&self, project: &str, environment: &str, mode: u8) -> Vec<String> {
        let Some(scope) = self.scope(project, environment) else { return Vec::new() };
        let of_mode = scope.conversations.iter().filter(|(_, held)| **held == mode);
        let mut ids: Vec<String> = of_mode.map(|(id, _)| id.clone()).collect();
        ids.sort_unstable();
        ids
    }

    pub(super) fn scope(&self, project: &str, environment: &str) -> Option<&Scope> {
        if self.scopes.is_empty() {
            return None;
        }
        self.scopes.get(&(project.to_owned(), environment.to_owned()))
    }

    /// What stands for an id once it is erased; a pseudonym stands for itself.
    pub fn pseudonym(&self, project: &str, environment: &str, key: Key<'_>) -> String {
        if let Some(known) = self.scope(project, environment).and_then(|scope| scope.ids.get_key_value(key.id())) {
            return known.0.clone();
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("an HMAC takes a key of any length");
        mac.update(PURPOSE);
        for part in [project, environment] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(key.letter().encode_utf8(&mut [0; 4]).as_bytes());
        mac.update(key.id().as_bytes());
        let digest = mac.finalize().into_bytes();
        digest[..DIGEST_BYTES].iter().fold(PREFIX.to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }

    /// The pseudonym of an id that is erased, and how; None for one that is not.
    pub(super) fn alias(&self, (project, environment): (&str, &str), key: Key<'_>) -> Option<(String, u8)> {
        let scope = self.scope(project, environment).filter(|scope| !scope.ids.is_empty())?;
        if key.id().is_empty() {
            return None;
        }
        let pseudonym = self.pseudonym(project, environment, key);
        let mode = *scope.ids.get(&pseudonym)?;
        Some((pseudonym, mode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Erased {
        Erased::new(b"secret", Vec::new(), Vec::new())
    }

    #[test]
    fn a_pseudonym_depends_on_secret_project_environment_and_kind_of_id() {
        let of = |erased: &Erased, project: &str, environment: &str, key| erased.pseudonym(project, environment, key);
        let one = of(&none(), "p", "e", Key::User("jane"));
        assert_eq!(one.len(), PREFIX.len() + 2 * DIGEST_BYTES);
        assert_eq!(of(&none(), "p", "e", Key::User("jane")), one);
        let others = [
            of(&Erased::new(b"other", Vec::new(), Vec::new()), "p", "e", Key::User("jane")),
            of(&none(), "q", "e", Key::User("jane")),
            of(&none(), "p", "f", Key::User("jane")),
            of(&none(), "pe", "", Key::User("jane")),
            of(&none(), "p", "e", Key::Anonymous("jane")),
        ];
        assert!(!others.contains(&one));
    }

    #[test]
    fn an_id_is_known_by_its_pseudonym_in_its_own_project_alone() {
        let pseudonym = none().pseudonym("p", "e", Key::User("jane"));
        let id = ErasedId { project: "p".into(), environment: "e".into(), pseudonym: pseudonym.clone(), mode: 2 };
        let erased = Erased::new(b"secret", vec![id], Vec::new());
        let known = Some((pseudonym.clone(), 2));
        assert_eq!(erased.alias(("p", "e"), Key::User("jane")), known);
        assert_eq!(erased.alias(("p", "e"), Key::User(&pseudonym)), known, "it stands for itself");
        assert_eq!(erased.alias(("p", "e"), Key::User("joe")), None);
        assert_eq!(erased.alias(("q", "e"), Key::User("jane")), None);
        assert_eq!(erased.alias(("p", "e"), Key::Anonymous("jane")), None);
        assert_eq!(erased.alias(("p", "e"), Key::User("")), None);
    }
}
