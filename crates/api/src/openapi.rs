//! The OpenAPI document, from the same tables as the code.

use serde_json::{Value, json};
use warehouse::registry::METRICS;

use crate::params::{CONVERSATION, CONVERSATIONS, DEAD_LETTERS, EXPLAIN, EXPORT, LIVE, QUERY, Table};

/// The document of this surface, and of others at the same address, of which each gives its `paths` and `schemas`.
pub fn document(others: &[Value]) -> Value {
    let mut document = own();
    for other in others {
        add(&mut document["paths"], &other["paths"]);
        add(&mut document["components"]["schemas"], &other["schemas"]);
    }
    document
}

fn add(into: &mut Value, more: &Value) {
    if let (Some(into), Some(more)) = (into.as_object_mut(), more.as_object()) {
        into.extend(more.clone());
    }
}

fn own() -> Value {
    let mut paths = paths();
    add(&mut paths, &paths_of_the_present());
    let mut schemas = schemas();
    add(&mut schemas, &schemas_of_pages());
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Rapport", "version": env!("CARGO_PKG_VERSION"), "description": "Figures of conversations."},
        "security": [{"key": []}],
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
        "paths": paths,
    })
}

/// What is so now, and what did not get in.
fn paths_of_the_present() -> Value {
    json!({
        "/api/v1/live": {"get": {
            "summary": "The present: open conversations, who waits, agents by status, what arrived lately, how far the figures are behind.",
            "parameters": parameters(LIVE), "responses": answers("200", "The present", "#/components/schemas/Live"),
        }},
        "/api/v1/dead-letters": {"get": {
            "summary": "What arrived in a range and could not be taken, by reason.",
            "parameters": parameters(DEAD_LETTERS), "responses": answers("200", "The reasons", "#/components/schemas/DeadLetters"),
        }},
    })
}

fn paths() -> Value {
    let mut all = paths_of_figures();
    add(&mut all, &paths_of_people());
    all
}

