//! The requests of the protocol about rule files, answered in its form.

use serde_json::{Value, json};

use crate::compile::resolutions::Symbol;
use crate::lsp::files::Documents;
use crate::lsp::rules::complete::{self, complete};
use crate::lsp::rules::outline::{self, Entry};
use crate::lsp::rules::rename::Refused;
use crate::lsp::rules::{Pack, colours, hints, hover, layout, refer, rename, signature};
use crate::lsp::tell::Places;
use crate::lsp::text::{self, Encoding, offset, offsets};
use crate::schema::TypeKind;
use crate::source::{FileId, Span};

/// A request about an open rule file.
pub struct Asked<'a> {
    /// Its pack.
    pub pack: &'a Pack<'a>,
    /// The file.
    pub file: FileId,
    /// The open texts.
    pub documents: &'a Documents,
    /// How columns are counted.
    pub encoding: Encoding,
    /// The parameters.
    pub params: &'a Value,
}

/// An answer, or why there is none.
pub type Answer = Result<Value, Refused>;

impl Asked<'_> {
    fn places(&self) -> Places<'_> {
        Places { sources: self.pack.sources, documents: self.documents, encoding: self.encoding }
    }

    fn text(&self) -> &str {
        self.pack.sources.get(self.file).text()
    }

    fn offset(&self) -> Option<u32> {
        let position = self.params.get("position")?;
        Some(offset(self.text(), position, self.encoding)? as u32)
    }

    fn range(&self) -> Option<Span> {
        let (start, end) = offsets(self.text(), self.params.get("range")?, self.encoding)?;
        Some(Span::new(self.file, start, end))
    }

    /// The answer to a request, none where it is no question about rules.
    ///
    /// # Errors
    ///
    /// Where a name cannot be renamed.
    pub fn answer(&self, method: &str) -> Option<Answer> {
        if method == "textDocument/rename" {
            return Some(self.rename());
        }
        if method == "textDocument/prepareRename" {
            let span = self.offset().ok_or(Refused::NoName);
            let span = span.and_then(|at| rename::prepare(self.pack, self.file, at));
            return Some(span.map(|span| self.places().range(span)));
        }
        Some(Ok(match method {
            "textDocument/hover" => self.hover(),
            "textDocument/definition" => self.locations(refer::definition),
            "textDocument/references" => {
                let with = self.params["context"]["includeDeclaration"].as_bool().unwrap_or(true);
                self.locations(move |pack, file, at| refer::references(pack, file, at, with))
            }
            "textDocument/documentHighlight" => self.highlights(),
            "textDocument/documentSymbol" => {
                let entries = outline::outline(self.pack, self.file);
                entries.iter().map(|entry| self.entry(entry)).collect()
            }
            "textDocument/completion" => self.completion(),
            "textDocument/signatureHelp" => self.signature(),
            "textDocument/inlayHint" => self.hints(),
            "textDocument/semanticTokens/full" => self.colours(None),
            "textDocument/semanticTokens/range" => self.colours(self.range()),
            "textDocument/foldingRange" => self.folds(),
            "textDocument/formatting" => self.format(),
            "textDocument/rangeFormatting" => self.format_range(),
            "textDocument/codeAction" => self.actions(),
            _ => return None,
        }))
    }

    fn hover(&self) -> Value {
        let found = self.offset().and_then(|at| hover::hover(self.pack, self.file, at));
        let Some(found) = found else { return Value::Null };
        let mut value = format!("```gate\n{}\n```", found.code);
        for text in &found.texts {
            value.push_str(&format!("\n\n{text}"));
        }
        let contents = json!({ "kind": "markdown", "value": value });
        json!({ "contents": contents, "range": self.places().range(found.span) })
    }

    fn locations(&self, find: impl FnOnce(&Pack<'_>, FileId, u32) -> Vec<Span>) -> Value {
        let Some(at) = self.offset() else { return Value::Null };
        let places = self.places();
        let spans = find(self.pack, self.file, at);
        let spans = spans.into_iter().filter(|span| places.is_on_disk(*span));
        spans.map(|span| places.location(span)).collect()
    }

    fn highlights(&self) -> Value {
        let Some(at) = self.offset() else { return Value::Null };
        let found = refer::highlights(self.pack, self.file, at);
        let shown = found.into_iter().map(|(span, declares)| {
            json!({ "range": self.places().range(span), "kind": if declares { 3 } else { 2 } })
        });
        shown.collect()
    }

    fn rename(&self) -> Answer {
        let new = self.params["newName"].as_str().unwrap_or_default();
        let at = self.offset().ok_or(Refused::NoName)?;
        let spans = rename::rename(self.pack, self.file, at, new)?;
        let places = self.places();
        let mut changes = serde_json::Map::new();
        for span in spans {
            let edits = changes.entry(places.uri(span)).or_insert_with(|| json!([]));
            if let Value::Array(edits) = edits {
                edits.push(json!({ "range": places.range(span), "newText": new }));
            }
        }
        Ok(json!({ "changes": changes }))
    }

    fn entry(&self, entry: &Entry) -> Value {
        let kind = match entry.kind {
            outline::Kind::Pack => 4,
            outline::Kind::Document => 1,
            outline::Kind::Clause => 15,
            outline::Kind::Entity => 5,
            outline::Kind::Record => 23,
            outline::Kind::Field => 8,
            outline::Kind::Unit | outline::Kind::Role => 14,
            outline::Kind::Suppose => 24,
            outline::Kind::Definition => 12,
            outline::Kind::Rule => 19,
            outline::Kind::Remedy => 6,
        };
        let children: Vec<Value> = entry.children.iter().map(|child| self.entry(child)).collect();
        let places = self.places();
        json!({
            "name": entry.name,
            "detail": entry.detail,
            "kind": kind,
            "range": places.range(entry.span),
            "selectionRange": places.range(entry.selection),
            "children": children,
        })
    }

    fn completion(&self) -> Value {
        let Some(at) = self.offset() else { return Value::Null };
        let found = complete(self.pack.sources, self.pack.files, self.file, at);
        let Some(found) = found else { return Value::Null };
        let range = self.places().range(found.span);
        let items = found.candidates.iter().map(|one| {
            let kind = match one.kind {
                complete::Kind::Word => 20,
                complete::Kind::Local => 6,
                complete::Kind::Field => 10,
                complete::Kind::Function | complete::Kind::Remedy => 3,
                complete::Kind::Type => 7,
                complete::Kind::Clause => 18,
                complete::Kind::Name => 21,
                complete::Kind::Keyword => 14,
            };
            json!({
                "label": one.text,
                "kind": kind,
                "detail": one.detail,
                "sortText": format!("{}{}", one.rank, one.text),
                "textEdit": { "range": range, "newText": one.text },
            })
        });
        json!({ "isIncomplete": false, "items": items.collect::<Vec<_>>() })
    }

    fn signature(&self) -> Value {
        let found = self.offset().and_then(|at| signature::signature(self.pack, self.file, at));
        let Some(found) = found else { return Value::Null };
        let params = found.params.iter().map(
            |(start, end)| json!({ "label": found.label.get(*start..*end).unwrap_or_default() }),
        );
        let params: Vec<Value> = params.collect();
        let signature =
            json!({ "label": found.label, "parameters": params, "documentation": found.doc });
        json!({ "signatures": [signature], "activeSignature": 0, "activeParameter": found.active })
    }

    fn hints(&self) -> Value {
        let Some(range) = self.range() else { return Value::Null };
        let source = self.pack.sources.get(self.file);
        let shown = hints::hints(self.pack, range).into_iter().map(|hint| {
            let position = text::position(source, hint.offset, self.encoding);
            json!({ "position": position, "label": format!(": {}", hint.ty), "kind": 1 })
        });
        shown.collect()
    }

    /// Each token by its distance from the one before.
    fn colours(&self, range: Option<Span>) -> Value {
        let source = self.pack.sources.get(self.file);
        let (mut line, mut column) = (0, 0);
        let mut data: Vec<u64> = Vec::new();
        for piece in colours::colours(self.pack, self.file) {
            let span = piece.span;
            if range.is_some_and(|range| span.end < range.start || range.end < span.start) {
                continue;
            }
            let place = |offset: u32| {
                let place = text::position(source, offset, self.encoding);
                let number = |key: &str| place[key].as_u64().unwrap_or_default();
                (number("line"), number("character"))
            };
            let ((start_line, start), (_, end)) = (place(span.start), place(span.end));
            let before = if start_line == line { column } else { 0 };
            data.extend([start_line - line, start - before, end - start]);
            data.extend([piece.kind as u64, u64::from(piece.declares)]);
            (line, column) = (start_line, start);
        }
        json!({ "data": data })
    }

    fn folds(&self) -> Value {
        let source = self.pack.sources.get(self.file);
        let shown = outline::folds(self.pack, self.file).into_iter().map(|fold| {
            let lines = (source.line_of(fold.span.start), source.line_of(fold.span.end));
            let kind = if fold.comment { "comment" } else { "region" };
            json!({ "startLine": lines.0, "endLine": lines.1, "kind": kind })
        });
        shown.collect()
    }

    fn format(&self) -> Value {
        let Some(new) = layout::whole(self.pack.sources, self.file) else { return Value::Null };
        let all = Span::new(self.file, 0, self.text().len());
        json!([{ "range": self.places().range(all), "newText": new }])
    }

    fn format_range(&self) -> Value {
        let Some(range) = self.range() else { return Value::Null };
        let edits = layout::range(self.pack.sources, range);
        let shown = edits
            .into_iter()
            .map(|(span, text)| json!({ "range": self.places().range(span), "newText": text }));
        shown.collect()
    }

    /// The corrections that come with what is wrong in a range.
    fn actions(&self) -> Value {
        let Some(range) = self.range() else { return Value::Null };
        let near = |span: Span| {
            span.file == self.file && span.start <= range.end && range.start <= span.end
        };
        let places = self.places();
        let told = self.pack.resolved.loaded.diagnostics.iter();
        let here = told.filter(|told| told.span().is_some_and(near));
        let actions = here.flat_map(|told| told.fixes.iter().map(move |fix| (told, fix)));
        let shown = actions.map(|(told, fix)| {
            let diagnostics = places.of_rules(std::slice::from_ref(told)).into_values().next();
            json!({
                "title": fix.title,
                "kind": "quickfix",
                "isPreferred": told.fixes.len() == 1,
                "diagnostics": diagnostics,
                "edit": places.edit(fix),
            })
        });
        shown.collect()
    }
}

/// What the declarations of a pack are called, for a search over all files.
pub fn workspace(pack: &Pack<'_>, places: &Places<'_>, query: &str) -> Vec<Value> {
    let found = &pack.resolved.resolutions;
    let query = query.to_lowercase();
    let named = found.declared.iter().filter_map(|(span, symbol)| {
        let kind = match symbol {
            Symbol::Named(..) => 12,
            Symbol::Type(ty) if pack.schema().ty(*ty).kind == TypeKind::Record => 23,
            Symbol::Type(_) => 5,
            _ => return None,
        };
        let name = pack.sources.slice(*span);
        let fits = name.to_lowercase().contains(&query) && places.is_on_disk(*span);
        fits.then(|| json!({ "name": name, "kind": kind, "location": places.location(*span) }))
    });
    named.collect()
}
