//! Schemas that producers write by: the built-in ones, and those that a registry knows.
//!
//! What a registry's schema describes is written again by the built-in schema of its family and read from there, so that one
//! reader judges everything. Fields are matched by name, types of events by the name of their record; what the built-in
//! schema lacks is kept in `extra`. Unions are matched by names, since several of our records have the same shape.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{Event, Family, Invalid, error::Code, foreign::Foreign};

/// What names a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaId {
    /// A number: one of ours, or one that a registry gave.
    Number(u32),
    /// A registry's other kind of id.
    Guid([u8; 16]),
}

impl fmt::Display for SchemaId {
    /// As registries write it in their addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(id) => id.fmt(f),
            Self::Guid(guid) => uuid::Uuid::from_bytes(*guid).fmt(f),
        }
    }
}

impl SchemaId {
    #[cold]
    pub(crate) fn unknown(self) -> Invalid {
        Invalid::new(
            Code::UnknownSchema,
            format!("no schema has the id {self}: see schemas/ids.json for the built-in ones"),
        )
    }
}

#[derive(Debug)]
enum Known {
    Foreign(Box<Foreign>),
    /// The registry has it, but no event can be made of it, and why.
    Unusable(String),
    /// The registry has no such schema.
    Nowhere,
}

/// The schemas that are known. Clones are cheap and share them.
#[derive(Debug, Clone, Default)]
pub struct Schemas {
    has_registry: bool,
    known: Arc<BTreeMap<SchemaId, Arc<Known>>>,
}

impl Schemas {
    /// The built-in schemas, and those that will be learnt from a registry.
    #[must_use]
    pub fn of_registry() -> Schemas {
        Schemas { has_registry: true, ..Schemas::default() }
    }

    /// Takes in what the registry says of an id: the schema's text, or that there is none.
    pub fn learn(&mut self, id: SchemaId, text: Option<&str>) {
        let known = match text.map(Foreign::parse) {
            None => Known::Nowhere,
            Some(Ok(foreign)) => Known::Foreign(Box::new(foreign)),
            Some(Err(reason)) => Known::Unusable(reason),
        };
        let mut all = BTreeMap::clone(&self.known);
        all.insert(id, Arc::new(known));
        self.known = Arc::new(all);
    }

    /// Whether the registry has to be asked about an id.
    pub(crate) fn is_unknown(&self, id: SchemaId) -> bool {
        self.has_registry && self.built_in(id).is_none() && !self.known.contains_key(&id)
    }

    pub(crate) fn built_in(&self, id: SchemaId) -> Option<Family> {
        match id {
            SchemaId::Number(id) => Family::with_schema_id(id),
            SchemaId::Guid(_) => None,
        }
    }

    /// Reads a body by a schema that is not ours.
    pub(crate) fn translate(&self, id: SchemaId, body: &[u8]) -> Result<Event<'static>, Invalid> {
        match self.known.get(&id).map(|known| &**known) {
            Some(Known::Foreign(foreign)) => {
                let own = foreign.translate(body)?;
                Event::decode_body(foreign.family(), &own).map(Event::into_owned)
            }
            Some(Known::Unusable(reason)) => {
                Err(Invalid::new(Code::UnknownSchema, format!("the schema {id} is none of an event: {reason}")))
            }
            Some(Known::Nowhere) | None => Err(id.unknown()),
        }
    }
}
