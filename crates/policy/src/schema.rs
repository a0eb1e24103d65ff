use serde_json::{Value, json};

use crate::condition::Condition;
use crate::document::{Mode, Scope, Stance};

/// JSON Schema (draft 2020-12) of the document, for editors. [`crate::Policy::parse`] checks more: regular
/// expressions, ties of globs, equal keys, `reason` beside `on_deny`.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "policy.json",
        "description": "What an agent may do with one MCP server.",
        "type": "object",
        "required": ["version", "default"],
        "additionalProperties": false,
        "properties": {
            "version": {"const": "1"},
            "default": {"enum": Stance::WORDS, "description": "What happens to a tool that no rule names."},
            "mode": {
                "enum": Mode::WORDS,
                "default": Mode::default().as_str(),
                "description": "`observe` decides and logs, and lets every call through.",
            },
            "hide": {
                "type": "array",
                "items": {"$ref": "#/$defs/name"},
                "description": "Tools (names or globs) that are taken out of the list and denied when called.",
            },
            "all_tools": {
                "type": "object",
                "additionalProperties": false,
                "properties": {"limits": {"$ref": "#/$defs/limits"}},
                "description": "Quotas over every call.",
            },
            "tools": {
                "type": "object",
                "propertyNames": {"$ref": "#/$defs/name"},
                "additionalProperties": {"$ref": "#/$defs/rule"},
                "description": "Rules by tool name or glob; the exact name wins, then the glob with the longest literal part.",
            },
        },
        "$defs": {
            "name": {"type": "string", "minLength": 1, "maxLength": crate::check::NAME_MAX},
            "rule": rule(),
            "conditions": {"type": "array", "items": {"$ref": "#/$defs/condition"}},
            "condition": condition(),
            "limits": {"type": "array", "items": limit()},
            "path": {
                "type": "string",
                "pattern": r"^args(\.[^.]+)+$",
                "description": "Dotted path of an argument; elements of a list by number, `*` for any.",
            },
            "span": {
                "type": "string",
                "pattern": "^(second|minute|hour|day|0*[1-9][0-9]*[smhd])$",
                "description": "`second`, `minute`, `hour`, `day`, or a length such as `90s`, `15m`.",
            },
        },
    })
}

fn rule() -> Value {
    let said = json!({"type": "string", "description": "What the agent sees when the call is denied."});
    json!({
        "type": "object",
        "additionalProperties": false,
        "not": {"required": ["on_deny", "reason"]},
        "properties": {
            "deny": {"type": "boolean", "default": false, "description": "Every call is denied; the tool stays listed."},
            "require": {"$ref": "#/$defs/conditions", "description": "All must hold, else the call is denied."},
            "deny_if": {
                "type": "array",
                "description": "The call is denied when all conditions of one entry hold; no conditions always hold.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "not": {"required": ["on_deny", "reason"]},
                    "properties": {"conditions": {"$ref": "#/$defs/conditions"}, "on_deny": said, "reason": said},
                },
            },
            "approve_if": {
                "type": "array",
                "description": "The call waits for a person when all conditions of one entry hold; no conditions always hold.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "conditions": {"$ref": "#/$defs/conditions"},
                        "reason": {"type": "string", "description": "What the person is told."},
                        "timeout": {"$ref": "#/$defs/span", "description": "How long the call waits."},
                    },
                },
            },
            "limits": {"$ref": "#/$defs/limits"},
            "pin": {
                "type": "string",
                "pattern": "^sha256:[0-9a-fA-F]{64}$",
                "description": "Fingerprint of the tool's definition; with another definition calls are denied.",
            },
            "on_deny": said,
            "reason": said,
        },
    })
}

fn condition() -> Value {
    let scalar = json!({"type": ["string", "number", "boolean", "null"]});
    let value_of = |ops: &[&str], value: Value| json!({"if": {"properties": {"op": {"enum": ops}}}, "then": {"properties": {"value": value}}});
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["path", "op"],
        "properties": {
            "path": {"$ref": "#/$defs/path"},
            "op": {"enum": Condition::OPERATORS},
            "value": {"description": "What the argument is compared with; its type depends on `op`."},
        },
        "if": {"properties": {"op": {"not": {"const": "exists"}}}},
        "then": {"required": ["value"]},
        "allOf": [
            value_of(&["eq", "neq", "contains"], scalar.clone()),
            value_of(&["lt", "lte", "gt", "gte"], json!({"type": "number"})),
            value_of(&["in", "not_in"], json!({"type": "array", "minItems": 1, "items": scalar})),
            value_of(&["exists"], json!({"type": "boolean"})),
            value_of(&["regex"], json!({"type": "string", "format": "regex"})),
        ],
    })
}

fn limit() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["counter", "window", "max"],
        "properties": {
            "counter": {"$ref": "#/$defs/name", "description": "Limits that share a counter share its count."},
            "window": {"$ref": "#/$defs/span", "description": "The length of the interval."},
            "max": {"type": "number", "minimum": 0, "description": "Most calls, or most of `amount`, in any such interval."},
            "scope": {"enum": Scope::WORDS, "default": Scope::default().as_str(), "description": "Whose calls count together."},
            "amount": {"$ref": "#/$defs/path", "description": "The numeric argument that is counted instead of calls."},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fields;

    #[test]
    fn schema_and_checker_know_the_same_fields() {
        let schema = schema();
        for (pointer, fields) in [
            ("/properties", fields::POLICY),
            ("/properties/all_tools/properties", fields::ALL_TOOLS),
            ("/$defs/rule/properties", fields::RULE),
            ("/$defs/rule/properties/deny_if/items/properties", fields::DENY_IF),
            ("/$defs/rule/properties/approve_if/items/properties", fields::APPROVE_IF),
            ("/$defs/condition/properties", fields::CONDITION),
            ("/$defs/limits/items/properties", fields::LIMIT),
        ] {
            let named: Vec<&String> = schema.pointer(pointer).and_then(Value::as_object).unwrap().keys().collect();
            assert_eq!(named, fields, "{pointer}");
        }
    }
}
