//! What each name of a pack refers to, for those who show rules to a person: `s.state` is the field `state` of `Server`.
//!
//! Owns [`Resolutions`], which the checker fills only when it is asked for, and the names that need no checker because
//! each kind has a list of its own: types, clauses, remedies, roles. An error in a rule keeps it from running, not from
//! being resolved.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::ir::{LocalId, RuleSet};
use crate::compile::{self, Compiler};
use crate::diagnostic::Diagnostics;
use crate::language::ast::{self, ExprKind, ItemKind, Name};
use crate::schema::types::{Type, WordId};
use crate::schema::{ENVIRONMENT, Schema, TypeId};
use crate::source::{FileId, Span};

/// What a name refers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A declared type.
    Type(TypeId),
    /// A field of a type, by its index.
    Field(TypeId, usize),
    /// A word of an enumeration.
    Word(WordId),
    /// A name bound by `for`, `let`, a parameter or an expression: where it is bound.
    Local(Span),
    /// A function of the language.
    Function(&'static str),
    /// `now`
    Now,
    /// A declaration by its name.
    Named(NameKind, String),
}

/// The kinds of declarations that are found by their name alone; each has names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// `define`
    Definition,
    /// `prerequisite`, `unsupported`, `advisory`
    Rule,
    /// `remedy`
    Remedy,
    /// `clause` of a document
    Clause,
    /// `document`
    Document,
    /// `role`
    Role,
    /// `pack`
    Pack,
}

/// What stands around the place that was asked for.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The type that is expected there, where one is.
    pub expected: Option<Type>,
    /// The names in scope with their types, the innermost last.
    pub scope: Vec<(String, Type)>,
    /// The type whose fields are in scope by their names.
    pub owner: Option<TypeId>,
}

/// What the names of a pack refer to, by place.
#[derive(Debug, Default)]
pub struct Resolutions {
    /// Every name that refers to something, declarations included, in the order of files and places.
    pub uses: Vec<(Span, Symbol)>,
    /// The names that declare or bind what they refer to, in the same order.
    pub declared: Vec<(Span, Symbol)>,
    /// The types of expressions and of the names that are bound.
    pub types: FxHashMap<Span, Type>,
    /// What stands around the place that was asked for, where an expression stands there.
    pub around: Option<Around>,
    /// The place that is asked for.
    pub(super) probe: Option<(FileId, u32)>,
    pub(super) bound: FxHashMap<LocalId, Span>,
}

impl Resolutions {
    /// The name at an offset of a file; one that ends there counts.
    pub fn at(&self, file: FileId, offset: u32) -> Option<&(Span, Symbol)> {
        let end = self.uses.partition_point(|(span, _)| (span.file, span.start) <= (file, offset));
        let before = self.uses.get(..end)?.iter().rev();
        // Names do not overlap; one that starts here comes before one that ends here.
        before.take(2).find(|(span, _)| span.file == file && offset <= span.end)
    }

    /// All places where a symbol is named.
    pub fn uses_of<'r>(&'r self, symbol: &'r Symbol) -> impl Iterator<Item = Span> + 'r {
        self.uses.iter().filter(move |(_, other)| other == symbol).map(|(span, _)| *span)
    }

    /// Where a symbol is declared; a word may be declared by several fields.
    pub fn declarations_of<'r>(&'r self, symbol: &'r Symbol) -> impl Iterator<Item = Span> + 'r {
        self.declared.iter().filter(move |(_, other)| other == symbol).map(|(span, _)| *span)
    }

    pub(super) fn declare(&mut self, span: Span, symbol: Symbol) {
        self.declared.push((span, symbol.clone()));
        self.uses.push((span, symbol));
    }

    fn finish(&mut self) {
        for list in [&mut self.uses, &mut self.declared] {
            list.sort_by_key(|(span, _)| *span);
            let mut seen = FxHashSet::default();
            // A definition is checked once, a `for` of a `fix` twice; one place is one name.
            list.retain(|(span, _)| seen.insert(*span));
        }
    }
}

/// Compiles the files of one pack like [`compile::compile`], and says what each name refers to; `written` are the files
/// before they were joined with others. With a place, also what stands around it.
pub fn compile(
    files: &[ast::File],
    written: &[ast::File],
    probe: Option<(FileId, u32)>,
    diagnostics: &mut Diagnostics,
) -> (RuleSet, Resolutions) {
    let wanted = Resolutions { probe, ..Resolutions::default() };
    let (rules, found) = compile::compile_with(files, Some(Box::new(wanted)), diagnostics);
    let mut found = found.map(|found| *found).unwrap_or_default();
    let mut names = Declared { schema: &rules.schema, found: &mut found };
    for item in written.iter().flat_map(|file| &file.items) {
        names.item(item);
    }
    for item in written.iter().flat_map(|file| &file.items) {
        names.left_out(item);
    }
    found.finish();
    (rules, found)
}

impl Compiler<'_> {
    /// Looks into what is left out because it is broken: only for what its names refer to, since what is wrong with it
    /// is reported already.
    pub(super) fn look_into(&mut self, look: impl FnOnce(&mut Self)) {
        if self.shared.resolutions.is_none() {
            return;
        }
        let kept = std::mem::take(self.diagnostics);
        look(self);
        *self.diagnostics = kept;
    }
}

/// Names that are found without the checker.
struct Declared<'s, 'f> {
    schema: &'s Schema,
    found: &'f mut Resolutions,
}

