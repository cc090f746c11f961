//! This surface's part of the OpenAPI document, from the same options as the code.

use serde_json::{Value, json};

use crate::Options;

/// `paths` and `schemas` of the native routes. Refusals have the schema `Error`, which whoever serves the document adds.
pub fn document(options: &Options) -> Value {
    let json =
        |schema: &str| json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}});
    let bounds = format!(
        "At most {} and {} events, each of at most 1 MiB. Answers once the events are durable; an event_id that came before is \
         not counted twice, so that a batch may be sent again.",
        options.body_max, options.batch_events_max
    );
    json!({
        "paths": {"/v1/batch": {"post": {
            "summary": "Send events.", "description": bounds,
            "parameters": [{
                "name": "Content-Encoding", "in": "header", "required": false,
                "schema": {"type": "string", "enum": ["identity", "gzip", "zstd"]},
            }],
            "requestBody": {"required": true, "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Batch"}},
                "application/x-ndjson": {"schema": {"type": "string", "description": "One event a line."}},
            }},
            "responses": {
                "200": {"description": "All events are in.", "content": json("BatchAnswer")},
                "207": {
                    "description": "The accepted events are in; the rejected ones are in the dead letters.",
                    "content": json("BatchAnswer"),
                },
                "default": {"description": "Nothing of the batch is in.", "content": json("Error")},
            },
        }}},
        "schemas": schemas(),
    })
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let count = json!({"type": "integer", "minimum": 0});
    let events = json!({"type": "array", "items": {"$ref": "#/components/schemas/Event"}});
    let note = |event_id: Value| json!({"type": "object", "properties": {"index": count, "event_id": event_id, "code": text, "message": text}});
    json!({
        "Event": {
            "type": "object", "required": ["event_id", "event"], "additionalProperties": true,
            "properties": {
                "event_id": text, "event": {"type": "string", "examples": ["message.created"]},
                "timestamp": {"type": ["string", "number"]}, "conversation_id": text, "data": {"type": "object"},
            },
        },
        "Batch": {"oneOf": [
            events,
            {"type": "object", "required": ["batch"], "properties": {
                "batch": events, "sent_at": {"type": ["string", "number", "null"]},
            }},
        ]},
        "BatchAnswer": {
            "type": "object", "required": ["accepted", "spooled", "position"],
            "properties": {
                "accepted": count,
                "spooled": {"type": "boolean", "description": "Durable on the gateway's disk; there is no position yet."},
                "position": {"type": ["string", "null"], "description": "For GET /api/v1/query, to see these events."},
                "rejected": {"type": "array", "items": note(json!({"type": ["string", "null"]}))},
                "warnings": {"type": "array", "items": note(text.clone())},
            },
        },
    })
}
