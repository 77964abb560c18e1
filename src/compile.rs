//! From syntax trees to a rule set.
//!
//! Owns name resolution over a whole pack, the checks of each declaration, and the checks of the pack as a whole that
//! need no search: clauses without a rule, facts that nothing reads, remedies that no rule names, cost. A rule with an
//! error is reported and left out; the others stand.

use rustc_hash::FxHashMap;

use crate::compile::check::{Checker, Define, Shared};
use crate::compile::ir::{Binding, Clause, Document, Expr, Kind, LocalId, Rule, RuleSet, Template};
use crate::compile::remedy::{Remedy, Takes, Undo};
use crate::compile::resolutions::{Resolutions, Symbol};
use crate::compile::stored::Later;
use crate::compile::usage::Usage;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, nearest};
use crate::language::ast::{self, RuleKind};
use crate::schema::types::Type;
use crate::schema::{self, ENVIRONMENT, Schema, TypeId, TypeKind};

pub mod check;
pub mod declare;
pub mod hoist;
pub mod ir;
pub mod join;
mod lint;
pub mod nesting;
mod notes;
pub mod origin;
pub mod pack;
pub mod pattern;
pub mod remedy;
pub mod resolutions;
pub mod select;
pub mod stored;
mod suppose;
pub mod usage;
pub mod uses;
pub mod weight;

/// Compiles the files of one pack.
pub fn compile(files: &[ast::File], diagnostics: &mut Diagnostics) -> RuleSet {
    compile_with(files, None, diagnostics).0
}

/// Compiles the files of one pack, and notes what the names refer to where a place for that is handed in.
fn compile_with(
    files: &[ast::File],
    resolutions: Option<Box<Resolutions>>,
    diagnostics: &mut Diagnostics,
) -> (RuleSet, Option<Box<Resolutions>>) {
    let mut types = schema::build(files, diagnostics);
    let mut compiler = Compiler {
        names: Names::default(),
        usage: Usage::default(),
        shared: Shared { resolutions, ..Shared::default() },
        locals: 0,
        schema: Schema::default(),
        diagnostics,
    };
    declare::names(files, compiler.diagnostics);
    let defines = compiler.defines(files, &mut types);
    let remedy_params = compiler.remedy_params(files, &mut types);
    compiler.shared.broken = declare::broken(files, &types);
    compiler.schema = types;
    let documents = pack::documents(files);
    let remedies = compiler.remedies(files, &defines, &remedy_params);
    let rules = compiler.rules(files, &defines, &remedy_params, &documents);
    let [unit_filter, unit_done] = compiler.unit(files, &defines);
    let suppositions = compiler.suppositions(files, &defines, &remedy_params);
    let roles = pack::roles(files, compiler.diagnostics);
    let questions = compiler.questions(files, &defines);
    compiler.check_defines(&defines);
    let renewals = compiler.renewals(files, &defines);
    let (name, title, when, gated) = compiler.pack(files);
    let rules = pack::without_gated_fixes(rules, gated, &remedies, compiler.diagnostics);
    pack::check(files, &rules, &compiler.schema, &compiler.usage, &documents, compiler.diagnostics);
    let resolutions = compiler.shared.resolutions.take();
    let rules = RuleSet {
        name,
        title,
        when,
        gated,
        documents: documents.into(),
        rules,
        remedies,
        unit_filter,
        unit_done,
        suppositions,
        roles,
        questions,
        renewals,
        memos: compiler.shared.memos,
        indices: compiler.shared.indices,
        defines: compiler.shared.defines,
        locals: compiler.locals.max(compiler.shared.define_locals),
        schema: compiler.schema,
    };
    (rules, resolutions)
}

/// Where each name of a pack is declared.
#[derive(Debug, Default)]
pub struct Names {
    /// Index of a remedy by name, in declaration order.
    pub remedies: FxHashMap<String, usize>,
}

struct Compiler<'d> {
    names: Names,
    usage: Usage,
    shared: Shared,
    locals: u32,
    schema: Schema,
    diagnostics: &'d mut Diagnostics,
}

/// Name, title, the field and word by which a pack is chosen, and the remedy that it gates.
type Head = (String, String, Option<(String, String)>, Option<usize>);

type Defines<'a> = FxHashMap<String, Define<'a>>;

