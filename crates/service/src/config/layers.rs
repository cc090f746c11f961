//! Merging the layers, refusing unknown keys, and saying where each value came from.

mod known;

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};

use known::Known;

/// Why a configuration cannot be used. Every message names the layer and the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {path}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A layer is not TOML.
    #[error("{origin} is not valid TOML: {message}")]
    Syntax {
        /// The layer.
        origin: String,
        /// What the parser said.
        message: String,
    },
    /// A key that does not exist.
    #[error("unknown key `{key}` in {origin}{hint}")]
    UnknownKey {
        /// Dotted key.
        key: String,
        /// The layer.
        origin: String,
        /// The nearest key, as the end of the sentence.
        hint: String,
    },
    /// A value that its key cannot hold.
    #[error("`{key}` in {origin}: {message}")]
    BadValue {
        /// Dotted key.
        key: String,
        /// The layer.
        origin: String,
        /// What is wrong.
        message: String,
    },
    /// The merged configuration does not fit the program's types.
    #[error("{message}")]
    Invalid {
        /// What the types said.
        message: String,
    },
}

impl Error {
    /// Stable name for logs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Unreadable { .. } => "config_unreadable",
            Error::Syntax { .. } => "config_syntax",
            Error::UnknownKey { .. } => "config_unknown_key",
            Error::BadValue { .. } => "config_bad_value",
            Error::Invalid { .. } => "config_invalid",
        }
    }
}

/// The layers of a configuration, weakest first.
#[derive(Debug, Clone)]
pub struct Layers {
    defaults: &'static str,
    file: Option<PathBuf>,
    texts: Vec<Text>,
    free_variables: Vec<&'static str>,
}

/// One value given as text, by the environment or by a flag.
#[derive(Debug, Clone)]
struct Text {
    key: String,
    value: String,
    origin: String,
}

/// A configuration in force.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// The typed configuration.
    pub config: T,
    origins: BTreeMap<String, String>,
}

impl Layers {
    /// Begins with the embedded default file, which must name every key there is.
    pub fn new(defaults: &'static str) -> Self {
        Self { defaults, file: None, texts: Vec::new(), free_variables: Vec::new() }
    }

    /// Adds a TOML file over the defaults.
    #[must_use]
    pub fn file(mut self, path: Option<PathBuf>) -> Self {
        self.file = path;
        self
    }

    /// Names variables that begin with the prefix but are no configuration. Call it before `environment`.
    #[must_use]
    pub fn free_variables(mut self, names: &[&'static str]) -> Self {
        self.free_variables.extend_from_slice(names);
        self
    }

    /// Adds this process's environment: `PREFIX_SECTION__FIELD` is the key `section.field`.
    #[must_use]
    pub fn environment(self, prefix: &str) -> Self {
        let variables: Vec<(String, String)> =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect();
        self.variables(prefix, variables)
    }

    /// Adds the given variables as if they were the environment.
    #[must_use]
    pub fn variables(mut self, prefix: &str, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let prefix = format!("{prefix}_");
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(&prefix) else { continue };
            if self.free_variables.contains(&name.as_str()) {
                continue;
            }
            let key = rest.to_ascii_lowercase().replace("__", ".");
            self.texts.push(Text { key, value, origin: format!("the environment variable {name}") });
        }
        self
    }

    /// Adds one explicit value over everything before it, such as a flag's. `origin` is what to call its source.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>, origin: &str) -> Self {
        self.texts.push(Text { key: key.to_owned(), value: value.into(), origin: origin.to_owned() });
        self
    }

    /// Merges the layers into the caller's type.
    ///
    /// # Errors
    /// When a layer cannot be read, names an unknown key or holds a value that does not fit.
    pub fn load<T: DeserializeOwned>(self) -> Result<Loaded<T>, Error> {
        let defaults = parse(self.defaults, "the embedded defaults")?;
        let known = Known::of(&defaults);
        let mut merged = defaults.clone();
        let mut origins = BTreeMap::new();
        if let Some(path) = &self.file {
            let text =
                std::fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
            let origin = path.display().to_string();
            for (key, value) in leaves(&parse(&text, &origin)?) {
                if known.is_section(&key) && value.as_table().is_some_and(Table::is_empty) {
                    continue;
                }
                let default = known.check(&key, &origin)?;
                if let Some(message) = wrong_kind(default, &value) {
                    return Err(Error::BadValue { key, origin, message: message.to_owned() });
                }
                set(&mut merged, &key, value);
                origins.insert(key, origin.clone());
            }
        }
        for Text { key, value, origin } in self.texts {
            let default = known.check(&key, &origin)?;
            let value = read_like(default, &value).map_err(|message| Error::BadValue {
                key: key.clone(),
                origin: origin.clone(),
                message,
            })?;
            set(&mut merged, &key, value);
            origins.insert(key, origin);
        }
        match Value::Table(merged).try_into::<T>() {
            Ok(config) => Ok(Loaded { config, origins }),
            Err(error) => Err(of_type(&error, &origins)),
        }
    }
}

