//! Random events made from the published JSON Schemas: what a schema allows, the types must accept.

use serde_json::{Map, Value, json};

/// A small generator of numbers (splitmix64): the same seed gives the same events.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

const TEXTS: &[&str] =
    &["a", "m-1", "¿dónde? 🙂", "\"quoted\" \\ \n\t\u{1}\u{7f}", "null", "12", "{\"a\":1}", "a/b:c", "日本語"];

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("less than a usize")
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn text(&mut self) -> String {
        let words = 1 + self.below(3);
        (0..words).map(|_| TEXTS[self.below(TEXTS.len())]).collect()
    }

    pub(crate) fn integer(&mut self) -> i64 {
        let bits = self.below(64);
        (self.next() as i64) >> bits
    }

    /// A number that is exact in a few decimal digits.
    pub(crate) fn number(&mut self) -> f64 {
        (self.integer() >> 24) as f64 / 8.0
    }

    /// An event time in microseconds, from 1973 on: its milliseconds could not be taken for seconds.
    pub(crate) fn time_us(&mut self) -> i64 {
        (100_000_000_000_000 + self.next() % 7_158_118_400_000_000) as i64
    }

    /// An event that the schema allows.
    pub(crate) fn event(&mut self, schema: &Value) -> Value {
        let mut event = self.value(schema);
        // Events without this must be young; everything else is left to chance.
        event["historical"] = json!(true);
        if event["event"] != schema["properties"]["event"]["const"] {
            event["event"] = json!(self.text());
        }
        event
    }

    pub(crate) fn value(&mut self, schema: &Value) -> Value {
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(values) = schema.get("enum") {
            return values[self.below(values.as_array().expect("a list").len())].clone();
        }
        if let Some(kinds) = schema.get("anyOf") {
            let one = self.below(kinds.as_array().expect("a list").len());
            return self.value(&kinds[one]);
        }
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds[self.below(kinds.len())].clone(),
            Some(kind) => kind.clone(),
            None => return self.any(3),
        };
        match kind.as_str().expect("a type is a text") {
            "null" => Value::Null,
            "boolean" => json!(self.percent(50)),
            "integer" if schema.get("maximum").is_some() => json!(1 + self.below(9)),
            "integer" => json!(self.integer()),
            "number" if schema["format"] == "date-time" => json!(self.time_us() as u64 / 1000),
            "number" => json!(self.number()),
            "string" if schema["format"] == "date-time" => json!(event::Timestamp(self.time_us()).to_rfc3339()),
            "string" if schema.get("pattern").is_some() => json!(format!("{}", self.number())),
            "string" => json!(self.text()),
            "array" => {
                let items = schema.get("items").cloned().unwrap_or_else(|| json!({}));
                (0..self.below(4)).map(|_| self.value(&items)).collect()
            }
            "object" => self.object(schema),
            other => panic!("the schemas use no {other}"),
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let mut object = Map::new();
        let none = Map::new();
        let required = schema["required"].as_array();
        for (name, property) in schema["properties"].as_object().unwrap_or(&none) {
            let needed = required.is_some_and(|r| r.iter().any(|r| r == name));
            if needed || self.percent(50) {
                object.insert(name.clone(), self.value(property));
            }
        }
        while self.percent(30) {
            let name = format!("new {}", self.text());
            let value = self.any(3);
            object.insert(name, value);
        }
        Value::Object(object)
    }

    fn any(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.percent(50)),
            2 => json!(self.integer()),
            3 => json!(self.number()),
            4 => json!(self.text()),
            5 => (0..self.below(4)).map(|_| self.any(depth - 1)).collect(),
            _ => (0..self.below(4)).map(|n| (format!("{n} {}", self.text()), self.any(depth - 1))).collect(),
        }
    }
}