impl Compiler<'_> {
    fn pack(&mut self, files: &[ast::File]) -> Head {
        let mut found = None;
        for item in files.iter().flat_map(|file| &file.items) {
            let ast::ItemKind::Pack(pack) = &item.kind else { continue };
            let when =
                pack.when.as_ref().map(|(field, word)| (field.value.clone(), word.value.clone()));
            let gated = pack.gates.as_ref().and_then(|name| self.remedy_named(name));
            self.usage.remedies.extend(pack.gates.iter().map(|name| name.value.clone()));
            found.get_or_insert((pack.name.value.clone(), pack.title.value.clone(), when, gated));
        }
        found.unwrap_or_else(|| ("unnamed".into(), String::new(), None, None))
    }

    fn defines<'a>(&mut self, files: &'a [ast::File], types: &mut Schema) -> Defines<'a> {
        let mut defines = Defines::default();
        for item in files.iter().flat_map(|file| &file.items) {
            let ast::ItemKind::Define(define) = &item.kind else { continue };
            if defines.contains_key(&define.name.value) {
                continue;
            }
            let mut typed = |ty| schema::resolve_type(types, ty, self.diagnostics);
            let params = define.params.iter().map(|param| typed(&param.ty)).collect();
            let ty = define.ty.as_ref().map(typed);
            // Whoever uses a broken one need not hear that it does not exist.
            let entry = Define { ast: define, params, ty, unfit: item.broken };
            defines.insert(define.name.value.clone(), entry);
        }
        nesting::check(&mut defines, self.diagnostics);
        defines
    }

    fn remedy_params(
        &mut self,
        files: &[ast::File],
        types: &mut Schema,
    ) -> FxHashMap<String, Vec<(String, Type)>> {
        let mut all = FxHashMap::default();
        for item in files.iter().flat_map(|file| &file.items) {
            let ast::ItemKind::Remedy(remedy) = &item.kind else { continue };
            let params = remedy.params.iter().map(|param| {
                (param.name.value.clone(), schema::resolve_type(types, &param.ty, self.diagnostics))
            });
            all.entry(remedy.name.value.clone()).or_insert_with(|| params.collect());
        }
        all
    }

    fn checker<'a, 'c>(&'c mut self, defines: &'c Defines<'a>) -> Checker<'a, 'c> {
        Checker::new(&self.schema, defines, &mut self.usage, self.diagnostics, &mut self.shared)
    }

    /// Checks the definitions that nothing calls, too.
    fn check_defines(&mut self, defines: &Defines<'_>) {
        let mut sorted: Vec<_> = defines.values().collect();
        sorted.sort_by_key(|define| define.ast.name.span);
        let mut scratch = Usage::default();
        for define in sorted {
            let mut checker = Checker::new(
                &self.schema,
                defines,
                &mut scratch,
                self.diagnostics,
                &mut self.shared,
            );
            checker.define(&define.ast.name.value);
            checker.look_into(&define.ast.name.value);
        }
    }

    fn finish(&mut self, mut expr: Expr, bound: &[LocalId]) -> Expr {
        hoist::hoist(&mut expr, &mut bound.to_vec(), &mut self.shared.memos);
        let mut found = Vec::new();
        hoist::quadratic(&expr, bound.len().min(1), &mut found);
        found.sort();
        found.dedup();
        for span in found {
            let message = "this goes through a list of the whole environment once for each binding";
            self.diagnostics.push(
                Diagnostic::new(Severity::Warning, "quadratic-cost", message)
                    .label(span, "for each binding, all of these")
                    .help("find the elements by an equality (`x.field == value`), an inverse, or `in`"),
            );
        }
        expr
    }

    fn finish_template(&mut self, mut template: Template, bound: &[LocalId]) -> Template {
        for part in &mut template.parts {
            if let ir::Part::Expr(expr) = part {
                hoist::hoist(expr, &mut bound.to_vec(), &mut self.shared.memos);
            }
        }
        template
    }

    fn rules(
        &mut self,
        files: &[ast::File],
        defines: &Defines<'_>,
        remedies: &FxHashMap<String, Vec<(String, Type)>>,
        documents: &[Document],
    ) -> Vec<Rule> {
        let mut rules = Vec::new();
        for item in files.iter().flat_map(|file| &file.items) {
            let ast::ItemKind::Rule(rule) = &item.kind else { continue };
            for clause in &rule.clauses {
                self.usage.clauses.insert(clause.value.clone());
                self.check_clause(clause, documents);
            }
            for fix in &rule.fixes {
                self.usage.remedies.insert(fix.remedy.value.clone());
            }
            if item.broken || rules.iter().any(|known: &Rule| known.id == rule.id.value) {
                self.look_into(|this| drop(this.rule(rule, defines, remedies)));
                continue;
            }
            rules.extend(self.rule(rule, defines, remedies));
        }
        rules
    }

    fn check_clause(&mut self, clause: &ast::Name, documents: &[Document]) {
        let known = || documents.iter().flat_map(|document| &document.clauses);
        if known().any(|known| known.id == clause.value) {
            return;
        }
        let message = format!("no document has a clause `{}`", clause.value);
        let near = nearest(&clause.value, known().map(|clause| clause.id.as_str()));
        let told = Diagnostic::error("unknown-clause", message, clause.span);
        self.diagnostics.push(told.meant(&clause.value, near));
    }

    fn rule(
        &mut self,
        rule: &ast::Rule,
        defines: &Defines<'_>,
        remedies: &FxHashMap<String, Vec<(String, Type)>>,
    ) -> Option<Rule> {
        let errors = self.error_count();
        let remedy_ids = std::mem::take(&mut self.names.remedies);
        let mut checker = self.checker(defines);
        let mut bindings = Vec::new();
        let mut bound: Vec<Vec<LocalId>> = Vec::new();
        let mut current = Vec::new();
        for binding in &rule.bindings {
            let value = checker.expr(&binding.value, None);
            let ty = match (binding.each, value.ty.element()) {
                (true, Some(element)) => element.clone(),
                (true, None) if value.ty != Type::Error => {
                    let found = value.ty.describe(checker.schema);
                    let message = format!("`for` goes through a list, found {found}");
                    checker.diagnostics.push(Diagnostic::error(
                        "type-mismatch",
                        message,
                        value.span,
                    ));
                    Type::Error
                }
                (true, None) => Type::Error,
                (false, _) => value.ty.clone(),
            };
            let local = checker.bind(&binding.name, ty);
            bound.push(current.clone());
            if binding.each {
                current.push(local);
            }
            bindings.push(Binding {
                each: binding.each,
                name: binding.name.value.clone(),
                local,
                value,
            });
        }
        let filter = rule.filter.as_ref().map(|filter| checker.condition(filter));
        let negated = rule.kind != RuleKind::Prerequisite;
        let condition = if negated { rule.when.as_ref() } else { rule.require.as_ref() };
        let condition = condition.map(|condition| checker.condition(condition));
        let grace = rule.grace.as_ref().map(|grace| match grace {
            ast::remedy::Foreseen::Known(time) => checker.expect(time, &Type::Time),
            ast::remedy::Foreseen::Unknown(span) => Expr::unforeseen(*span),
        });
        let because = rule.because.as_ref().map(|text| checker.template(text)).unwrap_or_default();
        let why = rule.why.as_ref().map(|text| checker.template(text));
        let whether = rule.whether.as_ref().map(|text| checker.template(text));
        let blocks = rule.blocks.as_ref().map(|blocks| checker.expr(blocks, None));
        let mut fixes = Vec::new();
        for fix in &rule.fixes {
            fixes.extend(declare::fix(fix, &remedy_ids, remedies, &mut checker));
        }
        let (locals, poisoned) = (checker.locals(), checker.is_poisoned());
        self.names.remedies = remedy_ids;
        self.locals = self.locals.max(locals);
        let level = weight::level(rule, self.diagnostics);
        let condition = condition?;
        if poisoned || self.error_count() > errors {
            return None;
        }
        let bindings = bindings.into_iter().zip(&bound).map(|(mut binding, bound)| {
            binding.value = self.finish(binding.value, bound);
            binding
        });
        let bindings = bindings.collect();
        let mut all = |expr: Expr| self.finish(expr, &current);
        let (filter, condition) = (filter.map(&mut all), all(condition));
        let (grace, blocks) = (grace.map(&mut all), blocks.map(&mut all));
        for fix in &mut fixes {
            self.finish_fix(fix, &current);
        }
        Some(Rule {
            id: rule.id.value.clone(),
            kind: rule.kind,
            level,
            title: rule.title.value.clone(),
            clauses: rule.clauses.iter().map(|clause| clause.value.clone()).collect(),
            bindings,
            filter: filter.map(Into::into),
            condition: condition.into(),
            negated,
            grace: grace.map(Into::into),
            because: self.finish_template(because, &current).into(),
            why: why.map(|why| self.finish_template(why, &current).into()),
            whether: whether.map(|text| self.finish_template(text, &current).into()),
            see: rule.see.iter().map(|see| see.value.clone()).collect(),
            blocks: blocks.map(Into::into),
            waivable: weight::waivable(rule),
            fixes: fixes.into(),
            span: rule.id.span,
        })
    }

    fn finish_fix(&mut self, fix: &mut ir::Fix, bound: &[LocalId]) {
        let mut bound = bound.to_vec();
        if let Some(mut each) = fix.each.take() {
            each.value = self.finish(each.value, &bound);
            bound.push(each.local);
            fix.each = Some(each);
        }
        let arguments = std::mem::take(&mut fix.arguments);
        fix.arguments =
            arguments.into_iter().map(|argument| self.finish(argument, &bound)).collect();
    }

    fn error_count(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }

    fn remedies(
        &mut self,
        files: &[ast::File],
        defines: &Defines<'_>,
        params: &FxHashMap<String, Vec<(String, Type)>>,
    ) -> Vec<Later<Remedy>> {
        let mut remedies = Vec::new();
        let mut ids = FxHashMap::default();
        let items: Vec<_> = files.iter().flat_map(|file| &file.items).collect();
        let declared: Vec<&ast::Remedy> = items
            .iter()
            .filter_map(|item| match &item.kind {
                ast::ItemKind::Remedy(remedy) if !item.broken => Some(remedy),
                _ => None,
            })
            .collect();
        for (at, remedy) in declared.iter().enumerate() {
            ids.entry(remedy.name.value.clone()).or_insert(at);
        }
        self.names.remedies = ids;
        for remedy in &declared {
            let after = remedy.after.iter().filter_map(|name| self.remedy_named(name)).collect();
            let remedy = self.remedy(remedy, after, defines, &params[&remedy.name.value]);
            remedies.push(remedy.into());
        }
        for item in items.iter().filter(|item| item.broken) {
            let ast::ItemKind::Remedy(remedy) = &item.kind else { continue };
            let Some(params) = params.get(&remedy.name.value) else { continue };
            self.look_into(|this| drop(this.remedy(remedy, Vec::new(), defines, params)));
        }
        remedies
    }

    /// The place of a remedy; a name that is none is reported.
    fn remedy_named(&mut self, name: &ast::Name) -> Option<usize> {
        let known = &self.names.remedies;
        let found = known.get(&name.value).copied();
        if found.is_none() && !self.shared.broken.remedies.contains(&name.value) {
            let message = format!("unknown remedy `{}`", name.value);
            let near = nearest(&name.value, known.keys().map(String::as_str));
            let told = Diagnostic::error("unknown-name", message, name.span);
            self.diagnostics.push(told.meant(&name.value, near));
        }
        found
    }

    fn remedy(
        &mut self,
        remedy: &ast::Remedy,
        after: Vec<usize>,
        defines: &Defines<'_>,
        params: &[(String, Type)],
    ) -> Remedy {
        let errors = self.error_count();
        let mut checker = self.checker(defines);
        let mut bound = Vec::new();
        for (param, (_, ty)) in remedy.params.iter().zip(params) {
            bound.push(checker.bind(&param.name, ty.clone()));
        }
        let needs: Vec<Expr> = remedy.needs.iter().map(|need| checker.condition(need)).collect();
        let mut effects = Vec::new();
        for effect in &remedy.effects {
            effects.extend(declare::effect(effect, &mut checker));
        }
        let mut expects = Vec::new();
        for effect in &remedy.expects {
            expects.extend(declare::effect(effect, &mut checker));
        }
        let mut text = |text: &Option<ast::Text>| text.as_ref().map(|text| checker.template(text));
        let (action, at) = (text(&remedy.action).unwrap_or_default(), text(&remedy.at));
        let warning = text(&remedy.warning);
        let undo = remedy.undo.as_ref().map(|undo| match undo {
            ast::remedy::Undo::By(text) => Undo::By(checker.template(text)),
            ast::remedy::Undo::Never(_) => Undo::Never,
            ast::remedy::Undo::Needless(_) => Undo::Needless,
        });
        let run = remedy.run.iter().map(|run| checker.template(run)).collect();
        let takes = remedy.takes.as_ref().and_then(|takes| match takes {
            ast::remedy::Foreseen::Unknown(_) => Some(Takes::Unknown),
            ast::remedy::Foreseen::Known(length) => {
                match checker.expect(length, &Type::Duration).kind {
                    Kind::Const(ir::Const::Number(length)) => Some(Takes::Known(length)),
                    _ => None,
                }
            }
        });
        let (locals, poisoned) = (checker.locals(), checker.is_poisoned());
        self.locals = self.locals.max(locals);
        // What is wrong must not be run; rules refer to a remedy by its place, so it stays and does nothing.
        if poisoned || self.error_count() > errors {
            effects.clear();
            expects.clear();
        }
        Remedy {
            name: remedy.name.value.clone(),
            params: params.to_vec(),
            action,
            at,
            run,
            role: remedy.role.as_ref().map(|role| role.value.clone()),
            needs,
            effects,
            expects,
            takes,
            undo,
            warning,
            consent: remedy.consent.as_ref().map(|consent| consent.value.clone()),
            after,
            span: remedy.name.span,
        }
    }

    /// What makes an entity one of the units that are spoken of, and what one that is through already.
    fn unit(&mut self, files: &[ast::File], defines: &Defines<'_>) -> [Option<Later<Expr>>; 2] {
        let mut items = files.iter().flat_map(|file| &file.items);
        let unit = items.find_map(|item| match &item.kind {
            ast::ItemKind::Unit(unit) => Some(unit),
            _ => None,
        });
        let (Some(unit), Some(ty)) = (unit, self.schema.unit) else { return [None, None] };
        [&unit.filter, &unit.done].map(|condition| {
            let (condition, name) = condition.as_ref().zip(unit.name.as_ref())?;
            let mut checker = self.checker(defines);
            let local = checker.bind(name, Type::Ref(ty));
            let condition = checker.condition(condition);
            let locals = checker.locals();
            self.locals = self.locals.max(locals);
            Some(self.finish(condition, &[local]).into())
        })
    }
}

