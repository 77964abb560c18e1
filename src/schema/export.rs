//! The schema as JSON Schema, for editors.
//!
//! Owns the translation of declared types. It accepts no more than the reader does: `unknown` and null everywhere, `none`
//! where absence may be known. Draft 07, as that is what editors of YAML understand best; each property is one schema
//! with a pattern rather than a choice of several, as their messages and completions are better for it. Several packs
//! are one schema that looks at the field by which they are chosen. What refers to what is beyond JSON Schema: `check`
//! tells that.

use serde_json::{Map, Value, json};

use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, Field, Schema, TypeDef, TypeId, TypeKind};

/// What every description says besides its facts.
#[derive(Clone, Copy, Debug)]
pub struct Header<'h> {
    /// The only value of `apiVersion`.
    pub api_version: &'h str,
    /// The only value of `kind`.
    pub kind: &'h str,
}

/// A pack whose descriptions are written.
#[derive(Clone, Copy, Debug)]
pub struct Pack<'p> {
    /// Its name.
    pub name: &'p str,
    /// Its title.
    pub title: &'p str,
    /// What it declares.
    pub schema: &'p Schema,
    /// Field and word by which it is chosen.
    pub chosen_by: Option<&'p (String, String)>,
}

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";
const TIME: &str =
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)";
const SIZE: &str = r"\d+(\.\d+)? ?([KMGTP]i?B|B)";
const DURATION: &str = r"(\d+(\.\d+)? ?(d|h|min|s) ?)+";
const VERSION: &str = r"\d[0-9A-Za-z-]*(\.\d[0-9A-Za-z-]*)*";

/// The JSON Schema of descriptions that one of these packs judges.
pub fn json_schema(packs: &[Pack<'_>], header: &Header<'_>) -> Value {
    let by = |pack: &Pack<'_>| pack.chosen_by.map(|(field, _)| field.clone());
    let field = packs.first().and_then(by);
    match field {
        Some(field)
            if packs.len() > 1 && packs.iter().all(|pack| by(pack).as_ref() == Some(&field)) =>
        {
            chosen(packs, &field, header)
        }
        _ => packs.first().map_or_else(|| json!({}), |pack| alone(pack, header)),
    }
}

fn alone(pack: &Pack<'_>, header: &Header<'_>) -> Value {
    let mut value = description(pack, "", header);
    let definitions: Map<String, Value> = definitions(pack, "").collect();
    value["$schema"] = json!(DRAFT);
    value["definitions"] = json!(definitions);
    value
}

/// One schema for all: what the field says decides which of them applies.
fn chosen(packs: &[Pack<'_>], field: &str, header: &Header<'_>) -> Value {
    let mut all = Map::new();
    let mut words = Vec::new();
    let mut branches = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for pack in packs {
        let Some((_, word)) = pack.chosen_by else { continue };
        let prefix = format!("{}.", pack.name);
        all.extend(definitions(pack, &prefix));
        all.insert(pack.name.to_owned(), description(pack, &prefix, header));
        words.push(json!(word));
        told.push(format!("`{word}`: {}", pack.title));
        branches.push(json!({
            "if": { "properties": { field: { "const": word } }, "required": [field] },
            "then": { "$ref": format!("#/definitions/{}", pack.name) },
        }));
    }
    let mut properties = head(header);
    properties.insert(field.to_owned(), json!({ "enum": words, "description": told.join("\n\n") }));
    json!({
        "$schema": DRAFT,
        "title": "A described environment",
        "description": format!("`{field}` says which facts there are. {}", told.join("; ")),
        "type": "object",
        "properties": properties,
        "required": ["apiVersion", "kind", "name", field],
        "allOf": branches,
        "definitions": all,
    })
}

/// What stands in every description.
fn head(header: &Header<'_>) -> Map<String, Value> {
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
    properties
}

fn definitions<'p>(
    pack: &'p Pack<'_>,
    prefix: &'p str,
) -> impl Iterator<Item = (String, Value)> + 'p {
    let types = pack.schema.types().filter(|(id, _)| *id != ENVIRONMENT);
    types.map(move |(id, def)| {
        let writer = Writer { schema: pack.schema, prefix };
        (format!("{prefix}{}", def.name), writer.object(id, def))
    })
}