impl Declared<'_, '_> {
    fn item(&mut self, item: &ast::Item) {
        match &item.kind {
            ItemKind::Pack(pack) => {
                self.declare(NameKind::Pack, &pack.name);
                self.name_all(NameKind::Remedy, &pack.gates);
                self.name_all(NameKind::Pack, pack.uses.iter().map(|used| &used.name));
                if let Some((field, word)) = &pack.when {
                    self.field(ENVIRONMENT, field);
                    self.word(word);
                }
            }
            ItemKind::Document(document) => {
                self.declare(NameKind::Document, &document.name);
                for clause in &document.clauses {
                    self.declare(NameKind::Clause, &clause.id);
                }
            }
            ItemKind::Environment(decl) => self.fields(ENVIRONMENT, decl),
            ItemKind::Entity(decl) | ItemKind::Record(decl) => {
                if let Some(ty) = self.schema.find(&decl.name.value) {
                    self.found.declare(decl.name.span, Symbol::Type(ty));
                    self.fields(ty, decl);
                }
            }
            ItemKind::Extend(extend) => {
                let decl = &extend.decl;
                if let Some(ty) = self.schema.find(&decl.name.value) {
                    self.type_name(&decl.name);
                    self.fields(ty, decl);
                }
            }
            ItemKind::Suppose(suppose) => {
                self.field(ENVIRONMENT, &suppose.field);
                self.name_all(NameKind::Remedy, suppose.fixes.iter().map(|fix| &fix.remedy));
            }
            ItemKind::Unit(unit) => self.type_name(&unit.entity),
            ItemKind::Role(role) => self.declare(NameKind::Role, &role.name),
            ItemKind::Define(define) => {
                self.declare(NameKind::Definition, &define.name);
                // Without an expression there is nothing for the checker to bind them in.
                for param in define.params.iter().filter(|_| define.needed.is_some()) {
                    self.found.declare(param.name.span, Symbol::Local(param.name.span));
                }
                define.params.iter().for_each(|param| self.ty(&param.ty));
                define.ty.iter().for_each(|ty| self.ty(ty));
            }
            ItemKind::Rule(rule) => {
                self.declare(NameKind::Rule, &rule.id);
                self.name_all(NameKind::Clause, &rule.clauses);
                self.name_all(NameKind::Remedy, rule.fixes.iter().map(|fix| &fix.remedy));
            }
            ItemKind::Remedy(remedy) => {
                self.declare(NameKind::Remedy, &remedy.name);
                remedy.params.iter().for_each(|param| self.ty(&param.ty));
                self.name_all(NameKind::Role, &remedy.role);
                self.name_all(NameKind::Remedy, &remedy.after);
            }
        }
    }

    /// `without` names a rule, a remedy or a definition: whichever there is.
    fn left_out(&mut self, item: &ast::Item) {
        let ItemKind::Pack(pack) = &item.kind else { return };
        for without in &pack.without {
            let mut declared = self.found.declared.iter().map(|(_, symbol)| symbol);
            let symbol = declared.find(|symbol| {
                let Symbol::Named(kind, name) = symbol else { return false };
                let kinds = [NameKind::Rule, NameKind::Remedy, NameKind::Definition];
                kinds.contains(kind) && *name == without.name.value
            });
            self.found.uses.extend(symbol.map(|symbol| (without.name.span, symbol.clone())));
        }
    }

    fn declare(&mut self, kind: NameKind, name: &Name) {
        if !name.value.is_empty() {
            self.found.declare(name.span, Symbol::Named(kind, name.value.clone()));
        }
    }

    fn name_all<'n>(&mut self, kind: NameKind, names: impl IntoIterator<Item = &'n Name>) {
        let uses = names.into_iter().filter(|name| !name.value.is_empty());
        self.found
            .uses
            .extend(uses.map(|name| (name.span, Symbol::Named(kind, name.value.clone()))));
    }

    fn fields(&mut self, owner: TypeId, decl: &ast::TypeDecl) {
        for field in &decl.fields {
            if let Some(at) = self.schema.ty(owner).field(&field.name.value) {
                self.found.declare(field.name.span, Symbol::Field(owner, at));
                let ty = self.schema.ty(owner).fields[at].ty.clone();
                self.found.types.insert(field.name.span, ty);
            }
            self.ty(&field.ty);
            if let Some(default) = &field.default
                && let ExprKind::Name(word) = default.kind.as_ref()
            {
                self.word(&Name { value: word.clone(), span: default.span });
            }
        }
    }

    fn ty(&mut self, ty: &ast::Type) {
        match &ty.kind {
            ast::TypeKind::Named(name) | ast::TypeKind::Ref(name) | ast::TypeKind::KeyRef(name) => {
                self.type_name(name)
            }
            ast::TypeKind::Words(words) => {
                for word in words {
                    if let Some(id) = self.schema.word_id(&word.value) {
                        self.found.declare(word.span, Symbol::Word(id));
                    }
                }
            }
            ast::TypeKind::OrNone(inner)
            | ast::TypeKind::List(inner)
            | ast::TypeKind::Partial(inner) => self.ty(inner),
            ast::TypeKind::All { entity, by } | ast::TypeKind::One { entity, by } => {
                self.type_name(entity);
                if let Some(ty) = self.schema.find(&entity.value) {
                    self.field(ty, by);
                }
            }
            ast::TypeKind::TextNocase | ast::TypeKind::Key | ast::TypeKind::Error => {}
        }
    }

    fn type_name(&mut self, name: &Name) {
        let found = self.schema.find(&name.value);
        self.found.uses.extend(found.map(|ty| (name.span, Symbol::Type(ty))));
    }

    fn field(&mut self, owner: TypeId, name: &Name) {
        let found = self.schema.ty(owner).field(&name.value);
        self.found.uses.extend(found.map(|at| (name.span, Symbol::Field(owner, at))));
    }

    fn word(&mut self, name: &Name) {
        let found = self.schema.word_id(&name.value);
        self.found.uses.extend(found.map(|word| (name.span, Symbol::Word(word))));
    }
}