/// Keys and members of projects.
fn paths_of_people() -> Value {
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    json!({
        "/api/v1/projects/{id}/keys": {"get": {
            "summary": "The keys of a project that are honoured (administrators).", "parameters": id,
            "responses": answers("200", "Keys, without themselves", "#/components/schemas/Keys"),
        }},
        "/api/v1/projects/{id}/members": {
            "get": {
                "summary": "The members of a project, and who is invited (administrators).", "parameters": id,
                "responses": answers("200", "Members and invitations", "#/components/schemas/Members"),
            },
            "post": {
                "summary": "Invite somebody; the answer has the link to hand on, which is good once and for 24 hours.", "parameters": id,
                "requestBody": body("#/components/schemas/NewMember"),
                "responses": answers("201", "The invitation", "#/components/schemas/Invitation"),
            },
        },
        "/api/v1/projects/{id}/members/{member}": {
            "patch": {
                "summary": "Give a member another role.", "parameters": of_member(&id),
                "requestBody": body("#/components/schemas/NewRole"),
                "responses": {"204": {"description": "Changed."}, "default": refusal()},
            },
            "delete": {
                "summary": "Remove a member, whose sessions end, or withdraw an invitation by its id.", "parameters": of_member(&id),
                "responses": {"204": {"description": "Removed."}, "default": refusal()},
            },
        },
        "/api/v1/projects/{id}/brand": {
            "get": {
                "summary": "How a project's pages look.", "parameters": id,
                "responses": answers("200", "The brand", "#/components/schemas/BrandInForce"),
            },
            "put": {
                "summary": "Change it; what is left out is as this program has it (administrators). A colour that is not seen is refused with the nearest that is.",
                "parameters": id, "requestBody": body("#/components/schemas/Brand"),
                "responses": answers("200", "The brand", "#/components/schemas/BrandInForce"),
            },
        },
        "/api/v1/projects/{id}/logo": {
            "put": {
                "summary": "The logo on a project's pages (administrators): a PNG, JPEG or WebP file of at most 64 KiB.", "parameters": id,
                "requestBody": {"required": true, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
                "responses": {"204": {"description": "Changed."}, "default": refusal()},
            },
            "delete": {
                "summary": "Take the logo away.", "parameters": id,
                "responses": {"204": {"description": "Taken away."}, "default": refusal()},
            },
        },
        "/api/v1/projects/{id}/shares": {
            "get": {
                "summary": "The links that show a page of a project to whoever has them (administrators).", "parameters": id,
                "responses": answers("200", "Shares", "#/components/schemas/Shares"),
            },
            "post": {
                "summary": "Share a page, kept to a range, an environment and filters, for 30 days unless said otherwise, at most 365.",
                "parameters": id, "requestBody": body("#/components/schemas/NewShare"),
                "responses": answers("201", "The share", "#/components/schemas/Share"),
            },
        },
        "/api/v1/projects/{id}/shares/{share}": {"delete": {
            "summary": "Revoke a share.", "parameters": [id[0], {"name": "share", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"204": {"description": "Revoked."}, "default": refusal()},
        }},
        "/api/v1/administrators": {
            "get": {
                "summary": "Who owns every project, and who is invited to (keys of all projects).",
                "responses": answers("200", "Administrators and invitations", "#/components/schemas/Members"),
            },
            "post": {
                "summary": "Invite an administrator.", "requestBody": body("#/components/schemas/NewAdministrator"),
                "responses": answers("201", "The invitation", "#/components/schemas/Invitation"),
            },
        },
        "/api/v1/administrators/{member}": {"delete": {
            "summary": "Remove an administrator, or withdraw an invitation by its id.", "parameters": [of_member(&id)[1]],
            "responses": {"204": {"description": "Removed."}, "default": refusal()},
        }},
    })
}

/// Everything else.
fn paths_of_figures() -> Value {
    let open =
        |says: &str| json!({"get": {"summary": says, "security": [], "responses": {"200": {"description": "Yes."}}}});
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    json!({
        "/api/v1/query": {"get": {
            "summary": "Any metric over a range.", "parameters": parameters(QUERY),
            "responses": answers("200", "Figures", "#/components/schemas/Answer"),
        }},
        "/api/v1/explain": {"get": {
            "summary": "A figure with its formula, what was left out, the identities that reconcile it, and the conversations behind it.",
            "parameters": parameters(EXPLAIN), "responses": answers("200", "The explanation", "#/components/schemas/Explanation"),
        }},
        "/api/v1/export": {"get": {
            "summary": "The rows of figures as a file.", "parameters": parameters(EXPORT),
            "responses": {"200": {"description": "The file.", "content": files()}, "default": refusal()},
        }},
        "/api/v1/conversations": {"get": {
            "summary": "Conversations of a range (the last 28 days by default), the newest first.",
            "parameters": parameters(CONVERSATIONS), "responses": answers("200", "A page of them", "#/components/schemas/Conversations"),
        }},
        "/api/v1/conversations/{id}": {"get": {
            "summary": "One conversation with its timeline.", "parameters": with_id(parameters(CONVERSATION)),
            "responses": answers("200", "The conversation", "#/components/schemas/Timeline"),
        }},
        "/api/v1/metrics": {"get": {
            "summary": "The metric registry.", "responses": answers("200", "Declarations", "#/components/schemas/Registry"),
        }},
        "/api/v1/projects": {
            "get": {"summary": "Projects that the key sees.", "responses": answers("200", "Projects", "#/components/schemas/Projects")},
            "post": {
                "summary": "Create a project (administrators).", "requestBody": body("#/components/schemas/NewProject"),
                "responses": answers("201", "The project", "#/components/schemas/Project"),
            },
        },
        "/api/v1/keys": {"post": {
            "summary": "Create a key; it is shown once.", "requestBody": body("#/components/schemas/NewKey"),
            "responses": answers("201", "The key", "#/components/schemas/Key"),
        }},
        "/api/v1/projects/{id}/settings": {
            "get": {
                "summary": "What a project decides about its figures.", "parameters": id,
                "responses": answers("200", "The settings in force.", "#/components/schemas/SettingsInForce"),
            },
            "patch": {
                "summary": "Change settings: fields that are sent replace those held, null brings back a default.",
                "parameters": id, "requestBody": body("#/components/schemas/Settings"),
                "responses": answers("200", "The settings in force.", "#/components/schemas/SettingsInForce"),
            },
        },
        "/api/v1/projects/{id}/erasures": {"get": {
            "summary": "Persons who asked to be forgotten: what is pending, and the receipts (administrators).", "parameters": id,
            "responses": answers("200", "Requests and receipts", "#/components/schemas/Erasures"),
        }},
        "/api/v1/keys/{id}": {"delete": {
            "summary": "Revoke a key.", "parameters": id,
            "responses": {"204": {"description": "Revoked."}, "default": refusal()},
        }},
        "/healthz": open("Whether the process answers."),
        "/readyz": open("Whether everything that it needs is there; 503 says what is missing."),
        "/metrics": open("Prometheus."),
        "/openapi.json": open("This document."),
        "/asyncapi.json": open("The same of the Kafka topics: AsyncAPI 3."),
    })
}

/// A file by its formats.
fn files() -> Value {
    let binary = json!({"schema": {"type": "string", "format": "binary"}});
    json!({
        "text/csv": {"schema": {"type": "string"}},
        "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
        "application/vnd.apache.parquet": binary,
    })
}

fn of_member(id: &Value) -> Value {
    json!([id[0], {"name": "member", "in": "path", "required": true, "schema": {"type": "string"}}])
}

fn with_id(mut parameters: Value) -> Value {
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}));
    }
    parameters
}

