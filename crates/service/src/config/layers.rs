//! Merging the layers, refusing unknown keys, and saying where each value came from.

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};

/// Why a configuration cannot be used. Every message names the layer and the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {path}: {source}", path = .path.display())]
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
    #[error("the configuration cannot be used: {message}")]
    Invalid {
        /// What the types said, with the key.
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
                known.check(&key, &origin)?;
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
        let config = Value::Table(merged).try_into::<T>().map_err(|e| Error::Invalid { message: one_line(&e) })?;
        Ok(Loaded { config, origins })
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

/// The keys that exist, with their default values.
struct Known(BTreeMap<String, Value>);

impl Known {
    fn of(defaults: &Table) -> Self {
        Self(leaves(defaults).into_iter().collect())
    }

    /// The default of a key, or the error that names the nearest one.
    fn check(&self, key: &str, origin: &str) -> Result<&Value, Error> {
        self.0.get(key).ok_or_else(|| {
            let nearest = self.0.keys().min_by_key(|candidate| distance(candidate, key));
            let hint = nearest.map(|nearest| format!("; the nearest is `{nearest}`")).unwrap_or_default();
            Error::UnknownKey { key: key.to_owned(), origin: origin.to_owned(), hint }
        })
    }
}

fn parse(text: &str, origin: &str) -> Result<Table, Error> {
    text.parse::<Table>().map_err(|e| Error::Syntax { origin: origin.to_owned(), message: one_line(&e) })
}

fn one_line(error: &toml::de::Error) -> String {
    error.to_string().trim().replace('\n', " ")
}

/// Every value that is not a table, with its dotted key.
fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
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

/// Levenshtein distance by characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
