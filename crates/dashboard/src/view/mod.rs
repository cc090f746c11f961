//! The state of a page is its address: what is looked at, over which time, kept to what. Pure.

mod filter;
mod notice;
mod pairs;
mod range;
#[cfg(test)]
mod tests;

use chrono_tz::Tz;

pub use filter::{Filter, Op};
pub use notice::Notice;
pub use pairs::{Pairs, decoded, encoded};
pub use range::{PRESETS, RangeChoice};

/// Most filters of a page, as of a question to the API.
const FILTERS_MAX: usize = 20;
/// Longest name of an environment or a panel, in characters.
const NAME_CHARS_MAX: usize = 255;

/// What a range is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// The calendar unit before.
    #[default]
    Previous,
    /// The year before.
    Year,
    /// Nothing.
    Off,
}

impl Compare {
    /// Every one.
    pub const ALL: [Compare; 3] = [Compare::Previous, Compare::Year, Compare::Off];

    /// Its name in an address.
    pub fn name(self) -> &'static str {
        match self {
            Compare::Previous => "prev",
            Compare::Year => "yoy",
            Compare::Off => "off",
        }
    }
}

/// Sizes of buckets, `auto` first.
pub const GRAINS: [&str; 6] = ["auto", "minute", "hour", "day", "week", "month"];

/// The state of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Over which time.
    pub range: RangeChoice,
    /// In which zone, if not the project's.
    pub tz: Option<Tz>,
    /// Beside which other range.
    pub compare: Compare,
    /// By which buckets: one of [`GRAINS`].
    pub grain: &'static str,
    /// Kept to what, sorted.
    pub filters: Vec<Filter>,
    /// Of which environment.
    pub environment: String,
    /// Whether charts are shown as tables: all, or that of `panel`.
    pub table: bool,
    /// The panel that is meant, if one is.
    pub panel: Option<String>,
    /// Parameters that are not the state's own, sorted by name; pages read theirs here, and what nobody knows stays.
    pub rest: Pairs,
}

impl Default for View {
    fn default() -> View {
        View {
            range: RangeChoice::default(),
            tz: None,
            compare: Compare::default(),
            grain: GRAINS[0],
            filters: Vec::new(),
            environment: "production".into(),
            table: false,
            panel: None,
            rest: Pairs::new(),
        }
    }
}

impl View {
    /// Reads the query of an address. What cannot be used falls back, and a notice says so for each.
    pub fn read(query: &str) -> (View, Vec<Notice>) {
        let (mut view, mut notices) = (View::default(), Vec::new());
        let mut seen: Vec<&str> = Vec::new();
        let pairs = decoded(query);
        for (name, value) in &pairs {
            let is_own = ["r", "tz", "cmp", "g", "env", "v", "panel"].contains(&name.as_str());
            if is_own && seen.contains(&name.as_str()) {
                notices.push(Notice::Twice(name.clone()));
                continue;
            }
            seen.push(name);
            if let Err(notice) = view.take(name, value) {
                notices.push(notice);
            }
        }
        view.filters.sort();
        view.filters.dedup();
        if view.filters.len() > FILTERS_MAX {
            notices.push(Notice::Filters);
            view.filters.truncate(FILTERS_MAX);
        }
        // Parameters of one name keep their order.
        view.rest.sort_by(|a, b| a.0.cmp(&b.0));
        (view, notices)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Notice> {
        let shown: String = value.chars().take(60).collect();
        let fits = !value.is_empty() && value.chars().count() <= NAME_CHARS_MAX && !value.contains('\0');
        match name {
            "r" => match RangeChoice::read(value) {
                Some(range) => self.range = range,
                None => return Err(Notice::Range(shown)),
            },
            "tz" => match value.parse() {
                Ok(tz) => self.tz = Some(tz),
                Err(_) => return Err(Notice::Zone(shown)),
            },
            "cmp" => match Compare::ALL.into_iter().find(|compare| compare.name() == value) {
                Some(compare) => self.compare = compare,
                None => return Err(Notice::Comparison(shown)),
            },
            "g" => match GRAINS.into_iter().find(|grain| *grain == value) {
                Some(grain) => self.grain = grain,
                None => return Err(Notice::Grain(shown)),
            },
            "f" => match Filter::read(value) {
                Some(filter) => self.filters.push(filter),
                None => return Err(Notice::Filter(shown)),
            },
            "env" if fits => self.environment = value.to_owned(),
            "env" => return Err(Notice::Environment(shown)),
            "v" => match value {
                "table" => self.table = true,
                "chart" => self.table = false,
                _ => return Err(Notice::Way(shown)),
            },
            "panel" if fits => self.panel = Some(value.to_owned()),
            "panel" => return Err(Notice::Panel(shown)),
            _ => self.rest.push((name.to_owned(), value.to_owned())),
        }
        Ok(())
    }

    /// The state as pairs: defaults left out, always in one order.
    pub fn pairs(&self) -> Pairs {
        let default = View::default();
        let mut pairs = Pairs::new();
        let mut put = |name: &str, value: String| pairs.push((name.to_owned(), value));
        if self.range != default.range {
            put("r", self.range.to_string());
        }
        if let Some(tz) = self.tz {
            put("tz", tz.name().to_owned());
        }
        if self.compare != default.compare {
            put("cmp", self.compare.name().to_owned());
        }
        if self.grain != default.grain {
            put("g", self.grain.to_owned());
        }
        for filter in &self.filters {
            put("f", filter.to_string());
        }
        if self.environment != default.environment {
            put("env", self.environment.clone());
        }
        if self.table {
            put("v", "table".to_owned());
        }
        if let Some(panel) = &self.panel {
            put("panel", panel.clone());
        }
        pairs.extend(self.rest.iter().cloned());
        pairs
    }

    /// The state as the query of an address; equal states are equal texts.
    pub fn query(&self) -> String {
        encoded(&self.pairs())
    }

    /// The address of a page in this state.
    pub fn link(&self, project: &str, page: &str) -> String {
        let (path, query) = (format!("/p/{}/{}", pairs::escaped(project), pairs::escaped(page)), self.query());
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }

    /// The state without what belongs to one page alone.
    pub fn elsewhere(&self) -> View {
        View { table: false, panel: None, rest: Pairs::new(), ..self.clone() }
    }

    /// A parameter of the page.
    pub fn own(&self, name: &str) -> Option<&str> {
        self.rest.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The state with a parameter of the page set, or without it.
    #[must_use]
    pub fn with(&self, name: &str, value: Option<&str>) -> View {
        let mut view = self.clone();
        view.rest.retain(|(known, _)| known != name);
        if let Some(value) = value {
            let at = view.rest.partition_point(|(known, _)| known.as_str() <= name);
            view.rest.insert(at, (name.to_owned(), value.to_owned()));
        }
        view
    }

    /// The state with one more filter.
    #[must_use]
    pub fn filtered(&self, filter: Filter) -> View {
        let mut view = self.clone();
        view.filters.push(filter);
        view.filters.sort();
        view.filters.dedup();
        view
    }

    /// Whether a panel is shown as a table.
    pub fn is_table(&self, panel: &str) -> bool {
        self.table && self.panel.as_deref().is_none_or(|only| only == panel)
    }
}