/// A description that one pack judges.
fn description(pack: &Pack<'_>, prefix: &str, header: &Header<'_>) -> Value {
    let writer = Writer { schema: pack.schema, prefix };
    let mut properties = head(header);
    properties.extend(writer.fields(pack.schema.ty(ENVIRONMENT)));
    let mut required = vec![json!("apiVersion"), json!("kind"), json!("name")];
    let mut value = json!({ "title": pack.title, "type": "object", "additionalProperties": false });
    if let Some((field, word)) = pack.chosen_by {
        let description = properties.get(field).and_then(|value| value.get("description")).cloned();
        let mut chosen = json!({ "const": word });
        if let Some(description) = description {
            chosen["description"] = description;
        }
        properties.insert(field.clone(), chosen);
        required.push(json!(field));
        value["description"] = json!(format!("for descriptions with `{field}: {word}`"));
    }
    value["properties"] = json!(properties);
    value["required"] = json!(required);
    value
}

/// Writes types of one pack.
#[derive(Clone, Copy)]
struct Writer<'s> {
    schema: &'s Schema,
    /// What the names of its definitions begin with.
    prefix: &'s str,
}

impl<'s> Writer<'s> {
    fn object(self, id: TypeId, def: &TypeDef) -> Value {
        let properties: Map<String, Value> = self.fields(def).collect();
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
        if let Some(key) = def.key.map(|key| &self.schema.ty(id).fields[key].name) {
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
    fn fields(self, def: &'s TypeDef) -> impl Iterator<Item = (String, Value)> + 's {
        let written = def.fields.iter().enumerate().filter(|(_, field)| field.slot.is_some());
        written
            .map(move |(at, field)| (field.name.clone(), self.property(field, def.key == Some(at))))
    }

    fn property(self, field: &Field, is_key: bool) -> Value {
        let mut value = match is_key {
            // Nothing can refer to what has no name.
            true => {
                json!({ "type": ["string", "number"], "not": { "enum": ["none", "unknown", ""] } })
            }
            false => self.of_type(&field.ty),
        };
        let mut description: Vec<String> =
            field.title.iter().map(|title| title.to_string()).collect();
        description.extend(field.ask.as_ref().map(|ask| ask.to_string()));
        description.extend(field.find.as_ref().map(|find| format!("Where: {find}")));
        let element = field.ty.element().unwrap_or(field.ty.present());
        if *element == Type::RefAny {
            description.push(
                "The id of any entry; where several lists have it, `LIST/ID` says which.".into(),
            );
        }
        if !description.is_empty() {
            value["description"] = json!(description.join("\n\n"));
        }
        if let Some(word) = field.default_word {
            value["default"] = json!(self.schema.word(word));
        }
        value
    }

    fn of_type(self, ty: &Type) -> Value {
        let schema = self.schema;
        let reference = |id: TypeId| json!({ "$ref": format!("#/definitions/{}{}", self.prefix, schema.ty(id).name) });
        let optional = matches!(ty, Type::OrNone(_));
        let absent = if optional { "none|unknown" } else { "unknown" };
        let pattern = |own: &str| format!("^({own}|{absent})$");
        match ty.present() {
            Type::Text | Type::TextNocase | Type::Ref(_) | Type::RefAny => {
                let mut value = json!({ "type": ["string", "number", "null"] });
                if !optional {
                    value["not"] = json!({ "enum": ["none"] });
                }
                value
            }
            Type::Bool => {
                words(["true", "false"].map(|word| json!(word == "true")).to_vec(), optional)
            }
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
            Type::Version => json!({
                "type": ["string", "number", "null"],
                "pattern": pattern(VERSION),
                "minimum": 0,
                "examples": ["9.32"],
            }),
            Type::Words(list) => {
                words(list.iter().map(|word| json!(schema.word(*word))).collect(), optional)
            }
            Type::Row(id) => {
                let reference = reference(*id);
                let is_key = schema.ty(*id).kind == TypeKind::Entity;
                match (optional, is_key) {
                    (true, _) => {
                        json!({ "anyOf": [reference, { "enum": ["none", "unknown", null] }] })
                    }
                    (false, true) => json!({ "anyOf": [reference, { "enum": ["unknown", null] }] }),
                    (false, false) => reference,
                }
            }
            Type::List(element, _) => {
                let items = match element.as_ref() {
                    Type::Row(id) => {
                        let entry = reference(*id);
                        // An element that says that there may be others.
                        json!({ "anyOf": [entry, { "enum": ["unknown", null] }] })
                    }
                    other => self.of_type(other),
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
}

fn words(mut words: Vec<Value>, optional: bool) -> Value {
    if optional {
        words.push(json!("none"));
    }
    words.push(json!("unknown"));
    words.push(Value::Null);
    json!({ "enum": words })
}
