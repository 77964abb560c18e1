//! `failback explain`: the manual page of a rule, a clause, a remedy, a type or a key of descriptions, or the rules behind an error number or a
//! pattern of ids.

use std::path::PathBuf;

use crate::cli::args::{self, Color};
use crate::cli::model::{Key, Model, reads};
use crate::cli::pack::Pack;
use crate::cli::{OK, Output, pack, terminal};
use crate::compile::ir::{Clause, Document, Level, Rule, RuleSet};
use crate::compile::select::means;
use crate::compile::weight::Waivable;
use crate::diagnostic::did_you_mean;
use crate::evaluate::is_terminal;
use crate::language::ast::remedy::Undo;
use crate::language::ast::{ItemKind, RuleKind, Text};
use crate::report::layout::{Look, Tone};
use crate::report::{runbook, sanitise};
use crate::scalar;
use crate::source::{Sources, Span};
use crate::spec::page::Section;

/// Width of short headings.
const HEADING: usize = 8;
/// Width of the names of facts.
const WIDEST: usize = 34;

/// Runs the command.
pub fn run(arguments: &args::Explain, color: Color) -> Output {
    let look = terminal::look(color);
    pack::with(&arguments.pack, |sources, packs| {
        let mut text = String::new();
        let mut pages: Vec<(&RuleSet, String)> = Vec::new();
        for pack in packs {
            let mut told = String::new();
            Page { sources, pack, look: &look, out: &mut told }.about(&arguments.id);
            if !told.is_empty() {
                pages.push((&pack.loaded.rules, told));
            }
        }
        let is_of_many = pages.len() > 1;
        for (rules, told) in pages {
            // One id may mean different things in different packs.
            if is_of_many {
                let name = format!("== {}: ", sanitise::clean(&rules.name));
                let blank = if text.is_empty() { "" } else { "\n" };
                let painted = format!("{blank}{}", look.paint(Tone::Heading, &name));
                look.hanging(&mut text, &name, &painted, &sanitise::clean(&rules.title));
                text.push('\n');
            }
            text.push_str(&told);
        }
        if !text.is_empty() {
            return Output::new(text, OK);
        }
        let message = format!(
            "there is no rule, clause, remedy, type, key or error number `{}`",
            arguments.id
        );
        let known: Vec<&str> = packs.iter().flat_map(|pack| names(&pack.loaded.rules)).collect();
        let help = did_you_mean(&arguments.id, known);
        Output::broken(message, help.as_deref().or(Some("`failback rules` lists the rules")))
    })
}

/// What is said of an id, by the rules of a folder or the shipped ones.
///
/// # Errors
///
/// Where nothing is known of it, or the rules cannot be read.
pub fn page(id: &str, folder: Option<PathBuf>) -> Result<String, String> {
    let arguments = args::Explain { id: id.to_owned(), pack: args::Pack { folder } };
    let output = run(&arguments, Color::Never);
    if output.code == OK { Ok(output.result) } else { Err(output.aside.trim_end().to_owned()) }
}

fn names(rules: &RuleSet) -> Vec<&str> {
    let clauses = rules.documents.iter().flat_map(|document| &document.clauses);
    let mut names: Vec<&str> = rules.rules.iter().map(|rule| rule.id.as_str()).collect();
    names.extend(clauses.map(|clause| clause.id.as_str()));
    names.extend(rules.remedies.iter().map(|remedy| remedy.name.as_str()));
    for (_, ty) in rules.schema.types() {
        names.push(&ty.name);
        names.extend(ty.fields.iter().map(|field| field.name.as_str()));
    }
    names
}

/// What a rule is, in words.
pub fn kind(rule: &Rule) -> &'static str {
    match (rule.kind, rule.level) {
        (RuleKind::Prerequisite, _) => "prerequisite: must hold, else the gate is closed",
        (RuleKind::Unsupported, _) if is_terminal(rule) => {
            "unsupported: must not be so; if it is, nothing can fix it"
        }
        (RuleKind::Unsupported, _) => "unsupported: must not be so, else the gate is closed",
        (RuleKind::Advisory, Level::Warning) => "advice, as a warning: never closes the gate",
        (RuleKind::Advisory, _) => "advice, as a note: never closes the gate",
    }
}

/// Whether a failure of a rule may be waived, in words; nothing of advice, which closes nothing.
pub fn waivers(rule: &Rule) -> Option<String> {
    match rule.waivable {
        _ if rule.level != Level::Error => None,
        Waivable::Never => Some("a failure cannot be waived".to_owned()),
        Waivable::AtMost(longest) => {
            let longest = scalar::print_duration(longest);
            Some(format!("a failure can be waived for at most {longest}"))
        }
    }
}

