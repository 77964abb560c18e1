//! What an environment may say: entities, records, their fields and types.
//!
//! Owns the schema built from the declarations of a rule pack, and checks those declarations among themselves. Knows
//! no particular entity: all names come from the pack. Whether a description fits the schema is decided in `facts`.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::language::ast;
use crate::schema::types::{Completeness, InverseId, Type, WordId, literal_fits};
use crate::source::Span;

pub mod types;
mod containment;
pub mod export;

/// Index of a type in the [`Schema`]; 0 is the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u16);

/// The environment itself.
pub const ENVIRONMENT: TypeId = TypeId(0);

/// The types that the language brings along.
pub const BUILTIN_TYPES: [&str; 8] =
    ["text", "bool", "int", "size", "duration", "time", "version", "any"];

/// Environment, entity or record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// The root.
    Environment,
    /// Has a key, can be referred to.
    Entity,
    /// Has no identity of its own.
    Record,
}

/// A declared type.
#[derive(Debug)]
pub struct TypeDef {
    /// Name as declared.
    pub name: String,
    /// What it is.
    pub kind: TypeKind,
    /// Description.
    pub title: Option<String>,
    /// Fields in declaration order.
    pub fields: Vec<Field>,
    /// The key field of an entity.
    pub key: Option<usize>,
    /// How many slots a row of this type has: fields that are stored.
    pub slots: u32,
    /// The name in its declaration.
    pub span: Span,
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name, also the YAML key.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Slot within the row; `None` for an inverse, which is never written.
    pub slot: Option<u32>,
    /// Description.
    pub title: Option<Cow<'static, str>>,
    /// The question when it is unknown, without what is filled in.
    pub ask: Option<Cow<'static, str>>,
    /// Where the answer is found, without what is filled in.
    pub find: Option<Cow<'static, str>>,
    /// What absence means.
    pub default: Option<ast::Literal>,
    /// The default where it is a word.
    pub default_word: Option<WordId>,
    /// Age in microseconds after which a time is unknown.
    pub stale_after: Option<i64>,
    /// The name in its declaration.
    pub span: Span,
}

/// `all Source by field` or `one Source by field`.
#[derive(Debug)]
pub struct Inverse {
    /// The entity that has the inverse field.
    pub target: TypeId,
    /// The entity that refers.
    pub source: TypeId,
    /// Its referring field.
    pub by: usize,
    /// At most one refers.
    pub one: bool,
}

/// All declared types of a pack.
#[derive(Debug, Default)]
pub struct Schema {
    types: Vec<TypeDef>,
    names: FxHashMap<String, TypeId>,
    words: Vec<String>,
    word_ids: FxHashMap<String, WordId>,
    inverses: Vec<Inverse>,
    /// The entity for which readiness is told.
    pub unit: Option<TypeId>,
}

impl Schema {
    /// One type.
    pub fn ty(&self, id: TypeId) -> &TypeDef {
        &self.types[id.0 as usize]
    }

    /// All types; the first is the environment.
    pub fn types(&self) -> impl Iterator<Item = (TypeId, &TypeDef)> {
        self.types.iter().enumerate().map(|(at, ty)| (TypeId(at as u16), ty))
    }

    /// The type of a name.
    pub fn find(&self, name: &str) -> Option<TypeId> {
        self.names.get(name).copied()
    }

    /// The list of the environment that holds the entities of a type.
    pub fn list_of(&self, entity: TypeId) -> Option<&str> {
        let mut fields = self.ty(ENVIRONMENT).fields.iter();
        let field = fields.find(|field| field.ty.element() == Some(&Type::Row(entity)))?;
        field.slot.map(|_| field.name.as_str())
    }

    /// The spelling of a word.
    pub fn word(&self, id: WordId) -> &str {
        &self.words[id.0 as usize]
    }

    /// The number of a word, if any enumeration has it.
    pub fn word_id(&self, word: &str) -> Option<WordId> {
        self.word_ids.get(word).copied()
    }

