//! What can be written at a place of a description.
//!
//! Owns which place that is: the text before the cursor in its line says whether a key or a value is being written, and the
//! indentation of the lines above what it belongs to.

use serde_json::{Value, json};

use crate::facts::Facts;
use crate::facts::locate::Room;
use crate::facts::{ROOT, RowId};
use crate::lsp::describe::Described;
use crate::lsp::text::offsets;
use crate::schema::types::Type;
use crate::schema::{Field, TypeId};
use crate::source::Span;
use crate::yaml::edit::Value as Written;

/// Ids that are offered, at most.
const MOST: usize = 1000;

/// The kinds of the protocol.
const KEY: u8 = 10;
const WORD: u8 = 12;
const ID: u8 = 18;

/// What can be written where a request points at.
pub fn complete(described: &Described<'_>, params: &Value) -> Option<Value> {
    let offset = described.offset(params)? as usize;
    let text = described.source().text();
    let start = text[..offset].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let line = &text[start..offset];
    if line.trim_start().starts_with('#') || line.contains(" #") {
        return None;
    }
    let typed = line.len() - line.trim_end_matches(|char: char| !" ,[{:\"'".contains(char)).len();
    let from = offset - typed;
    let rest =
        text[offset..].split(['\n', '\r', ' ', ',', ']', '}', ':', '"', '\'']).next().unwrap_or("");
    let span = Span::new(described.file, from, offset + rest.len());
    let finder = Finder { described, facts: described.facts() };
    let items = finder.items(start, from)?;
    let range = described.places.range(span);
    let end = offsets(described.written, &range, described.places.encoding)?.1;
    let is_key = described.written[end..].starts_with(':');
    let items = items.into_iter().enumerate().map(|(at, item)| {
        let new = if is_key { item.label.as_str() } else { item.text.as_str() };
        json!({
            "label": item.label,
            "kind": item.kind,
            "detail": item.detail,
            "sortText": format!("{at:05}"),
            "textEdit": { "range": range, "newText": new },
        })
    });
    Some(json!({ "isIncomplete": false, "items": items.collect::<Vec<_>>() }))
}

struct Item {
    label: String,
    text: String,
    kind: u8,
    detail: String,
}

struct Finder<'d> {
    described: &'d Described<'d>,
    facts: &'d Facts<'d>,
}