/// What a rule is, in a word.
pub fn word(rule: &Rule) -> &'static str {
    match (rule.kind, rule.level) {
        (RuleKind::Prerequisite, _) => "prerequisite",
        (RuleKind::Unsupported, _) => "unsupported",
        (RuleKind::Advisory, Level::Warning) => "warning",
        (RuleKind::Advisory, _) => "note",
    }
}

struct Page<'p> {
    sources: &'p Sources,
    pack: &'p Pack,
    look: &'p Look,
    out: &'p mut String,
}

impl<'p> Page<'p> {
    fn about(&mut self, id: &str) {
        let rules = &self.pack.loaded.rules;
        let is = |name: &str| name.eq_ignore_ascii_case(id);
        if let Some(rule) = rules.rules.iter().find(|rule| is(&rule.id)) {
            self.rule(rule);
        }
        for document in &rules.documents {
            for clause in document.clauses.iter().filter(|clause| is(&clause.id)) {
                self.clause(document, clause);
            }
        }
        if let Some(remedy) = rules.remedies.iter().find(|remedy| is(&remedy.name)) {
            self.title(&remedy.name, &self.action(&remedy.name));
            let users = rules.rules.iter().filter(|rule| {
                rule.fixes.iter().any(|fix| rules.remedies[fix.remedy].name == remedy.name)
            });
            let users: Vec<String> =
                users.map(|rule| format!("{} {}", rule.id, rule.title)).collect();
            self.remedy(&remedy.name);
            self.heading("fixes");
            self.lines(&users);
            self.source(remedy.span);
        }
        if self.out.is_empty() {
            self.several(id);
        }
        if self.out.is_empty() {
            self.described(id);
        }
    }

    /// What may be written of an entity, a record or a key.
    fn described(&mut self, wanted: &str) {
        let model = Model::of(self.sources, self.pack);
        for ty in model.types.iter().filter(|ty| ty.name.eq_ignore_ascii_case(wanted)) {
            self.title(ty.name, &ty.is());
            for key in &ty.keys {
                self.key(key, key.name);
            }
        }
        if !self.out.is_empty() {
            return;
        }
        for (ty, key) in model.keys() {
            if key.is(ty, wanted) {
                self.key(key, &format!("{}.{}", ty.name, key.name));
            }
        }
    }

    fn key(&mut self, key: &Key<'_>, name: &str) {
        self.heading(name);
        self.entry("write", HEADING, &key.allowed);
        for (heading, text) in key.notes() {
            self.entry(heading, HEADING, &text);
        }
    }

    /// The rules that an error number or a pattern leads to: the page of the only one, else one line each.
    fn several(&mut self, wanted: &str) {
        let rules = &self.pack.loaded.rules.rules;
        let cites = |rule: &Rule| rule.see.iter().any(|number| number == wanted);
        let is_pattern = wanted.contains('*');
        let found: Vec<&Rule> = rules
            .iter()
            .filter(|rule| cites(rule) || is_pattern && means(wanted, &rule.id))
            .collect();
        if let [only] = found[..] {
            return self.rule(only);
        }
        let width = found.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
        for rule in found {
            self.entry(&rule.id, width, &format!("{} ({})", rule.title, word(rule)));
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.title(&rule.id, &rule.title);
        self.paragraph("  ", kind(rule));
        let section = self.section(&rule.id);
        if let Some(prose) = section.map(|(_, section)| section.prose.trim().to_owned()) {
            self.prose(&prose);
        }
        if let Some(why) = self.why(&rule.id) {
            self.heading("why");
            self.paragraph("  ", &why);
        }
        self.heading("clauses");
        let rules = &self.pack.loaded.rules;
        for document in &rules.documents {
            for clause in &document.clauses {
                if rule.clauses.contains(&clause.id) {
                    let text = format!("{}, of {}", clause.title, document_name(document));
                    self.entry(&clause.id, HEADING, &text);
                }
            }
        }
        if let Some(waivers) = waivers(rule) {
            self.heading("waivers");
            self.paragraph("  ", &waivers);
        }
        if !rule.see.is_empty() {
            self.heading("error numbers of the service");
            self.paragraph("  ", &rule.see.join(", "));
        }
        self.heading("facts it reads");
        let facts = self.facts(rule);
        let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, title) in facts {
            self.entry(&name, width.min(WIDEST), &title);
        }
        for (number, fix) in rule.fixes.iter().enumerate() {
            let remedy = &rules.remedies[fix.remedy];
            let heading = if number == 0 { "fix" } else { "or" };
            let each = fix.each.as_ref().map(|each| {
                let list = pack::on_one_line(self.sources, each.value.span);
                format!(", for each {} in {list}", each.name)
            });
            self.heading(&format!("{heading}: {}{}", remedy.name, each.unwrap_or_default()));
            self.paragraph("  ", &self.action(&remedy.name));
            self.remedy(&remedy.name);
        }
        self.source(rule.span);
        if let Some((page, section)) = self.section(&rule.id) {
            let cases: Vec<String> =
                section.cases.iter().map(|case| case.line.to_string()).collect();
            let text = format!("{page}:{}, with cases in lines {}", section.line, cases.join(", "));
            self.heading("manual page");
            self.paragraph("  ", &text);
        }
    }

