//! Who writes: languages, countries and devices of people who have no names, only ids.

use super::random::Random;

/// New people a day; person `n` first appears on day `n / NEW_PER_DAY`.
const NEW_PER_DAY: i64 = 170;

/// How many days back a returning person may have appeared first.
const MEMORY_DAYS: i64 = 60;

/// Where a conversation takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Web,
    App,
    Whatsapp,
    Sms,
    Voice,
    Email,
    Social,
}

impl Channel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Channel::Web => "web",
            Channel::App => "app",
            Channel::Whatsapp => "whatsapp",
            Channel::Sms => "sms",
            Channel::Voice => "voice",
            Channel::Email => "email",
            Channel::Social => "social",
        }
    }

    /// One thread a person for good, as messengers have it; elsewhere every contact is a new conversation.
    pub(crate) fn keeps_one_thread(self) -> bool {
        matches!(self, Channel::Whatsapp | Channel::Sms | Channel::Social)
    }

    /// A page or an app shows the assistant before anybody writes.
    pub(crate) fn has_widget(self) -> bool {
        matches!(self, Channel::Web | Channel::App)
    }
}

/// How much of a person the producer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Logged in from the start.
    Known,
    /// A device, no login.
    Anonymous,
    /// Logs in during the conversation.
    LogsIn,
    /// Nothing at all.
    Nobody,
}

/// Somebody who writes.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) number: i64,
    pub(crate) identity: Identity,
    pub(crate) channel: Channel,
    pub(crate) language: &'static str,
    pub(crate) locale: &'static str,
    pub(crate) country: &'static str,
    pub(crate) device: &'static str,
    pub(crate) user_agent: &'static str,
}

const CHANNELS: [(Channel, u64); 7] = [
    (Channel::Web, 46),
    (Channel::Whatsapp, 22),
    (Channel::App, 13),
    (Channel::Voice, 7),
    (Channel::Email, 5),
    (Channel::Social, 4),
    (Channel::Sms, 3),
];

/// Language of the phrases, full tag, country.
const PLACES: [((&str, &str, &str), u64); 14] = [
    (("es", "es-ES", "ES"), 44),
    (("es", "es-MX", "MX"), 9),
    (("es", "es-AR", "AR"), 4),
    (("es", "es-CO", "CO"), 4),
    (("en", "en-GB", "GB"), 7),
    (("en", "en-US", "US"), 5),
    (("en", "en-IE", "IE"), 2),
    (("pt", "pt-PT", "PT"), 6),
    (("pt", "pt-BR", "BR"), 4),
    (("fr", "fr-FR", "FR"), 7),
    (("fr", "fr-BE", "BE"), 2),
    (("de", "de-DE", "DE"), 4),
    (("de", "de-AT", "AT"), 1),
    (("it", "it-IT", "IT"), 5),
];

const WINDOWS: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36";
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15";
const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const IPAD: &str = "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

const SCREENS: [((&str, &str), u64); 6] = [
    (("desktop", WINDOWS), 30),
    (("desktop", MAC), 10),
    (("desktop", LINUX), 3),
    (("mobile", ANDROID), 31),
    (("mobile", IPHONE), 21),
    (("tablet", IPAD), 5),
];

/// The person with this number, always the same.
pub(crate) fn person(seed: u64, number: i64) -> Person {
    let mut random = Random::new(seed, "person", number);
    let channel = random.weighted(&CHANNELS);
    let (language, locale, country) = random.weighted(&PLACES);
    let (device, user_agent) = match channel {
        Channel::Web | Channel::Email => random.weighted(&SCREENS),
        _ => random.weighted(&[(("mobile", ANDROID), 60), (("mobile", IPHONE), 40)]),
    };
    let identity = match channel {
        // A telephone number or a mailbox says who writes.
        Channel::Whatsapp | Channel::Sms | Channel::Email => Identity::Known,
        Channel::Voice => random.weighted(&[(Identity::Known, 80), (Identity::Nobody, 20)]),
        _ => random.weighted(&[
            (Identity::Known, 30),
            (Identity::Anonymous, 52),
            (Identity::LogsIn, 13),
            (Identity::Nobody, 5),
        ]),
    };
    Person { number, identity, channel, language, locale, country, device, user_agent }
}

/// Who begins a conversation on a day: more than half of them for the first time.
pub(crate) fn visitor(seed: u64, random: &mut Random, day: i64) -> Person {
    let age = if random.percent(58) {
        0
    } else {
        // Recent visitors come back more often than those of two months ago.
        random.between(1, MEMORY_DAYS).min(random.between(1, MEMORY_DAYS))
    };
    person(seed, (day - age) * NEW_PER_DAY + random.between(0, NEW_PER_DAY - 1))
}