impl Finder<'_> {
    /// What can be written behind a part of a line.
    fn items(&self, start: usize, from: usize) -> Option<Vec<Item>> {
        let text = self.described.source().text();
        let line = text.get(start..from)?;
        let file = self.described.file;
        let body = line.trim_start_matches([' ', '-']);
        // In braces, the innermost ones tell.
        if let Some(open) = innermost(line) {
            let cursor = self.facts.locate(file, (start + open) as u32)?;
            let part = line[open + 1..].rsplit([',', '{']).next().unwrap_or("").trim();
            return match line[open..].chars().next()? {
                '{' if part.is_empty() => self.keys(Room::Row(cursor.row)),
                '{' => {
                    let key = part.strip_suffix(':')?.trim_matches(['"', '\'']);
                    self.values(self.facts.row(cursor.row).ty, key.trim(), false)
                }
                _ => {
                    let field = cursor.field?;
                    let ty =
                        &self.facts.schema().ty(self.facts.row(cursor.row).ty).fields[field].ty;
                    Some(self.of_type(ty.element()?))
                }
            };
        }
        let column = start + line.len() - body.len();
        let room = self.facts.room(file, column as u32)?;
        if body.is_empty() {
            return match room {
                Room::Element(slot) => {
                    let (ty, field) = self.facts.field_of(slot);
                    let element = self.facts.schema().ty(ty).fields[field].ty.element()?;
                    match element.present() {
                        Type::Row(held) => self.keys(Room::New(*held)),
                        _ => Some(self.of_type(element)),
                    }
                }
                room => self.keys(room),
            };
        }
        let body = body.trim_end_matches(['"', '\'']);
        let key = body.strip_suffix(": ").or_else(|| body.trim_end().strip_suffix(':'))?;
        let key = key.trim_matches(['"', '\'']);
        let ty = match room {
            Room::Row(row) => self.facts.row(row).ty,
            Room::New(ty) => ty,
            Room::Element(slot) => {
                let (ty, field) = self.facts.field_of(slot);
                self.facts.schema().ty(ty).fields[field].ty.element()?.row()?
            }
        };
        self.values(ty, key, !body.ends_with(' '))
    }

    /// The keys that are not there yet: those that an open question asks for first.
    fn keys(&self, room: Room) -> Option<Vec<Item>> {
        if self.described.is_shared() {
            return None;
        }
        let schema = self.facts.schema();
        let (ty, row) = match room {
            Room::Row(row) => (self.facts.row(row).ty, Some(row)),
            Room::New(ty) => (ty, None),
            Room::Element(_) => return None,
        };
        let free = |field: &&Field| {
            let slot = field.slot.zip(row).map(|(slot, row)| self.facts.slot_of(row, slot));
            field.slot.is_some() && slot.is_none_or(|slot| self.facts.node(slot).is_none())
        };
        let mut fields: Vec<&Field> = schema.ty(ty).fields.iter().filter(free).collect();
        fields.sort_by_key(|field| !self.is_asked(row, field));
        let item = |field: &Field| Item {
            label: field.name.clone(),
            text: match field.ty.present() {
                Type::Row(_) | Type::List(..) => format!("{}:", field.name),
                _ => format!("{}: ", field.name),
            },
            kind: KEY,
            detail: field.ty.describe(schema),
        };
        let mut items: Vec<Item> = fields.into_iter().map(item).collect();
        if row == Some(ROOT) {
            let text = self.described.source().text();
            let missing = crate::facts::conform::HEADER.iter().filter(|key| !text.contains(**key));
            items.extend(missing.map(|key| Item {
                label: (*key).to_owned(),
                text: format!("{key}: "),
                kind: KEY,
                detail: "text".to_owned(),
            }));
        }
        Some(items)
    }

    /// Whether an open question asks for a field.
    fn is_asked(&self, row: Option<RowId>, field: &Field) -> bool {
        let Some((row, slot)) = row.zip(field.slot) else { return false };
        let slot = self.facts.slot_of(row, slot);
        let findings = &self.described.checked.evaluation.findings;
        findings.iter().flat_map(|one| &one.questions).any(|question| question.slot == slot)
    }

    fn values(&self, ty: TypeId, key: &str, needs_blank: bool) -> Option<Vec<Item>> {
        let def = self.facts.schema().ty(ty);
        let field = &def.fields[def.field(key)?];
        let mut items = self.of_type(&field.ty);
        if needs_blank {
            items.iter_mut().for_each(|item| item.text.insert(0, ' '));
        }
        Some(items)
    }

    /// What a value of a type can be.
    fn of_type(&self, ty: &Type) -> Vec<Item> {
        let schema = self.facts.schema();
        let word = |word: &str| Item {
            label: word.to_owned(),
            text: word.to_owned(),
            kind: WORD,
            detail: String::new(),
        };
        let mut items: Vec<Item> = match ty.present() {
            Type::Bool => vec![word("true"), word("false")],
            Type::Words(words) => words.iter().map(|id| word(schema.word(*id))).collect(),
            Type::Ref(_) | Type::RefAny => {
                return self.ids(ty.present());
            }
            _ => Vec::new(),
        };
        if self.described.is_shared() {
            return Vec::new();
        }
        if matches!(ty, Type::OrNone(_)) {
            items.push(word("none"));
        }
        if !matches!(ty.present(), Type::Row(_)) {
            items.push(word("unknown"));
        }
        items
    }

    /// The ids of the entities that may be referred to, with their readiness.
    fn ids(&self, ty: &Type) -> Vec<Item> {
        let schema = self.facts.schema();
        let types: Vec<TypeId> = match ty {
            Type::Ref(entity) => vec![*entity],
            _ => schema.types().filter(|(_, def)| def.key.is_some()).map(|(id, _)| id).collect(),
        };
        let rows = types.iter().flat_map(|ty| self.facts.entities(*ty));
        let item = |row: &RowId| {
            let name = self.facts.key(*row)?.as_str().to_owned();
            let detail = self.described.readiness(*row);
            let detail = detail
                .map_or_else(|| schema.ty(self.facts.row(*row).ty).name.clone(), str::to_owned);
            Some(Item { label: name.clone(), text: quoted(&name), kind: ID, detail })
        };
        rows.filter_map(item).take(MOST).collect()
    }
}

/// An id as it is written: in quotes where it would mean something else without.
fn quoted(id: &str) -> String {
    Written::Text(id.to_owned()).line()
}

/// The bracket or brace that is open at the end of a part of a line.
fn innermost(line: &str) -> Option<usize> {
    let mut open = Vec::new();
    for (at, char) in line.char_indices() {
        match char {
            '{' | '[' => open.push(at),
            '}' | ']' => _ = open.pop(),
            _ => {}
        }
    }
    open.pop()
}