    /// How many slots a row of a type takes with all records that it holds in place: they stand behind its own, in the
    /// order of their fields, so that each is at a fixed distance.
    pub fn extent(&self, id: TypeId) -> u32 {
        let def = self.ty(id);
        let held = def.fields.iter().filter_map(|field| match field.ty.present() {
            Type::Row(held) if field.slot.is_some() => Some(self.extent(*held)),
            _ => None,
        });
        def.slots + held.sum::<u32>()
    }

    /// The distance from the first slot of a row to the first slot of the record that its field holds in place; none
    /// where the record may be absent, or the field holds none.
    pub fn distance(&self, id: TypeId, field: usize) -> Option<u32> {
        let def = self.ty(id);
        if !matches!(def.fields[field].ty, Type::Row(_)) {
            return None;
        }
        let before = def.fields[..field].iter().filter_map(|field| match field.ty.present() {
            Type::Row(held) if field.slot.is_some() => Some(self.extent(*held)),
            _ => None,
        });
        Some(def.slots + before.sum::<u32>())
    }

    /// One inverse.
    pub fn inverse(&self, id: InverseId) -> &Inverse {
        &self.inverses[id.0 as usize]
    }

    /// All inverses.
    pub fn inverses(&self) -> impl Iterator<Item = (InverseId, &Inverse)> {
        self.inverses.iter().enumerate().map(|(at, inverse)| (InverseId(at as u32), inverse))
    }

    /// Names of the declared types.
    pub fn type_names(&self) -> impl Iterator<Item = &str> {
        self.types.iter().skip(1).map(|ty| ty.name.as_str())
    }

    /// All words, in the order of their numbers.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// A schema of declarations that were checked before.
    pub fn restored(
        types: Vec<TypeDef>,
        words: Vec<String>,
        inverses: Vec<Inverse>,
        unit: Option<TypeId>,
    ) -> Self {
        let numbered = |ty: (usize, &TypeDef)| (ty.1.name.clone(), TypeId(ty.0 as u16));
        let names = types.iter().enumerate().map(numbered).collect();
        let word_ids = words.iter().enumerate().map(|(at, word)| (word.clone(), WordId(at as u32)));
        let word_ids = word_ids.collect();
        Self { types, names, words, word_ids, inverses, unit }
    }

    fn intern(&mut self, word: &str) -> WordId {
        if let Some(id) = self.word_ids.get(word) {
            return *id;
        }
        let id = WordId(self.words.len() as u32);
        self.words.push(word.to_owned());
        self.word_ids.insert(word.to_owned(), id);
        id
    }
}

impl TypeDef {
    /// The index of a field.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The names of all fields.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }
}

/// Builds the schema of a pack; what is wrong with a declaration is reported, and the rest stands.
pub fn build(files: &[ast::File], diagnostics: &mut Diagnostics) -> Schema {
    let mut builder =
        Builder { schema: Schema::default(), decls: Vec::new(), broken: Vec::new(), diagnostics };
    builder.declare(files);
    builder.fields();
    builder.inverses();
    builder.containment();
    builder.unit(files);
    builder.schema
}

/// A text with a gap where something is filled in.
fn plain(text: &ast::Text) -> Cow<'static, str> {
    let parts = text.parts.iter().map(|part| match part {
        ast::TextPart::Literal(text) => text.as_str(),
        ast::TextPart::Expr(_) => "…",
    });
    Cow::Owned(parts.collect())
}

struct Builder<'a, 'd> {
    schema: Schema,
    decls: Vec<Option<&'a ast::TypeDecl>>,
    /// Types whose declaration is reported already, so that fields may be missing.
    broken: Vec<TypeId>,
    diagnostics: &'d mut Diagnostics,
}

