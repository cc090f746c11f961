//! Texts in every language, side by side: a text that is missing, or that has not the arguments of the others, does not compile.

use crate::Locale;

/// Declares texts as methods of a type that is made of a [`Locale`]: `key = "en", "es", "it", "pt";`, or with arguments
/// `key(name) = "Hello {name}", …;`. A key whose first argument is `n` may have two forms a language, `"{n} chat" | "{n} chats"`: the
/// method then takes a number, writes it as the language does and chooses the form. All texts of a block are listed in its table, which
/// tests look at.
///
/// ```
/// # use chart::Locale;
/// #[derive(Clone, Copy)]
/// struct Words(Locale);
/// chart::words! { Words, GREETINGS:
///     welcome = "Welcome", "Bienvenido", "Benvenuto", "Boas-vindas";
///     chats(n) = "{n} chat" | "{n} chats", "{n} chat" | "{n} chats", "{n} chat" | "{n} chat", "{n} chat" | "{n} chats";
/// }
/// assert_eq!(Words(Locale::It).welcome(), "Benvenuto");
/// assert_eq!(Words(Locale::Es).chats(12_000), "12.000 chats");
/// ```
///
/// A text in three languages alone is refused:
///
/// ```compile_fail
/// # struct Words(chart::Locale);
/// chart::words! { Words, GREETINGS: welcome = "Welcome", "Bienvenido", "Benvenuto"; }
/// ```
///
/// So is one that leaves an argument out:
///
/// ```compile_fail
/// # struct Words(chart::Locale);
/// chart::words! { Words, GREETINGS: hello(name) = "Hello {name}", "Hola", "Ciao {name}", "Olá {name}"; }
/// ```
#[macro_export]
macro_rules! words {
    ($of:ident, $table:ident: $( $key:ident $( ( $($arg:ident),+ ) )? = $( $text:literal $( | $many:literal )? ),+ ; )+) => {
        impl $of {
            $( $crate::words!(@word $key [$($($arg)+)?] $([$text $($many)?])+); )+
        }
        /// The texts of the block by their keys, in the order of the languages.
        #[cfg(test)]
        pub(crate) const $table: &[(&str, &[&str])] = &[$( (stringify!($key), &[$($text, $($many,)?)+]), )+];
    };
    (@word $key:ident [] [$en:literal] [$es:literal] [$it:literal] [$pt:literal]) => {
        #[must_use]
        pub(crate) fn $key(self) -> &'static str {
            self.0.of([$en, $es, $it, $pt])
        }
    };
    (@word $key:ident [n $($arg:ident)*] [$en:literal $ens:literal] [$es:literal $ess:literal] [$it:literal $its:literal] [$pt:literal $pts:literal]) => {
        #[must_use]
        pub(crate) fn $key(self, n: u64, $($arg: impl ::std::fmt::Display),*) -> String {
            let is_one = self.0.is_one(n);
            #[allow(clippy::cast_precision_loss, reason = "written with six digits at most")]
            let n = self.0.count(n as f64);
            match (self.0, is_one) {
                ($crate::Locale::En, true) => format!($en, n = n, $($arg = $arg),*),
                ($crate::Locale::En, false) => format!($ens, n = n, $($arg = $arg),*),
                ($crate::Locale::Es, true) => format!($es, n = n, $($arg = $arg),*),
                ($crate::Locale::Es, false) => format!($ess, n = n, $($arg = $arg),*),
                ($crate::Locale::It, true) => format!($it, n = n, $($arg = $arg),*),
                ($crate::Locale::It, false) => format!($its, n = n, $($arg = $arg),*),
                ($crate::Locale::Pt, true) => format!($pt, n = n, $($arg = $arg),*),
                ($crate::Locale::Pt, false) => format!($pts, n = n, $($arg = $arg),*),
            }
        }
    };
    (@word $key:ident [$($arg:ident)+] [$en:literal] [$es:literal] [$it:literal] [$pt:literal]) => {
        #[must_use]
        pub(crate) fn $key(self, $($arg: impl ::std::fmt::Display),+) -> String {
            match self.0 {
                $crate::Locale::En => format!($en, $($arg = $arg),+),
                $crate::Locale::Es => format!($es, $($arg = $arg),+),
                $crate::Locale::It => format!($it, $($arg = $arg),+),
                $crate::Locale::Pt => format!($pt, $($arg = $arg),+),
            }
        }
    };
    (@word $key:ident $($rest:tt)*) => {
        compile_error!(concat!("`", stringify!($key), "` needs its text in four languages, in the order en, es, it, pt, each with one form or each with two"));
    };
}

/// Declares texts that stand for names of the data, as a method that finds the one of a name; None for a name that has none.
///
/// ```
/// # use chart::Locale;
/// #[derive(Clone, Copy)]
/// struct Words(Locale);
/// chart::names! { Words, device, DEVICES: "mobile" = "Mobile", "Móvil", "Telefono", "Celular"; }
/// assert_eq!(Words(Locale::Es).device("mobile"), Some("Móvil"));
/// assert_eq!(Words(Locale::Es).device("other"), None);
/// ```
#[macro_export]
macro_rules! names {
    ($of:ident, $method:ident, $table:ident: $( $name:literal = $en:literal, $es:literal, $it:literal, $pt:literal; )+) => {
        impl $of {
            #[must_use]
            pub(crate) fn $method(self, name: &str) -> Option<&'static str> {
                let texts = match name {
                    $( $name => [$en, $es, $it, $pt], )+
                    _ => return None,
                };
                Some(self.0.of(texts))
            }
        }
        /// The texts of the block by the names that they stand for, in the order of the languages.
        #[cfg(test)]
        pub(crate) const $table: &[(&str, &[&str])] = &[$( ($name, &[$en, $es, $it, $pt]), )+];
    };
}

/// The texts of drawings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(pub(crate) Locale);

words! { Words, DRAWINGS:
    no_data = "no data", "sin datos", "nessun dato", "sem dados";
    before(value) = "before {value}", "antes {value}", "prima {value}", "antes {value}";
    none_of(unit) = "No {unit}.", "Sin {unit}.", "Senza {unit}.", "Sem {unit}.";
    most(unit, day, hours, value) = "Most {unit} {day} {hours}: {value}.", "Máximo de {unit}: {day} {hours}, {value}.",
        "Massimo di {unit}: {day} {hours}, {value}.", "Máximo de {unit}: {day} {hours}, {value}.";
    peak(day, hours, value) = "peak: {day} {hours}, {value}", "máximo: {day} {hours}, {value}", "picco: {day} {hours}, {value}",
        "pico: {day} {hours}, {value}";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_speak_every_language() {
        for (key, texts) in DRAWINGS {
            assert_eq!(texts.len(), Locale::ALL.len(), "{key}");
            assert!(
                texts[1..].iter().all(|text| *text != texts[0]),
                "crates/chart/src/words.rs: {key} is not translated"
            );
        }
        assert_eq!(Words(Locale::Es).none_of("mensajes"), "Sin mensajes.");
    }
}
