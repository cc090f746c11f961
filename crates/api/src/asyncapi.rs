//! The AsyncAPI document: the Kafka topics and what their records are, from the same types as the code.

use event::{EVENTS, Family, schema};
use journal::Topic;
use serde_json::{Map, Value, json};

/// Version of Kafka's bindings in AsyncAPI.
const BINDING: &str = "0.5.0";

/// The document of the topics.
pub(crate) fn document() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rapport", "version": env!("CARGO_PKG_VERSION"),
            "description": "Events of conversations on Kafka, for producers with write access to the topic.",
        },
        "defaultContentType": "application/json",
        "channels": channels(),
        "operations": {
            "receiveEvents": operation("receive", Topic::Events, "Takes events from producers."),
            "sendDeadLetters": operation("send", Topic::DeadLetters, "Keeps what could not be taken."),
            "sendControl": operation("send", Topic::Control, "Keeps projects and keys."),
            "receiveControl": operation("receive", Topic::Control, "Hears of projects and keys."),
        },
        "components": {"messages": messages(), "schemas": schemas()},
    })
}

/// A topic's name within the document.
fn channel_id(topic: Topic) -> &'static str {
    match topic {
        Topic::Events => "events",
        Topic::DeadLetters => "deadLetters",
        Topic::Control => "control",
    }
}

fn reference(section: &str, name: &str) -> Value {
    json!({"$ref": format!("#/{section}/{name}")})
}

fn operation(action: &str, topic: Topic, summary: &str) -> Value {
    json!({"action": action, "summary": summary, "channel": reference("channels", channel_id(topic))})
}

fn channels() -> Value {
    let mut channels = Map::new();
    for topic in Topic::ALL {
        let (says, messages): (&str, Vec<String>) = match topic {
            Topic::Events => {
                let types = EVENTS.iter().map(|event| (*event).to_owned());
                let families = Family::ALL.iter().map(|family| avro(*family));
                let says = "Events. Timestamps are those of the append (LogAppendTime); an event has at most 1 MiB.";
                (says, types.chain(families).chain(["cloudEvent".to_owned()]).collect())
            }
            Topic::DeadLetters => {
                ("What could not be taken, as it was, with the reason.", vec!["deadLetter".to_owned()])
            }
            Topic::Control => ("Rapport's own: projects, and keys by their hashes.", vec!["control".to_owned()]),
        };
        let messages: Map<String, Value> =
            messages.into_iter().map(|name| (name.clone(), reference("components/messages", &name))).collect();
        let channel = json!({
            "address": topic.name(), "description": says, "messages": messages,
            "bindings": {"kafka": {"topic": topic.name(), "bindingVersion": BINDING}},
        });
        channels.insert(channel_id(topic).to_owned(), channel);
    }
    Value::Object(channels)
}

/// A family's Avro records within the document.
fn avro(family: Family) -> String {
    format!("avro.{}", family.as_str())
}

fn messages() -> Value {
    let key = json!({"kafka": {
        "key": {
            "type": "string", "minLength": 1,
            "description": "project_id/conversation_id; without a conversation project_id/agent:agent_id, else \
                            project_id/user:user_id, else project_id/. Partitioned by murmur2.",
        },
        "bindingVersion": BINDING,
    }});
    let native = EVENTS.iter().map(|event| {
        let message = json!({
            "name": event, "contentType": "application/json", "bindings": key,
            "payload": reference("components/schemas", event),
        });
        ((*event).to_owned(), message)
    });
    let families = Family::ALL.iter().map(|family| {
        let id = family.schema_id();
        let summary = format!(
            "Confluent framing: 0x00, the schema's id {id} in four bytes (big-endian), the body. Or the body alone, with the \
             first five bytes in the header."
        );
        let message = json!({
            "name": avro(*family), "summary": summary, "contentType": "application/avro", "bindings": key,
            "headers": {"type": "object", "properties": {"__value_schema_id": {
                "type": "string", "description": format!("Only without framing: 0x00 and the id {id}, as five bytes."),
            }}},
            "payload": reference("components/schemas", &avro(*family)),
        });
        (avro(*family), message)
    });
    let mut messages: Map<String, Value> = native.chain(families).collect();
    messages.insert("cloudEvent".to_owned(), cloud_event(&key));
    messages.insert("deadLetter".to_owned(), dead_letter());
    messages.insert("control".to_owned(), json!({"name": "control", "payload": {"type": "object"}}));
    Value::Object(messages)
}