    fn clause(&mut self, document: &Document, clause: &Clause) {
        self.title(&clause.id, &clause.title);
        self.paragraph("  ", &format!("clause of {}", document_name(document)));
        if clause.note {
            self.heading("nothing to check");
            let reason = clause.reason.as_deref().unwrap_or("the pack gives no reason");
            self.paragraph("  ", reason);
        }
        let rules = &self.pack.loaded.rules.rules;
        let citing = rules.iter().filter(|rule| rule.clauses.contains(&clause.id));
        let citing: Vec<String> =
            citing.map(|rule| format!("{} {}", rule.id, rule.title)).collect();
        if !citing.is_empty() || !clause.note {
            self.heading("rules");
            self.lines(&citing);
        }
        self.source(clause.span);
    }

    /// The parts of a remedy as they were written.
    fn remedy(&mut self, name: &str) {
        let items = self.pack.loaded.files.iter().flat_map(|file| &file.items);
        let mut found = items.filter_map(|item| match &item.kind {
            ItemKind::Remedy(remedy) if remedy.name.value == name => Some(remedy),
            _ => None,
        });
        let Some(remedy) = found.next_back() else { return };
        let mut parts: Vec<(&str, String)> = Vec::new();
        parts.extend(remedy.at.iter().map(|at| ("at", self.text(at))));
        parts.extend(remedy.run.iter().map(|run| ("run", self.text(run))));
        parts.extend(
            remedy
                .role
                .iter()
                .map(|role| ("role", runbook::role(&self.pack.loaded.rules, &role.value))),
        );
        parts.extend(remedy.needs.iter().map(|need| ("needs", self.slice(need.span))));
        parts.extend(remedy.takes.iter().map(|takes| ("takes", self.slice(takes.span()))));
        parts.extend(remedy.warning.iter().map(|text| ("caution", self.text(text))));
        parts.extend(remedy.undo.iter().map(|undo| ("undo", self.undo(undo))));
        parts.extend(remedy.consent.iter().map(|consent| ("consent", consent.value.clone())));
        parts.extend(remedy.after.iter().map(|after| ("after", after.value.clone())));
        for (name, text) in parts {
            self.entry(name, HEADING, &text);
        }
    }

    fn undo(&self, undo: &Undo) -> String {
        match undo {
            Undo::By(text) => self.text(text),
            Undo::Never(_) => "cannot be taken back".to_owned(),
            Undo::Needless(_) => "does no harm".to_owned(),
        }
    }

    fn facts(&self, rule: &Rule) -> Vec<(String, String)> {
        let rules = &self.pack.loaded.rules;
        let schema = &rules.schema;
        let found = reads(rules, rule).into_iter().map(|(ty, field)| {
            let def = schema.ty(ty);
            let field = &def.fields[field];
            let name = match ty {
                crate::schema::ENVIRONMENT => field.name.clone(),
                _ => format!("{}.{}", def.name, field.name),
            };
            (name, field.title.as_deref().unwrap_or_default().to_owned())
        });
        found.collect()
    }

    fn section(&self, id: &str) -> Option<(&'p str, &'p Section)> {
        let pages = self.pack.pages.iter();
        let mut sections = pages
            .flat_map(|page| page.sections.iter().map(|section| (page.name.as_str(), section)));
        sections.find(|(_, section)| section.rule.as_deref() == Some(id))
    }

    fn text(&self, text: &Text) -> String {
        pack::written(self.sources, text)
    }

    /// What a remedy does, in a sentence.
    fn action(&self, remedy: &str) -> String {
        let items = self.pack.loaded.files.iter().flat_map(|file| &file.items);
        let mut actions = items.filter_map(|item| match &item.kind {
            ItemKind::Remedy(found) if found.name.value == remedy => found.action.as_ref(),
            _ => None,
        });
        actions.next_back().map(|action| self.text(action)).unwrap_or_default()
    }

