//! Where an event comes from: page, device, software, place. An address is not part of it: reading gives it apart.

use std::{borrow::Cow, net::IpAddr};

use serde_json::{Value, json};

use crate::{
    Invalid, Text,
    avro::{self, Reader},
    json::{Extra, Json, Members},
    kind::{Id, Object, Str, optional, own, read_optional},
    schema::{Names, Properties},
};

/// The fields are all optional texts: listed once, for the struct, both codecs and the Avro schema.
macro_rules! context {
    ($( $(#[doc = $doc:literal])+ $field:ident $kind:ident, )+) => {
        /// Where an event comes from.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Context<'a> {
            $( $(#[doc = $doc])+ pub $field: Option<Text<'a>>, )+
        }

        impl<'a> Context<'a> {
            /// Whether nothing is known.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                $( self.$field.is_none() )&&+
            }

            /// The same, with texts of its own.
            #[must_use]
            pub fn into_owned(self) -> Context<'static> {
                Context { $( $field: self.$field.map(own), )+ }
            }

            pub(crate) fn read_avro(reader: &mut Reader<'a>) -> Result<Self, Invalid> {
                Ok(Self { $( $field: read_optional::<$kind>(reader)?, )+ })
            }

            pub(crate) fn write_avro(&self, out: &mut Vec<u8>) {
                $( avro::write_option(self.$field.as_ref(), out, |text, out| avro::write_text(text, out)); )+
            }

            pub(crate) fn avro_schema(names: &mut Names) -> Value {
                names.record("Context", "Where an event comes from.", |names| vec![
                    $( names.field::<Str>(stringify!($field), concat!($($doc),+), true), )+
                ])
            }
        }
    };
}

context! {
    /// The client's user agent.
    user_agent Str,
    /// The client's locale, a BCP 47 tag.
    locale Id,
    /// The client's zone, an IANA name.
    timezone Id,
    /// Address of the page.
    page_url Str,
    /// Title of the page.
    page_title Str,
    /// The page before.
    referrer Str,
    /// Class of the device: desktop, tablet or mobile.
    device_type Id,
    /// Operating system of the device.
    device_os Id,
    /// The browser.
    browser Id,
    /// The library that sent the event.
    library_name Id,
    /// The library's version.
    library_version Id,
    /// Country, ISO 3166-1 alpha-2.
    country Id,
    /// City.
    city Id,
    /// The campaign that led here: the text of a JSON object.
    campaign Object,
    /// What this version does not know: the text of a JSON object.
    extra Object,
}

impl<'a> Context<'a> {
    /// Reads the `context` object. An address is given apart, and dropped if it is none.
    pub(crate) fn parse(json: &mut Json<'a>) -> Result<(Self, Option<IpAddr>), Invalid> {
        let mut context = Self::default();
        let mut ip = None;
        let mut extra = Extra::default();
        json.object(|json, key| {
            match key {
                "ip" => ip = optional::<Str>(json)?.and_then(|text| text.trim().parse().ok()),
                "user_agent" => context.user_agent = optional::<Str>(json)?,
                "locale" => context.locale = optional::<Id>(json)?,
                "timezone" => context.timezone = optional::<Id>(json)?,
                "browser" => context.browser = optional::<Id>(json)?,
                "country" => context.country = optional::<Id>(json)?,
                "city" => context.city = optional::<Id>(json)?,
                "campaign" => context.campaign = optional::<Object>(json)?,
                "page" | "device" | "library" => context.parse_part(key, json, &mut extra)?,
                _ => extra.keep(key, json)?,
            }
            Ok(())
        })?;
        context.extra = extra.finish();
        Ok((context, ip))
    }

    /// Reads one of the inner objects; what is not known in it is kept in `extra` under its name.
    fn parse_part(&mut self, part: &str, json: &mut Json<'a>, extra: &mut Extra) -> Result<(), Invalid> {
        if json.null()? {
            return Ok(());
        }
        let mut rest = Extra::default();
        json.object(|json, key| {
            match (part, key) {
                ("page", "url") => self.page_url = optional::<Str>(json)?,
                ("page", "title") => self.page_title = optional::<Str>(json)?,
                ("page", "referrer") => self.referrer = optional::<Str>(json)?,
                ("device", "type") => self.device_type = optional::<Id>(json)?,
                ("device", "os") => self.device_os = optional::<Id>(json)?,
                ("library", "name") => self.library_name = optional::<Id>(json)?,
                ("library", "version") => self.library_version = optional::<Id>(json)?,
                _ => rest.keep(key, json)?,
            }
            Ok(())
        })?;
        if let Some(rest) = rest.finish() {
            extra.insert(part, &rest);
        }
        Ok(())
    }

    /// Appends the `context` object.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let (parts, others) = self.extra_by_part();
        let mut members = Members::open(out);
        members.text("user_agent", self.user_agent.as_ref());
        members.text("locale", self.locale.as_ref());
        members.text("timezone", self.timezone.as_ref());
        let page = [("url", &self.page_url), ("title", &self.page_title), ("referrer", &self.referrer)];
        write_part(&mut members, "page", &page, parts[0].as_deref());
        let device = [("type", &self.device_type), ("os", &self.device_os)];
        write_part(&mut members, "device", &device, parts[1].as_deref());
        members.text("browser", self.browser.as_ref());
        let library = [("name", &self.library_name), ("version", &self.library_version)];
        write_part(&mut members, "library", &library, parts[2].as_deref());
        members.text("country", self.country.as_ref());
        members.text("city", self.city.as_ref());
        members.json("campaign", self.campaign.as_deref());
        members.spread(others.as_deref());
        members.close();
    }

    /// What is not known: of page, device and library, and of the context itself.
    fn extra_by_part(&self) -> ([Option<Text<'_>>; 3], Option<Text<'_>>) {
        let mut parts = [None, None, None];
        let Some(extra) = self.extra.as_deref() else { return (parts, None) };
        let mut others = Extra::default();
        let read = Json::new(extra).object(|json, key| {
            match key {
                "page" => parts[0] = Some(Cow::Borrowed(json.raw()?)),
                "device" => parts[1] = Some(Cow::Borrowed(json.raw()?)),
                "library" => parts[2] = Some(Cow::Borrowed(json.raw()?)),
                _ => others.keep(key, json)?,
            }
            Ok(())
        });
        // An extra that is no object can only come from a foreign Avro writer: written as it is, it would break the JSON.
        if read.is_ok() { (parts, others.finish()) } else { ([None, None, None], None) }
    }

    pub(crate) fn json_schema() -> Value {
        let part = |fields: &[(&str, &str)]| {
            let mut properties = Properties::default();
            for (name, about) in fields {
                properties.kind::<Str>(name, about, true);
            }
            properties
        };
        let mut context = part(&[
            ("ip", "Address of the client: looked up and dropped."),
            ("user_agent", "The client's user agent."),
            ("locale", "The client's locale, a BCP 47 tag."),
            ("timezone", "The client's zone, an IANA name."),
            ("browser", "The browser."),
            ("country", "Country, ISO 3166-1 alpha-2."),
            ("city", "City."),
        ]);
        let page = [("url", "Its address."), ("title", "Its title."), ("referrer", "The page before.")];
        context.add("page", "The page.", true, part(&page).into_schema(""));
        let device = [("type", "Its class: desktop, tablet or mobile."), ("os", "Its operating system.")];
        context.add("device", "The device.", true, part(&device).into_schema(""));
        let library = [("name", "Its name."), ("version", "Its version.")];
        context.add("library", "The library that sent the event.", true, part(&library).into_schema(""));
        context.add("campaign", "The campaign that led here.", true, json!({"type": "object"}));
        context.into_schema("Where an event comes from.")
    }
}

fn write_part(members: &mut Members<'_>, part: &str, fields: &[(&str, &Option<Text<'_>>)], extra: Option<&str>) {
    if extra.is_none() && fields.iter().all(|(_, value)| value.is_none()) {
        return;
    }
    let mut inner = Members::open(members.key(part));
    for (name, value) in fields {
        inner.text(name, value.as_ref());
    }
    inner.spread(extra);
    inner.close();
}
