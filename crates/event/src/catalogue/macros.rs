//! What makes types, codecs and schemas of the catalogue.
//!
//! A field is written as in the documentation: `name! Kind;` is required, `name? Kind;` optional; `[Kind]` is a list;
//! `as "type"` gives the name on the wire where that is a Rust keyword.

/// The type of a field's value.
macro_rules! value {
    ($a:lifetime [$of:tt]) => { Vec<value!($a $of)> };
    ($a:lifetime Int) => { i64 };
    ($a:lifetime Number) => { f64 };
    ($a:lifetime Bool) => { bool };
    ($a:lifetime Time) => { $crate::Timestamp };
    ($a:lifetime Id) => { $crate::Text<$a> };
    ($a:lifetime Str) => { $crate::Text<$a> };
    ($a:lifetime Comment) => { $crate::Text<$a> };
    ($a:lifetime Decimal) => { $crate::Text<$a> };
    ($a:lifetime Object) => { $crate::Text<$a> };
    ($a:lifetime Array) => { $crate::Text<$a> };
    ($a:lifetime Any) => { $crate::Text<$a> };
    ($a:lifetime $name:ident) => { $name<$a> };
}

/// The kind that reads and writes the value.
macro_rules! kind {
    ($a:lifetime [$of:tt]) => { $crate::kind::List<kind!($a $of)> };
    ($a:lifetime Int) => { $crate::kind::Int };
    ($a:lifetime Number) => { $crate::kind::Number };
    ($a:lifetime Bool) => { $crate::kind::Bool };
    ($a:lifetime Time) => { $crate::kind::Time };
    ($a:lifetime Id) => { $crate::kind::Id };
    ($a:lifetime Str) => { $crate::kind::Str };
    ($a:lifetime Comment) => { $crate::kind::Comment };
    ($a:lifetime Decimal) => { $crate::kind::Decimal };
    ($a:lifetime Object) => { $crate::kind::Object };
    ($a:lifetime Array) => { $crate::kind::Array };
    ($a:lifetime Any) => { $crate::kind::Any };
    ($a:lifetime Intent) => { $crate::catalogue::InlineIntent };
    ($a:lifetime $name:ident) => { $name<$a> };
}

