//! What an event is given that its producer did not say: place and device.

use std::{borrow::Cow, net::IpAddr};

use event::{Data, Event, Text};

use crate::{agent::Agents, geo::Geo};

/// What the connection says; only for keys that stand in a public page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visitor {
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
}

/// The sources of what is added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) geo: Option<&'a Geo>,
    pub(crate) agents: &'a Agents,
    pub(crate) visitor: &'a Visitor,
}

impl<'a> Sources<'a> {
    /// Adds what is missing. What the producer said stays. The address is used here and kept nowhere.
    pub(crate) fn enrich(&self, event: &mut Event<'a>, address: Option<IpAddr>) {
        self.locate(event, address.or(self.visitor.address));
        let context = &mut event.context;
        if context.user_agent.is_none() {
            // Whose event it is decides whether it counts; a browser's agent says more about a person than is needed.
            let crawler = self.visitor.user_agent.as_deref().filter(|agent| event::is_crawler(agent));
            context.user_agent = crawler.map(|agent| Cow::Owned(agent.to_owned()));
        }
        let is_complete = context.device_type.is_some() && context.device_os.is_some() && context.browser.is_some();
        if is_complete {
            return;
        }
        let Some(text) = context.user_agent.as_deref().or(self.visitor.user_agent.as_deref()) else { return };
        let agent = self.agents.read(text);
        fill(&mut context.device_type, agent.device);
        fill(&mut context.device_os, agent.os);
        fill(&mut context.browser, agent.browser);
    }

    /// A country that the producer gave goes before the address's, and then the address's city does not belong to it.
    fn locate(&self, event: &mut Event<'a>, address: Option<IpAddr>) {
        if event.context.country.is_some() || has_country(&event.data) {
            return;
        }
        let Some(place) = self.geo.zip(address).and_then(|(geo, address)| geo.place(address)) else { return };
        fill(&mut event.context.country, place.country);
        fill(&mut event.context.city, place.city);
    }
}

fn has_country(data: &Data<'_>) -> bool {
    match data {
        Data::ConversationStarted(started) => started.country.is_some(),
        _ => false,
    }
}

fn fill<'a>(field: &mut Option<Text<'a>>, value: Option<&'a str>) {
    if field.is_none() {
        *field = value.map(Cow::Borrowed);
    }
}