    /// Why a rule matters, as it was written.
    fn why(&self, rule: &str) -> Option<String> {
        let items = self.pack.loaded.files.iter().flat_map(|file| &file.items);
        let mut found = items.filter_map(|item| match &item.kind {
            ItemKind::Rule(found) if found.id.value == rule => found.why.as_ref(),
            _ => None,
        });
        found.next_back().map(|why| self.text(why))
    }

    fn slice(&self, span: Span) -> String {
        pack::on_one_line(self.sources, span)
    }

    /// The declaration around a name, as it stands in its file.
    fn source(&mut self, name: Span) {
        let files = self.pack.loaded.files.iter().filter(|file| file.file == name.file);
        let mut items = files.flat_map(|file| &file.items);
        let Some(item) =
            items.find(|item| item.span.start <= name.start && name.end <= item.span.end)
        else {
            return;
        };
        let source = self.sources.get(name.file);
        let span = match item.kind {
            // A document is long; the line of the clause is what matters.
            ItemKind::Document(_) => {
                let line = source.line_of(name.start);
                let start = source.line_starts()[line];
                let text = &source.text()[start as usize..];
                let end = text.find('\n').unwrap_or(text.len());
                Span::new(name.file, start as usize, start as usize + end)
            }
            _ => item.span,
        };
        let place = format!("{}:{}", source.name(), source.position(name.start).line);
        self.heading(&place);
        for line in self.sources.slice(span).lines() {
            self.out.push_str(&format!("  {}\n", sanitise::clean(line)));
        }
    }

    fn title(&mut self, id: &str, title: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        let painted = format!("{}  ", self.look.paint(Tone::Calm, &sanitise::clean(id)));
        self.look.hanging(self.out, &format!("{id}  "), &painted, &sanitise::clean(title));
    }

    fn heading(&mut self, heading: &str) {
        let heading = sanitise::clean(heading);
        let text = self.look.paint(Tone::Heading, &heading);
        self.out.push_str(&format!("\n{text}\n"));
    }

    fn paragraph(&mut self, indent: &str, text: &str) {
        self.look.hanging(self.out, indent, indent, &sanitise::clean(text));
    }

    /// The prose of a manual page: paragraphs are laid out anew, what is fenced and items of lists stay lines.
    fn prose(&mut self, text: &str) {
        let mut paragraph = String::new();
        let mut is_fenced = false;
        let mut is_apart = true;
        for line in text.lines().chain([""]) {
            let is_fence = line.trim_start().starts_with("```");
            let is_item = line.trim_start().starts_with(['-', '*', '|']);
            let ends = is_fence || is_fenced || is_item || line.trim().is_empty();
            if ends && !paragraph.is_empty() {
                self.apart(&mut is_apart);
                self.paragraph("  ", &std::mem::take(&mut paragraph));
            }
            match (is_fence, is_fenced || is_item) {
                (true, _) => {
                    is_fenced = !is_fenced;
                    is_apart = true;
                }
                (false, _) if line.trim().is_empty() => is_apart = true,
                (false, true) => {
                    self.apart(&mut is_apart);
                    let indent = if is_fenced { "    " } else { "  " };
                    self.out.push_str(&format!("{indent}{}\n", sanitise::clean(line.trim_end())));
                }
                (false, false) => {
                    if !paragraph.is_empty() {
                        paragraph.push(' ');
                    }
                    paragraph.push_str(line.trim());
                }
            }
        }
    }

    /// An empty line in front of what comes, where one is wanted.
    fn apart(&mut self, is_wanted: &mut bool) {
        if std::mem::take(is_wanted) {
            self.out.push('\n');
        }
    }

    fn entry(&mut self, name: &str, width: usize, text: &str) {
        let lead = format!("  {:<width$}  ", sanitise::clean(name));
        match text.is_empty() {
            true => self.out.push_str(&format!("{}\n", lead.trim_end())),
            false => self.look.hanging(self.out, &lead, &lead, &sanitise::clean(text)),
        }
    }

    fn lines(&mut self, lines: &[String]) {
        if lines.is_empty() {
            self.paragraph("  ", "none");
        }
        for line in lines {
            self.paragraph("  ", line);
        }
    }
}

/// A document as it is cited.
pub fn document_name(document: &Document) -> String {
    match &document.revision {
        Some(revision) => format!("\"{}\", revision {revision}", document.title),
        None => format!("\"{}\"", document.title),
    }
}