/// What differs between required and optional fields.
macro_rules! slot {
    (! type $type:ty) => { $type };
    (? type $type:ty) => { Option<$type> };
    (! parse $kind:ty, $json:expr) => { $crate::kind::required::<$kind>($json) };
    (? parse $kind:ty, $json:expr) => { $crate::kind::optional::<$kind>($json) };
    (! finish $value:expr, $name:expr) => { $crate::kind::present($value, $name)? };
    (? finish $value:expr, $name:expr) => { $value };
    (! as_ref $value:expr) => { Some(&$value) };
    (? as_ref $value:expr) => { $value.as_ref() };
    (! read $kind:ty, $reader:expr, $name:expr) => { $crate::kind::read_required::<$kind>($reader, $name)? };
    (? read $kind:ty, $reader:expr, $name:expr) => { $crate::kind::read_optional::<$kind>($reader)? };
    (! write $kind:ty, $value:expr, $out:expr) => { <$kind as $crate::kind::Kind<'a>>::write(&$value, $out) };
    (? write $kind:ty, $value:expr, $out:expr) => {
        $crate::avro::write_option($value.as_ref(), $out, <$kind as $crate::kind::Kind<'a>>::write)
    };
    (! own $kind:ty, $value:expr) => { <$kind as $crate::kind::Kind<'a>>::into_owned($value) };
    (? own $kind:ty, $value:expr) => { $value.map(<$kind as $crate::kind::Kind<'a>>::into_owned) };
    (! optional) => { false };
    (? optional) => { true };
}

/// A field's name on the wire.
macro_rules! wire {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

/// A record: a struct with the given fields, and `extra` for what came with it and is not known.
macro_rules! record {
    (
        $(#[doc = $about:literal])+
        $record:ident { $( $(#[doc = $doc:literal])+ $field:ident $need:tt $kind:tt $(as $wire:literal)?; )* }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $record<'a> {
            $( $(#[doc = $doc])+ pub $field: slot!($need type value!('a $kind)), )*
            /// Fields that this version does not know: the text of a JSON object.
            pub extra: Option<$crate::Text<'a>>,
        }

        impl<'a> $crate::kind::Kind<'a> for $record<'a> {
            type Value = Self;
            type Owned = $record<'static>;

            fn parse(json: &mut $crate::json::Json<'a>) -> Result<Self, $crate::Invalid> {
                $( let mut $field = None; )*
                let mut extra = $crate::json::Extra::default();
                json.object(|json, key| {
                    match key {
                        $( wire!($field $($wire)?) => $field = slot!($need parse kind!('a $kind), json)?, )*
                        _ => extra.keep(key, json)?,
                    }
                    Ok(())
                })?;
                Ok(Self {
                    $( $field: slot!($need finish $field, wire!($field $($wire)?)), )*
                    extra: extra.finish(),
                })
            }

            fn write_json(value: &Self, out: &mut Vec<u8>) {
                let mut members = $crate::json::Members::open(out);
                $( if let Some(field) = slot!($need as_ref value.$field) {
                    <kind!('a $kind) as $crate::kind::Kind<'a>>::write_json(
                        field, members.key(wire!($field $($wire)?)));
                } )*
                members.spread(value.extra.as_deref());
                members.close();
            }

            fn read(reader: &mut $crate::avro::Reader<'a>) -> Result<Self, $crate::Invalid> {
                Ok(Self {
                    $( $field: slot!($need read kind!('a $kind), reader, wire!($field $($wire)?)), )*
                    extra: $crate::kind::read_optional::<$crate::kind::Object>(reader)?,
                })
            }

            fn write(value: &Self, out: &mut Vec<u8>) {
                $( slot!($need write kind!('a $kind), value.$field, out); )*
                $crate::avro::write_option(value.extra.as_ref(), out, |text, out| $crate::avro::write_text(text, out));
            }

            fn into_owned(value: Self) -> $record<'static> {
                $record {
                    $( $field: slot!($need own kind!('a $kind), value.$field), )*
                    extra: value.extra.map($crate::kind::own),
                }
            }

            fn avro_schema(names: &mut $crate::schema::Names) -> serde_json::Value {
                names.record(stringify!($record), concat!($($about),+), |names| vec![
                    $( names.field::<kind!('a $kind)>(
                        wire!($field $($wire)?), concat!($($doc),+), slot!($need optional)), )*
                    names.field::<$crate::kind::Str>("extra", "Fields that the schema does not know, as JSON.", true),
                ])
            }

            fn json_schema() -> serde_json::Value {
                #[allow(unused_mut, reason = "a record without fields of its own adds none")]
                let mut properties = $crate::schema::Properties::default();
                $( properties.kind::<kind!('a $kind)>(
                    wire!($field $($wire)?), concat!($($doc),+), slot!($need optional)); )*
                properties.into_schema(concat!($($about),+))
            }
        }
    };
}

/// An enumeration that takes values it does not know.
macro_rules! open_enum {
    ($(#[doc = $about:literal])+ $name:ident { $( $variant:ident = $text:literal ),+ $(,)? }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name<'a> {
            $( #[doc = concat!("`", $text, "`")] $variant, )+
            /// A value that this version does not know.
            Other($crate::Text<'a>),
        }

        impl<'a> $name<'a> {
            /// The values that this version knows.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(text) => text,
                }
            }
        }

        impl Default for $name<'_> {
            /// A value that says nothing.
            fn default() -> Self {
                Self::Other(std::borrow::Cow::Borrowed(""))
            }
        }

        impl<'a> From<$crate::Text<'a>> for $name<'a> {
            fn from(text: $crate::Text<'a>) -> Self {
                match &*text {
                    $( $text => Self::$variant, )+
                    _ => Self::Other(text),
                }
            }
        }

        impl<'a> $crate::kind::Kind<'a> for $name<'a> {
            type Value = Self;
            type Owned = $name<'static>;
            fn parse(json: &mut $crate::json::Json<'a>) -> Result<Self, $crate::Invalid> {
                $crate::kind::at_most(json.string()?, $crate::limits::ID_CHARS).map(Self::from)
            }
            fn write_json(value: &Self, out: &mut Vec<u8>) {
                $crate::json::write_string(value.as_str(), out);
            }
            fn read(reader: &mut $crate::avro::Reader<'a>) -> Result<Self, $crate::Invalid> {
                $crate::kind::at_most(reader.text()?, $crate::limits::ID_CHARS).map(Self::from)
            }
            fn write(value: &Self, out: &mut Vec<u8>) {
                $crate::avro::write_text(value.as_str(), out);
            }
            fn into_owned(value: Self) -> $name<'static> {
                match value {
                    $( Self::$variant => $name::$variant, )+
                    Self::Other(text) => $name::Other($crate::kind::own(text)),
                }
            }
            fn avro_schema(_: &mut $crate::schema::Names) -> serde_json::Value {
                serde_json::json!("string")
            }
            fn json_schema() -> serde_json::Value {
                let other = serde_json::json!({"type": "string", "maxLength": $crate::limits::ID_CHARS});
                serde_json::json!({"anyOf": [{"enum": Self::KNOWN}, other]})
            }
            fn says_nothing(value: &Self) -> bool {
                value.as_str().is_empty()
            }
        }
    };
}

/// The list of all types, by family: order and ids are part of the Avro schemas.
macro_rules! catalogue {
    ($( $(#[doc = $about:literal])+ $family:ident = $id:literal $file:literal {
        $( $variant:ident = $event:literal ),+ $(,)?
    } )+) => {
        /// The families of event types: one Avro schema each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Family {
            $( $(#[doc = $about])+ $family, )+
            /// Types that this version does not know.
            Other,
        }

        impl Family {
            /// Every family.
            pub const ALL: &'static [Self] = &[$( Self::$family, )+ Self::Other];

            /// Name of the family and of its schema's file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$family => $file, )+ Self::Other => "other" }
            }

            /// The fixed id of the family's Avro schema.
            #[must_use]
            pub const fn schema_id(self) -> u32 {
                match self { $( Self::$family => $id, )+ Self::Other => OTHER_ID }
            }

            pub(crate) fn with_schema_id(id: u32) -> Option<Self> {
                match id { $( $id => Some(Self::$family), )+ OTHER_ID => Some(Self::Other), _ => None }
            }

            pub(crate) fn avro_branches(self, names: &mut schema::Names) -> Vec<serde_json::Value> {
                match self {
                    $( Self::$family => vec![$( <$variant<'_> as Kind<'_>>::avro_schema(names) ),+], )+
                    Self::Other => vec![other_schema(names)],
                }
            }
        }

        /// Every event type of the catalogue.
        pub const EVENTS: &[&str] = &[$($( $event, )+)+];

        /// What an event says, by its type.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "messages, the largest, are also the most frequent")]
        pub enum Data<'a> {
            $($( #[doc = concat!("`", $event, "`")] $variant($variant<'a>), )+)+
            /// A type that this version does not know.
            Unknown {
                /// The type.
                event: Text<'a>,
                /// The text of the JSON object that came as `data`.
                json: Text<'a>,
            },
        }

        /// The place of each type in the union of its family.
        #[allow(non_upper_case_globals, non_snake_case, reason = "each is named like its type")]
        mod branch {
            $( mod $family {
                pub(super) enum Place { $($variant),+ }
            }
            $( pub(super) const $variant: i64 = $family::Place::$variant as i64; )+ )+
        }

        impl<'a> Data<'a> {
            /// The event type, as `message.created`.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $($( Self::$variant(_) => $event, )+)+
                    Self::Unknown { event, .. } => event,
                }
            }

            /// The family of the type.
            #[must_use]
            pub fn family(&self) -> Family {
                match self {
                    $( $( Self::$variant(_) )|+ => Family::$family, )+
                    Self::Unknown { .. } => Family::Other,
                }
            }

            /// Appends the `data` object.
            pub fn write_json(&self, out: &mut Vec<u8>) {
                match self {
                    $($( Self::$variant(data) => <$variant<'a> as Kind<'a>>::write_json(data, out), )+)+
                    Self::Unknown { json, .. } => out.extend_from_slice(json.as_bytes()),
                }
            }

            /// Reads the `data` object of a type.
            pub(crate) fn parse(event: Text<'a>, json: &mut Json<'a>) -> Result<Self, crate::Invalid> {
                Ok(match &*event {
                    $($( $event => Self::$variant(<$variant<'a> as Kind<'a>>::parse(json)?), )+)+
                    _ => Self::Unknown { event, json: crate::kind::Object::parse(json)? },
                })
            }

            /// Appends the union of the family's records.
            pub(crate) fn write_avro(&self, out: &mut Vec<u8>) {
                match self {
                    $($( Self::$variant(data) => {
                        avro::write_long(branch::$variant, out);
                        <$variant<'a> as Kind<'a>>::write(data, out);
                    } )+)+
                    Self::Unknown { event, json } => {
                        avro::write_long(0, out);
                        avro::write_text(event, out);
                        avro::write_text(json, out);
                    }
                }
            }

            pub(crate) fn read_avro(family: Family, reader: &mut avro::Reader<'a>) -> Result<Self, crate::Invalid> {
                let place = reader.long()?;
                match family {
                    $( Family::$family => match place {
                        $( branch::$variant => <$variant<'a> as Kind<'a>>::read(reader).map(Self::$variant), )+
                        _ => Err(avro::malformed("the family has no such type")),
                    }, )+
                    Family::Other if place == 0 => Self::read_other(reader),
                    Family::Other => Err(avro::malformed("the family has no such type")),
                }
            }

            /// The same, with texts of its own.
            #[must_use]
            pub fn into_owned(self) -> Data<'static> {
                match self {
                    $($( Self::$variant(data) => Data::$variant(<$variant<'a> as Kind<'a>>::into_owned(data)), )+)+
                    Self::Unknown { event, json } => {
                        Data::Unknown { event: crate::kind::own(event), json: crate::kind::own(json) }
                    }
                }
            }
        }

        /// Description and schema of a type's `data`.
        pub(crate) fn json_schema(event: &str) -> Option<serde_json::Value> {
            match event {
                $($( $event => Some(<$variant<'_> as Kind<'_>>::json_schema()), )+)+
                _ => None,
            }
        }
    };
}
