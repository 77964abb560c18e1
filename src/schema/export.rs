//! The schema as JSON Schema, for editors.
//!
//! Owns the translation of declared types. It accepts what the reader accepts and no more: `unknown` and null
//! everywhere, `none` where absence may be known. Draft 07, as that is what editors of YAML understand best; each
//! property is one schema with a pattern rather than a choice of several, as their messages and completions are better
//! for it. What refers to what is beyond JSON Schema: `check` tells that.

use serde_json::{Map, Value, json};

use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, Field, Schema, TypeDef, TypeId, TypeKind};

/// What every description says besides its facts.
#[derive(Clone, Copy, Debug)]
pub struct Header<'h> {
    /// Title of the schema.
    pub title: &'h str,
    /// The only value of `apiVersion`.
    pub api_version: &'h str,
    /// The only value of `kind`.
    pub kind: &'h str,
    /// Field and word by which the pack is chosen.
    pub chosen_by: Option<&'h (String, String)>,
}

const TIME: &str =
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)";
const SIZE: &str = r"\d+(\.\d+)? ?([KMGTP]i?B|B)";
const DURATION: &str = r"(\d+ ?(d|h|min|s) ?)+";

/// The JSON Schema of a description.
pub fn json_schema(schema: &Schema, header: &Header<'_>) -> Value {
    let mut definitions = Map::new();
    for (id, def) in schema.types().filter(|(id, _)| *id != ENVIRONMENT) {
        definitions.insert(def.name.clone(), object(schema, id, def));
    }
    let environment = schema.ty(ENVIRONMENT);
    let mut properties = Map::new();
    properties.insert(
        "apiVersion".into(),
        json!({ "const": header.api_version, "description": "the version of this format" }),
    );
    properties.insert(
        "kind".into(),
        json!({ "const": header.kind, "description": "tells this document from others" }),
    );
    properties.insert(
        "name".into(),
        json!({
            "type": "string",
            "description": "the environment; documents of one name describe it together"
        }),
    );
    for (name, value) in fields(schema, environment) {
        properties.insert(name, value);
    }
    let mut required = vec![json!("apiVersion"), json!("kind"), json!("name")];
    if let Some((field, word)) = header.chosen_by {
        let description = properties.get(field).and_then(|value| value.get("description")).cloned();
        let mut chosen = json!({ "enum": [word] });
        if let Some(description) = description {
            chosen["description"] = description;
        }
        properties.insert(field.clone(), chosen);
        required.push(json!(field));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": header.title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "definitions": definitions,
    })
}

fn object(schema: &Schema, id: TypeId, def: &TypeDef) -> Value {
    let properties: Map<String, Value> = fields(schema, def).collect();
    let mut value = json!({
        "title": def.name,
        "type": ["object", "string", "null"],
        "pattern": "^unknown$",
        "properties": properties,
        "additionalProperties": false,
    });
    if let Some(title) = &def.title {
        value["description"] = json!(title);
    }
    if let Some(key) = def.key.map(|key| &schema.ty(id).fields[key].name) {
        value["required"] = json!([key]);
        // An entity without its key is none: nothing else may stand for it.
        value["type"] = json!("object");
        if let Some(map) = value.as_object_mut() {
            map.remove("pattern");
        }
    }
    value
}

/// What may be written of a type: inverses are worked out, never written.
fn fields<'s>(schema: &'s Schema, def: &'s TypeDef) -> impl Iterator<Item = (String, Value)> + 's {
    def.fields
        .iter()
        .filter(|field| field.slot.is_some())
        .map(|field| (field.name.clone(), property(schema, field)))
}

fn property(schema: &Schema, field: &Field) -> Value {
    let mut value = of_type(schema, &field.ty);
    let mut description: Vec<String> = field.title.iter().map(|title| title.to_string()).collect();
    description.extend(field.ask.as_ref().map(|ask| ask.to_string()));
    description.extend(field.find.as_ref().map(|find| format!("Where: {find}")));
    let element = field.ty.element().unwrap_or(field.ty.present());
    if *element == Type::RefAny {
        description
            .push("The id of any entry; where several lists have it, `LIST/ID` says which.".into());
    }
    if !description.is_empty() {
        value["description"] = json!(description.join("\n\n"));
    }
    if let Some(word) = field.default_word {
        value["default"] = json!(schema.word(word));
    }
    value
}

fn of_type(schema: &Schema, ty: &Type) -> Value {
    let optional = matches!(ty, Type::OrNone(_));
    let absent = if optional { "none|unknown" } else { "unknown" };
    let pattern = |own: &str| format!("^({own}|{absent})$");
    match ty.present() {
        Type::Text | Type::TextNocase | Type::Ref(_) | Type::RefAny => {
            json!({ "type": ["string", "number", "null"] })
        }
        Type::Bool => words(["true", "false"].map(|word| json!(word == "true")).to_vec(), optional),
        Type::Int => json!({
            "type": ["integer", "string", "null"],
            "pattern": format!("^({absent})$"),
        }),
        Type::Size => json!({
            "type": ["string", "integer", "null"],
            "pattern": pattern(SIZE),
            "maximum": 0,
            "minimum": 0,
            "examples": ["600GiB"],
        }),
        Type::Duration => json!({
            "type": ["string", "integer", "null"],
            "pattern": pattern(DURATION),
            "maximum": 0,
            "minimum": 0,
            "examples": ["15min"],
        }),
        Type::Time => json!({
            "type": ["string", "null"],
            "pattern": pattern(TIME),
            "examples": ["2020-03-28T09:00:00Z"],
        }),
        Type::Version => json!({ "type": ["string", "number", "null"], "examples": ["9.32"] }),
        Type::Words(list) => {
            words(list.iter().map(|word| json!(schema.word(*word))).collect(), optional)
        }
        Type::Row(id) => {
            let reference = json!({ "$ref": format!("#/definitions/{}", schema.ty(*id).name) });
            let is_key = schema.ty(*id).kind == TypeKind::Entity;
            match (optional, is_key) {
                (true, _) => json!({ "anyOf": [reference, { "enum": ["none", "unknown", null] }] }),
                (false, true) => json!({ "anyOf": [reference, { "enum": ["unknown", null] }] }),
                (false, false) => reference,
            }
        }
        Type::List(element, _) => {
            let items = match element.as_ref() {
                Type::Row(id) => {
                    let entry = json!({ "$ref": format!("#/definitions/{}", schema.ty(*id).name) });
                    // An element that says that there may be others.
                    json!({ "anyOf": [entry, { "enum": ["unknown", null] }] })
                }
                other => of_type(schema, other),
            };
            json!({
                "type": ["array", "string", "null"],
                "pattern": "^(none|unknown)$",
                "items": items,
            })
        }
        Type::All(_) | Type::One(_) | Type::OrNone(_) | Type::None | Type::Error => json!({}),
    }
}

fn words(mut words: Vec<Value>, optional: bool) -> Value {
    if optional {
        words.push(json!("none"));
    }
    words.push(json!("unknown"));
    words.push(Value::Null);
    json!({ "enum": words })
}