/// The field at the end of a path, and what stands before it: `a.b.c` is `c` of `a.b`.
pub(crate) fn target(
    path: &ast::Expr,
    checker: &mut Checker<'_, '_>,
) -> Option<(Option<Expr>, TypeId, usize, Type)> {
    let (base, owner, name): (Option<Expr>, TypeId, ast::Name) = match path.kind.as_ref() {
        ast::ExprKind::Name(name) => {
            (None, ENVIRONMENT, ast::Name { value: name.clone(), span: path.span })
        }
        ast::ExprKind::Field(base, name) => {
            let base = checker.expr(base, None);
            if base.ty == Type::Error {
                return None;
            }
            // A list stands for each of its elements.
            let Some(owner) = base.ty.element().unwrap_or(&base.ty).row() else {
                let message = "an effect changes a field of an entity or record";
                checker.diagnostics.push(Diagnostic::error("bad-effect", message, path.span));
                return None;
            };
            (Some(base), owner, name.clone())
        }
        _ => {
            let message = "an effect changes a field, written as a path";
            checker.diagnostics.push(Diagnostic::error("bad-effect", message, path.span));
            return None;
        }
    };
    let def = checker.schema.ty(owner);
    let field = def.field(&name.value).filter(|field| def.fields[*field].slot.is_some());
    let Some(field) = field else {
        if checker.is_broken(owner) {
            return None;
        }
        let message = match def.field(&name.value) {
            Some(_) => format!("`{}` is worked out from references; change those", name.value),
            None => format!("`{}` has no field `{}`", def.name, name.value),
        };
        let near = nearest(&name.value, def.field_names());
        let told = Diagnostic::error("unknown-field", message, name.span);
        checker.diagnostics.push(told.meant(&name.value, near));
        return None;
    };
    checker.usage.written(owner, field);
    checker.note(name.span, || Symbol::Field(owner, field));
    let ty = def.fields[field].ty.clone();
    Some((base, owner, field, ty))
}