impl<'a> Builder<'a, '_> {
    fn declare(&mut self, files: &'a [ast::File]) {
        self.add(
            TypeKind::Environment,
            "environment",
            None,
            None,
            Span::new(crate::source::FileId(0), 0, 0),
        );
        for item in files.iter().flat_map(|file| &file.items) {
            let (kind, decl) = match &item.kind {
                ast::ItemKind::Environment(decl) => (TypeKind::Environment, decl),
                ast::ItemKind::Entity(decl) => (TypeKind::Entity, decl),
                ast::ItemKind::Record(decl) => (TypeKind::Record, decl),
                _ => continue,
            };
            let title = decl.title.as_ref().map(|title| title.value.clone());
            if kind == TypeKind::Environment {
                if let Some(first) = self.decls[0] {
                    let message = "the environment is declared twice";
                    let again = Diagnostic::error("duplicate-declaration", message, decl.name.span);
                    let again = again.label(first.name.span, "first here");
                    let help = "add fields to the other one: `extend environment { … }`";
                    self.diagnostics.push(again.help(help));
                    continue;
                }
                self.decls[0] = Some(decl);
                self.schema.types[0].span = decl.name.span;
            } else if let Some(first) = self.schema.find(&decl.name.value) {
                let message = format!("type `{}` is declared twice", decl.name.value);
                let again = Diagnostic::error("duplicate-declaration", message, decl.name.span);
                self.diagnostics.push(again.label(self.schema.ty(first).span, "first here"));
            } else {
                self.add(kind, &decl.name.value, title, Some(decl), decl.name.span);
                self.broken.extend(item.broken.then_some(TypeId(self.decls.len() as u16 - 1)));
            }
        }
        if self.decls[0].is_none()
            && !self.schema.types.is_empty()
            && let Some(span) =
                files.iter().flat_map(|file| &file.items).map(|item| item.span).next()
            // A pack that is there for others may leave it to them.
            && files.iter().any(|file| !file.used)
        {
            let message = "no file of this pack declares an `environment`";
            self.diagnostics.push(Diagnostic::error("missing-environment", message, span));
        }
    }

    fn add(
        &mut self,
        kind: TypeKind,
        name: &str,
        title: Option<String>,
        decl: Option<&'a ast::TypeDecl>,
        span: Span,
    ) {
        let id = TypeId(self.schema.types.len() as u16);
        let name = name.to_owned();
        self.schema.names.insert(name.clone(), id);
        self.schema.types.push(TypeDef {
            name,
            kind,
            title,
            fields: Vec::new(),
            key: None,
            slots: 0,
            span,
        });
        self.decls.push(decl);
    }

    fn fields(&mut self) {
        for at in 0..self.decls.len() {
            let Some(decl) = self.decls[at] else { continue };
            let mut fields: Vec<Field> = Vec::new();
            let mut key = None;
            let mut slots = 0;
            for field in &decl.fields {
                if let Some(first) = fields.iter().find(|known| known.name == field.name.value) {
                    let message = format!("field `{}` is declared twice", field.name.value);
                    let again =
                        Diagnostic::error("duplicate-declaration", message, field.name.span);
                    self.diagnostics.push(again.label(first.span, "first here"));
                    continue;
                }
                let is_key = matches!(field.ty.kind, ast::TypeKind::Key | ast::TypeKind::KeyRef(_));
                if is_key {
                    if key.is_some() || self.schema.types[at].kind != TypeKind::Entity {
                        let message = "only an entity has a key, and only one";
                        self.diagnostics.push(Diagnostic::error(
                            "misplaced-key",
                            message,
                            field.ty.span,
                        ));
                    } else {
                        key = Some(fields.len());
                    }
                }
                let field = self.field(TypeId(at as u16), fields.len(), field, &mut slots);
                fields.push(field);
            }
            let ty = &mut self.schema.types[at];
            let is_broken = self.broken.contains(&TypeId(at as u16));
            if ty.kind == TypeKind::Entity && key.is_none() && !is_broken {
                let message = format!("entity `{}` has no key", ty.name);
                self.diagnostics.push(
                    Diagnostic::error("missing-key", message, ty.span)
                        .help("add a field such as `id: key`"),
                );
            }
            (ty.fields, ty.key, ty.slots) = (fields, key, slots);
        }
    }

    fn field(&mut self, owner: TypeId, at: usize, field: &ast::Field, slots: &mut u32) -> Field {
        let ty = self.resolve(&field.ty, Some((owner, at)));
        let slot = (!matches!(ty, Type::All(_) | Type::One(_))).then(|| {
            *slots += 1;
            *slots - 1
        });
        let mut default_word = None;
        let default =
            field.default.as_ref().and_then(|expr| match (expr.kind.as_ref(), ty.present()) {
                (ast::ExprKind::Name(word), Type::Words(words)) => {
                    default_word = self.schema.word_id(word).filter(|id| words.contains(id));
                    default_word.map(|_| ast::Literal::Text(word.clone()))
                }
                (ast::ExprKind::Literal(ast::Literal::None), _)
                    if matches!(ty, Type::OrNone(_)) =>
                {
                    Some(ast::Literal::None)
                }
                (ast::ExprKind::Literal(literal), present) if literal_fits(literal, present) => {
                    Some(literal.clone())
                }
                (ast::ExprKind::List(elements), Type::List(..)) if elements.is_empty() => {
                    Some(ast::Literal::Text(String::new()))
                }
                _ => None,
            });
        if let (Some(expr), None) = (&field.default, &default) {
            let message = format!("the default of `{}` does not fit its type", field.name.value);
            let help = format!("write {}", ty.expectation(&self.schema));
            self.diagnostics
                .push(Diagnostic::error("type-mismatch", message, expr.span).help(help));
        }
        let stale_after = field.stale_after.as_ref().and_then(|expr| match expr.kind.as_ref() {
            ast::ExprKind::Literal(ast::Literal::Duration(limit))
                if *ty.present() == Type::Time =>
            {
                Some(*limit)
            }
            _ => {
                let message =
                    "`stale after` takes a duration, and belongs to a field of type `time`";
                self.diagnostics.push(Diagnostic::error("type-mismatch", message, expr.span));
                None
            }
        });
        Field {
            name: field.name.value.clone(),
            ty,
            slot,
            title: field.title.as_ref().map(|title| title.value.clone().into()),
            ask: field.ask.as_ref().map(plain),
            find: field.find.as_ref().map(plain),
            default,
            default_word,
            stale_after,
            span: field.name.span,
        }
    }

    /// Resolves a written type; `owner` is the field it stands on, where inverses are allowed.
    fn resolve(&mut self, ty: &ast::Type, owner: Option<(TypeId, usize)>) -> Type {
        match &ty.kind {
            ast::TypeKind::Named(name) => match name.value.as_str() {
                "text" => Type::Text,
                "bool" => Type::Bool,
                "int" => Type::Int,
                "size" => Type::Size,
                "duration" => Type::Duration,
                "time" => Type::Time,
                "version" => Type::Version,
                "any" => Type::RefAny,
                _ => self.named(name).map_or(Type::Error, Type::Row),
            },
            ast::TypeKind::TextNocase => Type::TextNocase,
            ast::TypeKind::Words(words) => {
                Type::Words(words.iter().map(|word| self.schema.intern(&word.value)).collect())
            }
            ast::TypeKind::OrNone(inner) => Type::OrNone(Arc::new(self.resolve(inner, None))),
            ast::TypeKind::List(inner) => {
                Type::List(Arc::new(self.resolve(inner, None)), Completeness::Complete)
            }
            ast::TypeKind::Partial(inner) => match self.resolve(inner, None) {
                Type::List(element, _) => Type::List(element, Completeness::Partial),
                element => Type::List(Arc::new(element), Completeness::Partial),
            },
            ast::TypeKind::Ref(name) if name.value == "any" => Type::RefAny,
            ast::TypeKind::Ref(name) | ast::TypeKind::KeyRef(name) => {
                self.entity(name).map_or(Type::Error, Type::Ref)
            }
            ast::TypeKind::Key => Type::Text,
            ast::TypeKind::All { entity, by } | ast::TypeKind::One { entity, by } => {
                let one = matches!(ty.kind, ast::TypeKind::One { .. });
                let (Some((target, _)), Some(source)) = (owner, self.entity(entity)) else {
                    return Type::Error;
                };
                let id = InverseId(self.schema.inverses.len() as u32);
                // The field may be declared further down; `inverses` looks it up when all are there.
                let decl = self.decls[source.0 as usize];
                let by_index = decl.and_then(|decl| {
                    decl.fields.iter().position(|field| field.name.value == by.value)
                });
                let Some(by_index) = by_index else {
                    if self.broken.contains(&source) {
                        return Type::Error;
                    }
                    let message = format!("`{}` has no field `{}`", entity.value, by.value);
                    let names = decl
                        .iter()
                        .flat_map(|decl| &decl.fields)
                        .map(|field| field.name.value.as_str());
                    let near = nearest(&by.value, names);
                    let told = Diagnostic::error("unknown-field", message, by.span);
                    self.diagnostics.push(told.meant(&by.value, near));
                    return Type::Error;
                };
                self.schema.inverses.push(Inverse { target, source, by: by_index, one });
                if one { Type::One(id) } else { Type::All(id) }
            }
            ast::TypeKind::Error => Type::Error,
        }
    }

    fn named(&mut self, name: &ast::Name) -> Option<TypeId> {
        let found = self.schema.find(&name.value).filter(|id| *id != ENVIRONMENT);
        if found.is_none() {
            let message = format!("unknown type `{}`", name.value);
            let known = self.schema.type_names().chain(BUILTIN_TYPES);
            let near = nearest(&name.value, known);
            let told = Diagnostic::error("unknown-type", message, name.span);
            self.diagnostics.push(told.meant(&name.value, near));
        }
        found
    }

    fn entity(&mut self, name: &ast::Name) -> Option<TypeId> {
        let id = self.named(name)?;
        if self.schema.ty(id).kind == TypeKind::Entity {
            return Some(id);
        }
        let message = format!("`{}` is a record; only an entity can be referred to", name.value);
        let help = "declare it as `entity`, with a key";
        self.diagnostics.push(Diagnostic::error("not-an-entity", message, name.span).help(help));
        None
    }

    fn inverses(&mut self) {
        for (_, inverse) in self.schema.inverses() {
            let field = &self.schema.ty(inverse.source).fields[inverse.by];
            let referred = match field.ty.present() {
                Type::List(element, _) => element.row(),
                other => other.row(),
            };
            let refers =
                !matches!(field.ty.present(), Type::Row(_)) && referred == Some(inverse.target);
            if !refers && field.ty != Type::Error {
                let target = &self.schema.ty(inverse.target).name;
                let message = format!(
                    "field `{}` does not refer to `{target}`, so it has no inverse there",
                    field.name
                );
                self.diagnostics.push(Diagnostic::error("not-a-reference", message, field.span));
            }
        }
    }

    fn unit(&mut self, files: &[ast::File]) {
        let mut first = None;
        for item in files.iter().flat_map(|file| &file.items) {
            let ast::ItemKind::Unit(unit) = &item.kind else { continue };
            if let Some(first) = first.replace(unit.entity.span) {
                let message = "the unit of readiness is declared twice";
                let again = Diagnostic::error("duplicate-declaration", message, unit.entity.span);
                self.diagnostics.push(again.label(first, "first here"));
            }
            self.schema.unit = self.entity(&unit.entity).or(self.schema.unit);
        }
    }
}

/// Resolves a type written in a definition or remedy, where neither keys nor inverses may stand.
pub fn resolve_type(schema: &mut Schema, ty: &ast::Type, diagnostics: &mut Diagnostics) -> Type {
    let mut builder = Builder {
        schema: std::mem::take(schema),
        decls: Vec::new(),
        broken: Vec::new(),
        diagnostics,
    };
    let resolved = match builder.resolve(ty, None) {
        // An entity is always handed around as a reference.
        Type::Row(id) if builder.schema.ty(id).kind == TypeKind::Entity => Type::Ref(id),
        other => other,
    };
    *schema = builder.schema;
    resolved
}