/// An event in the binary mode of CloudEvents: the envelope in headers, `data` as the body.
fn cloud_event(key: &Value) -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    let types: Vec<String> = EVENTS.iter().map(|event| event.replace('.', "\\.")).collect();
    let mut event_type = text("The type behind a reverse domain name, as com.example.message.created.v1.");
    event_type["pattern"] = json!(format!("^([A-Za-z0-9-]+\\.)+({})\\.v1$", types.join("|")));
    let mut source = text("The project, as /projects/shop.");
    source["pattern"] = json!("^/projects/.+$");
    let data = EVENTS.iter().map(|event| reference("components/schemas", &format!("{event}/properties/data")));
    json!({
        "name": "cloudEvent", "summary": "CloudEvents 1.0, binary mode.", "contentType": "application/json", "bindings": key,
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "content-type"],
            "properties": {
                "ce_specversion": {"const": "1.0"},
                "ce_id": text("The event's id."),
                "ce_type": event_type,
                "ce_source": source,
                "ce_time": text("When it happened, RFC 3339."),
                "ce_subject": text("The conversation."),
                "ce_sentat": text("When it was sent, RFC 3339."),
                "ce_sequence": text("Order among events of the same time."),
                "ce_historical": text("true for what is older than seven days."),
                "ce_botid": text("The AI agent."),
                "ce_environment": text("The environment."),
                "ce_sessionid": text("The chat, where it is known."),
                "ce_userid": text("The person, once known."),
                "ce_anonymousid": text("The person's device or browser."),
                "ce_channel": text("The channel, as web."),
                "content-type": {"const": "application/json"},
            },
        },
        "payload": {"anyOf": data.collect::<Vec<_>>()},
    })
}

fn dead_letter() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    json!({
        "name": "deadLetter", "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "required": ["reason", "message"],
            "properties": {
                "reason": text("A stable code."),
                "message": text("What is wrong, and what to do."),
                "event_id": text("The event's id, where it could be read."),
                "project": text("The project of the key, of what came over HTTP."),
                "source_topic": text("Where the record lies, of what came over Kafka."),
                "source_partition": text("Its partition."),
                "source_offset": text("Its offset."),
                "truncated_from": text("How many bytes it had, where more than 1 MiB."),
            },
        },
        "payload": {"description": "The original bytes."},
    })
}

fn schemas() -> Value {
    let native = EVENTS.iter().map(|event| ((*event).to_owned(), direct(event)));
    let families = Family::ALL.iter().map(|family| {
        let schema =
            json!({"schemaFormat": "application/vnd.apache.avro+json;version=1.9.0", "schema": schema::avro(*family)});
        (avro(*family), schema)
    });
    Value::Object(native.chain(families).collect())
}