impl<T> Loaded<T> {
    /// The error for a value that its type could hold and the program cannot use; it names where the value came from.
    pub fn refuse(&self, key: &str, message: impl Into<String>) -> Error {
        Error::BadValue { key: key.to_owned(), origin: origin_of(key, &self.origins), message: message.into() }
    }
}

impl<T: Serialize> Loaded<T> {
    /// What is in force, as TOML, each value that is not the default with where it came from; secrets are masked.
    ///
    /// # Errors
    /// When the type cannot be written as TOML.
    pub fn dump(&self) -> Result<String, Error> {
        let value = Value::try_from(&self.config).map_err(|e| Error::Invalid { message: e.to_string() })?;
        let Value::Table(table) = value else {
            return Err(Error::Invalid { message: "it is no table".to_owned() });
        };
        let mut text = String::new();
        self.dump_table(&table, "", &mut text);
        Ok(text)
    }

    fn dump_table(&self, table: &Table, prefix: &str, text: &mut String) {
        for (name, value) in table.iter().filter(|(_, value)| !value.is_table()) {
            let key = format!("{prefix}{name}");
            let origin = self.origins.get(&key).map(|origin| format!("  # {origin}")).unwrap_or_default();
            writeln!(text, "{name} = {value}{origin}").expect("a String takes every text");
        }
        for (name, value) in table {
            let Value::Table(inner) = value else { continue };
            let separator = if text.is_empty() { "" } else { "\n" };
            writeln!(text, "{separator}[{prefix}{name}]").expect("a String takes every text");
            self.dump_table(inner, &format!("{prefix}{name}."), text);
        }
    }
}

fn origin_of(key: &str, origins: &BTreeMap<String, String>) -> String {
    origins.get(key).cloned().unwrap_or_else(|| "the defaults".to_owned())
}

/// What a type said about a value; the text ends in the key.
fn of_type(error: &toml::de::Error, origins: &BTreeMap<String, String>) -> Error {
    let text = error.to_string().trim().replace('\n', " ");
    match text.trim_end_matches('`').rsplit_once(" in `") {
        Some((message, key)) => {
            let (key, message) = (key.to_owned(), message.to_owned());
            Error::BadValue { origin: origin_of(&key, origins), key, message }
        }
        None => Error::Invalid { message: text },
    }
}

/// The parser's own message quotes the line, which may hold a secret: only what is wrong and where is passed on.
fn parse(text: &str, origin: &str) -> Result<Table, Error> {
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Error::Syntax { origin: origin.to_owned(), message: format!("line {line}: {}", error.message()) }
    })
}

/// What is wrong with the kind of a value in a file, without the value.
fn wrong_kind(default: &Value, value: &Value) -> Option<&'static str> {
    let fits = default.same_type(value) || default.is_float() && value.is_integer();
    let wanted = match default {
        Value::String(_) => "it has to be a text: put it in quotes",
        Value::Integer(_) => "it has to be a whole number, without quotes",
        Value::Float(_) => "it has to be a number, without quotes",
        Value::Boolean(_) => "it has to be true or false, without quotes",
        Value::Array(_) => "it has to be a list, in brackets",
        _ => "it has to be of the kind that its default is",
    };
    (!fits).then_some(wanted)
}

/// Every value with its dotted key; of tables, the empty ones alone.
fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) if !inner.is_empty() => {
                found.extend(leaves(inner).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            other => found.push((name.clone(), other.clone())),
        }
    }
    found
}

/// Replaces the value of a dotted key that is known to exist.
fn set(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            if let Some(Value::Table(inner)) = table.get_mut(section) {
                set(inner, rest, value);
            }
        }
    }
}

/// Reads a text as the kind of value that the default is; a list is separated by commas.
fn read_like(default: &Value, text: &str) -> Result<Value, String> {
    let wrong = |what: &str| format!("`{text}` is not {what}");
    match default {
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| wrong("a whole number")),
        Value::Float(_) => text.trim().parse().map(Value::Float).map_err(|_| wrong("a number")),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).map_err(|_| wrong("true or false")),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

#[cfg(test)]
mod tests;