fn parameters(table: Table) -> Value {
    let described = table.iter().copied().flatten().map(|p| {
        let mut item = json!({"type": "string"});
        if p.name == "metric" {
            item["enum"] = METRICS.iter().map(|m| m.id).collect();
        }
        let schema = if p.repeatable { json!({"type": "array", "items": item}) } else { item };
        json!({"name": p.name, "in": "query", "required": p.required, "description": p.says, "schema": schema, "explode": true})
    });
    described.collect()
}

fn answers(status: &str, says: &str, schema: &str) -> Value {
    let mut all = json!({"default": refusal()});
    all[status] = json!({"description": says, "content": {"application/json": {"schema": {"$ref": schema}}}});
    all
}

fn refusal() -> Value {
    json!({"description": "Refused.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}})
}

fn body(schema: &str) -> Value {
    json!({"required": true, "content": {"application/json": {"schema": {"$ref": schema}}}})
}

fn object(required: &[&str], optional: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> =
        required.iter().chain(optional).map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// A key's origins: the pages that may send with it.
fn with_origins(mut key: Value) -> Value {
    key["properties"]["origins"] = json!({
        "type": "array", "items": {"type": "string", "examples": ["https://shop.example"]},
        "description": "Pages that may send with a key of role browser; every page if there are none.",
    });
    key
}

/// A project's settings, with their defaults.
fn settings() -> Value {
    let defaults = serde_json::to_value(rollup::Settings::default()).expect("settings are always JSON");
    json!({"type": "object", "description": "docs/settings.md says what each does.", "default": defaults})
}

/// The present of a project.
fn live() -> Value {
    let (count, number) = (json!({"type": "integer", "minimum": 0}), json!({"type": ["number", "null"]}));
    let (text, instant) = (json!({"type": ["string", "null"]}), json!({"type": "string", "format": "date-time"}));
    let list = |members: Value| json!({"type": "array", "items": {"type": "object", "properties": members}});
    json!({"type": "object", "properties": {
        "as_of": instant, "fresh_to": instant,
        "behind": {"type": "object", "properties": {"records": count, "seconds": number}},
        "conversations": {"type": "object", "properties": {"open": count}},
        "waiting": {"type": "object", "properties": {"count": count, "longest_s": number}},
        "agents": list(json!({"status": text, "count": count})),
        "arrivals": {"type": "object", "properties": {
            "events": count, "late": count, "without_time": count, "clock_corrected": count,
            "minutes": list(json!({"minute": instant, "events": count})),
        }},
        "events": list(json!({"arrived_at": instant, "event": text, "role": text, "channel": text})),
    }})
}

fn schemas() -> Value {
    let number = json!({"type": ["number", "null"]});
    let count = json!({"type": "integer", "minimum": 0});
    let cell = json!({
        "value": number, "n": count, "p50": number, "p90": number, "p95": number,
        "at": {"type": ["string", "null"], "format": "date-time"},
    });
    let mut row = cell.clone();
    row["bucket"] = json!({"type": "string", "format": "date-time"});
    row["dims"] = json!({"type": "object", "additionalProperties": {"type": "string"}});
    row["state"] = json!({"enum": ["final", "maturing", "partial"]});
    let result = json!({"type": "object", "properties": {
        "metric": {"type": "string"}, "version": count, "unit": {"type": "string"}, "class": {"enum": ["A", "U", "Q", "S", "C"]},
        "range": object(&["from", "to", "tz"], &[]),
        "total": {"type": "object", "properties": cell.clone()},
        "currency": {"type": "string", "description": "Of money: ISO 4217."},
        "hours": {"enum": ["business"], "description": "Where durations are kept to business hours."},
        "comparison": {"type": ["object", "null"], "properties": {
            "range": object(&["from", "to", "tz"], &[]),
            "total": {"type": "object", "properties": cell},
            "delta": {"type": "object", "properties": {
                "kind": {"enum": ["relative", "points", "new", "unknown"]}, "value": number, "is_good": {"type": ["boolean", "null"]},
            }},
        }},
        "rows": {"type": "array", "items": {"type": "object", "properties": row}},
        "fresh_to": {"type": "string", "format": "date-time"}, "notes": {"type": "array", "items": {"type": "string"}},
    }});
    json!({
        "Answer": {"type": "object", "properties": {"results": {"type": "array", "items": result}}},
        "Explanation": explanation(&cell),
        "Conversations": {"type": "object", "properties": {
            "conversations": {"type": "array", "items": {"type": "object"}}, "range": object(&["from", "to", "tz"], &[]),
            "next_cursor": {"type": ["string", "null"]}, "fresh_to": {"type": "string", "format": "date-time"},
        }},
        "Timeline": {"type": "object", "properties": {
            "conversation": {"type": "object"}, "timeline": {"type": "array", "items": {"type": "object"}},
            "next_cursor": {"type": ["string", "null"]}, "fresh_to": {"type": "string", "format": "date-time"},
        }},
        "Live": live(),
        "DeadLetters": {"type": "object", "properties": {
            "range": object(&["from", "to", "tz"], &[]),
            "reasons": {"type": "array", "items": {"type": "object", "properties": {
                "reason": {"type": "string"}, "count": count, "latest_at": {"type": "string", "format": "date-time"},
                "message": {"type": "string"}, "event_id": {"type": ["string", "null"]},
            }}},
        }},
        "Registry": {"type": "object", "properties": {"metrics": {"type": "array", "items": {"type": "object"}}}},
        "Projects": {"type": "object", "properties": {"projects": {"type": "array", "items": {"$ref": "#/components/schemas/Project"}}}},
        "Project": object(&["id", "name", "timezone"], &[]),
        "NewProject": object(&["name"], &["timezone"]),
        "Key": with_origins(object(&["id", "key", "project", "role", "environment"], &[])),
        "NewKey": with_origins(object(&[], &["project", "environment", "role", "bot"])),
        "Keys": {"type": "object", "properties": {"keys": {"type": "array", "items": with_origins(object(&["id", "role", "environment"], &["bot"]))}}},
        "Members": {"type": "object", "properties": {
            "members": {"type": "array", "items": object(&["id", "email", "role"], &[])},
            "invitations": {"type": "array", "items": object(&["id", "email", "role", "expires_at"], &[])},
        }},
        "Invitation": object(&["id", "email", "role", "expires_at", "link"], &[]),
        "NewMember": object(&["email", "role"], &[]),
        "NewAdministrator": object(&["email"], &[]),
        "NewRole": object(&["role"], &[]),
        "Settings": settings(),
        "SettingsInForce": {"type": "object", "properties": {"settings": {"$ref": "#/components/schemas/Settings"}}},
        "Erasures": {"type": "object", "properties": {"erasures": {"type": "array", "items": erasure()}}},
        "Error": {"type": "object", "properties": {"error": object(&["code", "message", "hint"], &["id"])}},
    })
}

/// Brands and shares.
fn schemas_of_pages() -> Value {
    json!({
        "Brand": object(&[], &["name", "accent", "accent_dark", "chart", "chart_dark", "domain", "sender"]),
        "BrandInForce": {"type": "object", "properties": {
            "brand": {"$ref": "#/components/schemas/Brand"},
            "logo": {"type": ["object", "null"], "properties": {"type": {"type": "string"}, "bytes": {"type": "integer"}}},
        }},
        "Shares": {"type": "object", "properties": {"shares": {"type": "array", "items": {"$ref": "#/components/schemas/Share"}}}},
        "Share": shown(object(&["id", "page", "range", "environment", "expires_at", "link"], &["title"])),
        "NewShare": new_share(),
    })
}

/// With what a share shows and to whom.
fn shown(mut of: Value) -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    of["properties"]["filters"] = texts.clone();
    of["properties"]["origins"] = texts;
    of["properties"]["may_change_range"] = json!({"type": "boolean"});
    of
}

fn new_share() -> Value {
    let mut new = shown(object(&["page"], &["title", "range", "environment"]));
    new["properties"]["page"] = json!({"enum": control::SHARED_PAGES});
    new["properties"]["expires_in_days"] =
        json!({"type": "integer", "minimum": 1, "maximum": control::SHARE_LASTS_MAX.num_days()});
    new
}

/// A request to be forgotten, with its receipt once it was carried out.
fn erasure() -> Value {
    let (count, instant) = (json!({"type": "integer", "minimum": 0}), json!({"type": "string", "format": "date-time"}));
    let forgets =
        json!({"type": ["string", "null"], "format": "date-time", "description": "Null where it never does."});
    json!({"type": "object", "required": ["request_id", "environment", "mode", "state", "requested_at"], "properties": {
        "request_id": {"type": "string"}, "environment": {"type": "string"}, "mode": {"enum": ["anonymise", "full"]},
        "state": {"enum": ["pending", "done"]}, "requested_at": instant, "done_at": instant, "conversations": count, "rows": count,
        "files": count, "files_left": count,
        "journal_forgets_at": forgets, "dead_letters_forget_at": forgets,
    }})
}

fn explanation(cell: &Value) -> Value {
    let (number, count) = (json!({"type": "number"}), json!({"type": "integer", "minimum": 0}));
    let term = json!({"type": "object", "properties": {"metric": {"type": "string"}, "says": {"type": "string"}, "value": number}});
    let excluded = json!({"type": "object", "properties": {
        "id": {"type": "string"}, "says": {"type": "string"}, "of": {"enum": ["question", "environment", "project"]}, "count": count,
        "details": {"type": "object", "additionalProperties": count},
    }});
    let identity = json!({"type": "object", "properties": {
        "says": {"type": "string"}, "left": term, "right": {"type": "array", "items": term}, "sum": number, "holds": {"type": "boolean"},
    }});
    json!({"type": "object", "properties": {
        "metric": {"type": "string"}, "formula": {"type": "string"}, "total": {"type": "object", "properties": cell},
        "excluded": {"type": "array", "items": excluded}, "identities": {"type": "array", "items": identity},
        "behind": {"type": "object", "properties": {
            "conversations": count, "entities": number, "unit": {"type": "string"}, "holds": {"type": "boolean"},
        }},
        "conversations": {"type": "array", "items": {"type": "object"}}, "next_cursor": {"type": ["string", "null"]},
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere_and_every_parameter_is_described() {
        let document = document(&[]);
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let name = reference.split('"').next().unwrap().rsplit('/').next().unwrap();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
        for (path, table) in
            [("query", QUERY), ("explain", EXPLAIN), ("export", EXPORT), ("conversations", CONVERSATIONS)]
        {
            let described = document["paths"][format!("/api/v1/{path}")]["get"]["parameters"].as_array().unwrap().len();
            assert_eq!(described, table.iter().map(|group| group.len()).sum::<usize>(), "{path}");
        }
    }
}