/// The schema of a type's events where no key stands for the project: the event names it. All of its keywords are also
/// AsyncAPI's own, so that it needs no format.
fn direct(event: &str) -> Value {
    let mut schema = schema::json(event).unwrap_or_default();
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.push(json!("project_id"));
    }
    schema["properties"]["project_id"] =
        json!({"type": "string", "minLength": 1, "maxLength": 255, "description": "The project."});
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every `$ref` of the document, outside Avro schemas.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(to)) = members.get("$ref") {
                    found.push(to.clone());
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_of_the_topics_document_leads_somewhere() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 3 * EVENTS.len());
        for to in found {
            let pointer = to.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{to}");
        }
    }

    #[test]
    fn the_document_has_the_three_topics_with_every_type_and_family() {
        let document = document();
        let channels = document["channels"].as_object().unwrap();
        let addresses: BTreeSet<&str> = channels.values().map(|channel| channel["address"].as_str().unwrap()).collect();
        assert_eq!(addresses, Topic::ALL.iter().map(|topic| topic.name()).collect());
        let on_events = document["channels"]["events"]["messages"].as_object().unwrap();
        for event in EVENTS {
            assert!(on_events.contains_key(*event), "{event}");
            let payload = &document["components"]["schemas"][*event];
            assert_eq!(payload["properties"]["event"]["const"], *event);
            assert!(payload["required"].as_array().unwrap().contains(&json!("project_id")), "{event}");
        }
        for family in Family::ALL {
            assert!(on_events.contains_key(&avro(*family)), "{family:?}");
            assert_eq!(document["components"]["schemas"][avro(*family)]["schema"], schema::avro(*family));
        }
        assert_eq!(on_events.len(), EVENTS.len() + Family::ALL.len() + 1, "and CloudEvents");
    }

    #[test]
    fn the_document_has_the_structure_of_asyncapi_3() {
        let document = document();
        assert_eq!(document["asyncapi"], "3.0.0");
        let is_id = |id: &str| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let members = |of: &Value, allowed: &[&str]| {
            let members = of.as_object().unwrap();
            assert!(members.keys().all(|name| allowed.contains(&name.as_str())), "{allowed:?}: {:?}", members.keys());
        };
        members(&document, &["asyncapi", "info", "defaultContentType", "channels", "operations", "components"]);
        assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
        for (id, channel) in document["channels"].as_object().unwrap() {
            assert!(is_id(id), "{id}");
            members(channel, &["address", "description", "messages", "bindings"]);
            for (id, message) in channel["messages"].as_object().unwrap() {
                assert_eq!(message["$ref"], format!("#/components/messages/{id}"));
            }
        }
        for (id, operation) in document["operations"].as_object().unwrap() {
            assert!(is_id(id), "{id}");
            members(operation, &["action", "summary", "channel"]);
            assert!(["send", "receive"].contains(&operation["action"].as_str().unwrap()), "{id}");
        }
        for (id, message) in document["components"]["messages"].as_object().unwrap() {
            assert!(is_id(id), "{id}");
            members(message, &["name", "summary", "contentType", "bindings", "headers", "payload"]);
            assert!(message.get("headers").is_none_or(|headers| headers["type"] == "object"), "{id}");
        }
        for (id, schema) in document["components"]["schemas"].as_object().unwrap() {
            assert!(is_id(id), "{id}");
            if schema.get("schemaFormat").is_some() {
                members(schema, &["schemaFormat", "schema"]);
            } else {
                is_asyncapi_schema(schema, id);
            }
        }
    }

    /// Asserts that a schema has keywords of AsyncAPI's own alone, which are those of draft 07.
    fn is_asyncapi_schema(schema: &Value, at: &str) {
        const KEYWORDS: [&str; 17] = [
            "type",
            "format",
            "pattern",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "enum",
            "const",
            "title",
            "description",
            "required",
            "items",
            "additionalProperties",
            "anyOf",
            "oneOf",
            "properties",
        ];
        for (keyword, value) in schema.as_object().unwrap() {
            assert!(KEYWORDS.contains(&keyword.as_str()), "{at}: {keyword}");
            match (keyword.as_str(), value) {
                ("properties", Value::Object(members)) => {
                    members.iter().for_each(|(name, schema)| is_asyncapi_schema(schema, &format!("{at}.{name}")));
                }
                ("items" | "additionalProperties", Value::Object(_)) => is_asyncapi_schema(value, at),
                ("anyOf" | "oneOf", Value::Array(kinds)) => kinds.iter().for_each(|kind| is_asyncapi_schema(kind, at)),
                _ => {}
            }
        }
    }
}