/// Where a new entity goes: the path of fields from the environment to the one list that holds its kind.
pub(crate) fn home(schema: &Schema, ty: TypeId) -> Option<Vec<(TypeId, usize)>> {
    fn search(schema: &Schema, at: TypeId, ty: TypeId, path: &mut Vec<(TypeId, usize)>) -> bool {
        for (index, field) in schema.ty(at).fields.iter().enumerate() {
            path.push((at, index));
            match field.ty.present() {
                Type::List(element, _) if **element == Type::Row(ty) => return true,
                Type::Row(inner)
                    if schema.ty(*inner).kind == TypeKind::Record
                        && search(schema, *inner, ty, path) =>
                {
                    return true;
                }
                _ => {}
            }
            path.pop();
        }
        false
    }
    let mut path = Vec::new();
    search(schema, ENVIRONMENT, ty, &mut path).then_some(path)
}

/// A clause of a document, for `ir`.
pub(crate) fn clause_of(clause: &ast::Clause) -> Clause {
    Clause {
        id: clause.id.value.clone(),
        title: clause.title.value.clone(),
        note: clause.note.is_some(),
        reason: clause
            .note
            .as_ref()
            .and_then(|note| note.reason.as_ref())
            .map(|reason| reason.value.clone()),
        span: clause.id.span,
    }
}
