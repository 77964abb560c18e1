//! The one pipeline: texts in, report out.
//!
//! Owns the order of the stages and nothing of their work. The command line, the editor, the executable manual pages
//! and the test suite all come through [`run`], so they cannot disagree. Reads no file and knows no clock: texts and
//! time are handed in.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::compile::ir::{Level, RuleSet};
use crate::compile::uses::Found;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::evaluate::waive::{self, Grant};
use crate::evaluate::{self, Evaluation, Evidence, Outcome, Selection, Verdict};
use crate::facts::{Facts, ROOT, SlotId, conform};
use crate::packs;
use crate::plan::{self, Consent, Plan};
use crate::schema::ENVIRONMENT;
use crate::session::described::{Described, describe};
use crate::session::library::{Home, Shelf};
use crate::session::origins::{Origin, Origins};
use crate::session::recorded::{Baseline, Mark};
use crate::session::suppose::Supposed;
use crate::session::times::Times;
use crate::session::waivers::{Waiver, remarks};
use crate::source::{FileId, Sources, Span};
use crate::yaml::mend::Mended;
use crate::yaml::{Kind, Limits, Tree};

pub mod origins;
mod described;
pub mod head;
pub mod library;
pub mod files;
pub mod revision;
pub mod rules;
pub mod times;
pub mod address;
pub mod assume;
pub mod waivers;
pub mod given;
pub mod answers;
pub mod done;
pub mod suppose;
pub mod answered;
mod choose;
pub mod ready;
pub mod recorded;

/// `apiVersion` of the descriptions that are read.
pub const API_VERSION: &str = "failback/v1";
/// `kind` of the descriptions that are read.
pub const KIND: &str = "Environment";

/// What is checked, and with what.
#[derive(Debug, Default)]
pub struct Inputs {
    /// All texts: descriptions and rules.
    pub sources: Sources,
    /// Descriptions. `true` where the user named the file, so that it must be one.
    pub descriptions: Vec<(FileId, bool)>,
    /// Packs to choose from.
    pub packs: Vec<PackFiles>,
    /// What went wrong while reading files; it has no place in a text.
    pub problems: Vec<Diagnostic>,
    /// What standard input is called in place of its usual name.
    pub stdin: Option<String>,
    /// How many files were looked at in search of descriptions.
    pub seen: usize,
    /// Where the facts of descriptions come from, by file; only for those with a sidecar.
    pub origins: BTreeMap<FileId, Origins>,
    /// Files that were named as holding waivers, so that they must.
    pub waivers: Vec<FileId>,
    /// Whether waivers of other files have no effect, and are an error.
    pub is_locked: bool,
    /// Waivers that were read elsewhere.
    pub granted: Vec<Waiver>,
    /// How the text of a description was repaired that cannot be read as it is. It counts as unreadable all the same, but
    /// what it says elsewhere is told.
    pub mended: BTreeMap<FileId, Mended>,
}

/// The rule files of one pack.
#[derive(Clone, Debug)]
pub struct PackFiles {
    /// Name of the folder.
    pub name: String,
    /// Its `.gate` files.
    pub files: Vec<FileId>,
    /// The packs that it uses, and those that they use, each behind those that it uses itself.
    pub used: Vec<Found<Home>>,
    /// What is wrong with what it uses, by place.
    pub problems: Vec<Diagnostic>,
    /// What they are compiled to, where that is known.
    pub stored: Option<&'static [u8]>,
}

impl PackFiles {
    /// Files that are not compiled yet.
    pub fn new(name: impl Into<String>, files: Vec<FileId>) -> Self {
        Self { name: name.into(), files, used: Vec::new(), problems: Vec::new(), stored: None }
    }

    /// Its files, and those of the packs that it uses.
    pub fn all(&self) -> Vec<FileId> {
        let used = self.used.iter().flat_map(|used| &used.files);
        self.files.iter().chain(used).copied().collect()
    }
}

impl Inputs {
    /// With the shipped packs.
    pub fn shipped() -> Self {
        let mut inputs = Inputs::default();
        let mut library = Shelf::default();
        for pack in packs::shipped().filter(|pack| !pack.shared) {
            let files = library.shipped(&mut inputs.sources, pack);
            let used = pack.used().map(|used| Found {
                home: Home::Shipped(used.name),
                files: library.shipped(&mut inputs.sources, used),
            });
            inputs.packs.push(PackFiles {
                used: used.collect(),
                stored: pack.stored,
                ..PackFiles::new(pack.name, files)
            });
        }
        inputs
    }

    /// Adds a description.
    pub fn describe(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let file = self.sources.add(name, text);
        self.descriptions.push((file, true));
        file
    }
}

/// How the check is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The time that `now` means, in microseconds since 1970; `asOf` of the description where it is not given.
    pub now: Option<i64>,
    /// The time that `now` means where neither `now` nor `asOf` is given.
    pub epoch: Option<i64>,
    /// Which rules and units.
    pub selection: Selection,
    /// Limits for descriptions.
    pub limits: Limits,
    /// Whether the way to an open gate is looked for.
    pub planning: Option<Planning>,
    /// Findings that were recorded, beside which only what is new counts.
    pub baseline: Option<Baseline>,
    /// The units for which is supposed what nobody states, where not for all.
    pub supposing: Option<BTreeSet<String>>,
    /// Whether the times are looked for at which an outcome changes by itself.
    pub times: bool,
}

/// Units for each finding of [`Planning::most`] beyond which no plan is made on the way either.
const UNITS_PER_FINDING: usize = 5;

/// How plans are made.
#[derive(Clone, Debug, Default)]
pub struct Planning {
    /// What the user allows.
    pub consent: Consent,
    /// Most findings for which a plan is made on the way, and only where a rule failed; none where a plan is what is
    /// asked for.
    pub most: Option<usize>,
}

/// One environment, checked.
pub struct Checked<'a> {
    /// Its name.
    pub name: String,
    /// The files of its documents.
    pub files: Vec<FileId>,
    /// The time that `now` meant.
    pub now: Option<i64>,
    /// The rules it was judged by.
    pub rules: &'a RuleSet,
    /// Its facts.
    pub facts: Facts<'a>,
    /// What of them was asked for.
    pub selection: &'a Selection,
    /// What each finding is beside the recorded ones; nothing where none are named.
    pub marks: Vec<Option<Mark>>,
    /// What was supposed of a record that nobody states.
    pub supposed: Option<Supposed>,
    /// The waivers of its failures, in the order of the files; what became of each is in the outcome.
    pub waivers: Vec<Waiver>,
    /// The outcome.
    pub evaluation: Evaluation<'a>,
    /// What is to be said of waivers; it changes nothing.
    pub remarks: Vec<Diagnostic>,
    /// What is wrong with the description, by place.
    pub errors: Vec<Diagnostic>,
    /// The way to an open gate, where it was asked for.
    pub plan: Option<Plan>,
    /// Whether there were too many findings to make a plan on the way.
    pub unplanned: bool,
    /// The times at which an outcome changes by itself, where they were asked for.
    pub times: Option<Times>,
    /// Where facts come from, by file.
    pub origins: Rc<BTreeMap<FileId, Origins>>,
}

impl Checked<'_> {
    /// How many of the rules of the pack ran.
    pub fn rules_run(&self) -> usize {
        self.rules.rules.iter().filter(|rule| self.selection.takes(rule)).count()
    }

    /// What other facts come to, under the same waivers.
    pub fn judge<'f>(&self, facts: &Facts<'f>, selection: &Selection) -> Evaluation<'f> {
        waive::evaluate(facts, self.rules, self.now, selection, &self.evaluation.grants)
    }

    /// Whether nothing but a record that nobody states keeps the gate from being judged by what is stated.
    pub fn awaits_record(&self) -> bool {
        self.supposed.is_some() && !is_broken(&self.errors)
    }

    /// Whether what was asked for is here at all: of several environments, not each has the units that are named, and
    /// not each pack the rules.
    pub fn is_asked(&self) -> bool {
        let evaluation = &self.evaluation;
        let units = self.selection.units.is_empty()
            || !(evaluation.units.is_empty() && evaluation.done.is_empty());
        let named = |id: &String| self.rules.rules.iter().any(|rule| rule.id == *id);
        units && (self.selection.rules.is_empty() || self.selection.rules.iter().any(named))
    }

    /// The waiver that lets a finding pass.
    pub fn waiver_of(&self, finding: &evaluate::Finding<'_>) -> Option<&Waiver> {
        finding.waiver.map(|at| &self.waivers[at])
    }

    /// The step of the plan that closes a finding.
    pub fn step_for(&self, id: &str) -> Option<usize> {
        self.plan.as_ref()?.step_for(id)
    }

    /// The facts that decide some findings and come from elsewhere, and where from; none where nothing was imported.
    pub fn origins_of(&self, findings: &[String]) -> Vec<(&Evidence, &Origin)> {
        if self.origins.is_empty() {
            return Vec::new();
        }
        let sources = self.facts.tree().sources();
        let findings = self.evaluation.findings.iter().filter(|at| findings.contains(&at.id));
        let evidence = findings.flat_map(|finding| &finding.evidence);
        evidence.filter_map(|one| Some((one, self.origin(one, sources)?))).collect()
    }

    /// The files from which the entity is known that a fact belongs to; none where nothing was imported.
    pub fn told_by(&self, slot: SlotId) -> Vec<&str> {
        // A step of a plan asks for facts of what it makes.
        if self.origins.is_empty() || slot as usize >= self.facts.slot_count() {
            return Vec::new();
        }
        let entity = self.facts.entity_of(self.facts.owner(slot));
        if entity == ROOT {
            return Vec::new();
        }
        let path = self.facts.path(entity);
        let mut names: Vec<&str> =
            self.origins.values().flat_map(|one| one.telling(&self.name, &path)).collect();
        names.dedup();
        names
    }

    /// Where a fact comes from, if it stands there as it was taken.
    pub fn origin(&self, evidence: &Evidence, sources: &Sources) -> Option<&Origin> {
        let span = evidence.span.filter(|_| evidence.stated)?;
        let origins = self.origins.get(&span.file)?;
        origins.find(&self.name, &evidence.path, sources.slice(span))
    }
}

/// Everything that a run has to tell.
pub struct Report<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// Environments in the order in which their first documents were read.
    pub environments: Vec<Checked<'a>>,
    /// Errors that belong to no environment: unreadable files, broken rules.
    pub errors: Vec<Diagnostic>,
    /// Waivers of environments that are not described.
    pub waivers_elsewhere: Vec<Waiver>,
    /// Whether only what was not recorded counts.
    pub compared: bool,
    /// Name and files of the packs in use.
    pub packs: Vec<(String, &'a PackFiles)>,
    /// What of the rules is left out or made less, a sentence each.
    pub weakened: &'a [String],
}

impl Report<'_> {
    /// The exit code: 0 open, 1 closed, 2 could not do the work, 3 unknown, 4 pending, 5 nothing checked.
    pub fn exit_code(&self) -> u8 {
        if is_broken(&self.errors)
            || self.environments.iter().any(|environment| is_broken(&environment.errors))
        {
            return 2;
        }
        if self.compared && !self.is_unchecked() {
            return self.new_code();
        }
        let has = |verdict| {
            self.environments.iter().any(|environment| environment.evaluation.verdict == verdict)
        };
        if has(Verdict::Closed) {
            1
        } else if has(Verdict::Unknown) {
            3
        } else if has(Verdict::Pending) {
            4
        } else if self.is_unchecked() {
            5
        } else {
            0
        }
    }

    /// The exit code where only what was not recorded counts: 1 a failure is new, 3 only unknowns are, 4 only what is
    /// pending.
    fn new_code(&self) -> u8 {
        let new = self.environments.iter().flat_map(|checked| {
            let findings = checked.evaluation.findings.iter().zip(&checked.marks);
            findings.filter(|(_, mark)| **mark == Some(Mark::New)).map(|(finding, _)| finding)
        });
        let codes = new.map(|finding| match finding.outcome {
            Outcome::Unknown if !finding.cannot_pass => 3,
            Outcome::Pending => 4,
            _ => 1,
        });
        codes.min().unwrap_or(0)
    }

    /// Whether nothing was checked where something was to be: in an environment without what was asked for nothing is.
    fn is_unchecked(&self) -> bool {
        let mut asked = self.environments.iter().filter(|environment| environment.is_asked());
        let mut is_any = false;
        let nothing = asked.any(|environment| {
            is_any = true;
            environment.evaluation.verdict == Verdict::Nothing
        });
        nothing || !is_any
    }
}

fn is_broken(errors: &[Diagnostic]) -> bool {
    errors.iter().any(|error| error.severity == Severity::Error)
}

/// Runs the whole pipeline and hands the report to a function. Of a run that was stopped the report is not to be told.
pub fn run<T>(inputs: &Inputs, options: &Options, then: impl FnOnce(&Report<'_>) -> T) -> T {
    let sources = &inputs.sources;
    let mut reading = Diagnostics::default();
    let mut tree = Tree::new(sources);
    for (file, _) in &inputs.descriptions {
        tree.read(*file, &options.limits, &mut reading);
    }
    for (file, mended) in &inputs.mended {
        mended.tell(*file, &mut reading);
    }
    let mut errors = inputs.problems.clone();
    let (mut described, documents) = describe(&tree, inputs, &mut reading);
    let waivers = waivers::read(&tree, inputs, &documents, &mut reading);
    if inputs.packs.is_empty() && !errors.is_empty() {
        // That the rules cannot be read is told; without them there is nothing to say of a description.
        described.clear();
    }
    let origins = Rc::new(with_documents(&tree, inputs));
    let mut loaded: Vec<Option<rules::Ready>> = inputs.packs.iter().map(|_| None).collect();
    let chosen: Vec<Result<usize, Box<Diagnostic>>> = described
        .iter()
        .map(|environment| choose::choose(&tree, inputs, environment, &mut loaded))
        .collect();
    for pack in loaded.iter_mut().flatten() {
        let rules = pack.rules.rules.iter_mut().filter(|rule| rule.level != Level::Error);
        for rule in rules {
            let level = options.selection.levels.iter().find(|(id, _)| *id == rule.id);
            rule.level = level.map_or(rule.level, |(_, level)| *level);
        }
    }
    let mut packs = Vec::new();
    for (pack, files) in loaded.iter().zip(&inputs.packs) {
        let Some(pack) = pack else { continue };
        packs.push((pack.rules.name.clone(), files));
        errors.extend_from_slice(&pack.errors);
    }
    let mut by_file = reading.into_sorted();
    let mut environments = Vec::new();
    for (environment, chosen) in described.into_iter().zip(chosen) {
        if options.selection.stop.is_asked() {
            break;
        }
        let mut own: Vec<Diagnostic> = Vec::new();
        by_file.retain(|error| {
            let mine = error.span().is_some_and(|span| environment.files.contains(&span.file));
            if mine {
                own.push(error.clone());
            }
            !mine
        });
        let pack = match chosen {
            Ok(at) => match &loaded[at] {
                // Rules that declare nothing, which is told, would call every key unknown.
                Some(pack)
                    if pack.errors.is_empty()
                        || !pack.rules.schema.ty(ENVIRONMENT).fields.is_empty() =>
                {
                    pack
                }
                _ => {
                    errors.append(&mut own);
                    continue;
                }
            },
            Err(error) => {
                errors.append(&mut own);
                errors.push(*error);
                continue;
            }
        };
        let given = (waivers.as_slice(), &inputs.mended);
        let mut checked = check(&tree, &pack.rules, (environment, given), own, options);
        checked.origins = Rc::clone(&origins);
        if let Some(baseline) = &options.baseline {
            checked.marks = recorded::marks(&checked, baseline);
        }
        environments.push(checked);
    }
    errors.append(&mut by_file);
    let broken = is_broken(&errors);
    for environment in &mut environments {
        if broken || is_broken(&environment.errors) {
            environment.evaluation.doubt();
            // What could not be read stays unread, whatever steps are taken.
            if let Some(plan) = &mut environment.plan {
                plan.verified = false;
                plan.opens = false;
                plan.ready.clear();
                plan.limit = Some("errors come first, as nobody goes before they are fixed".into());
            }
        }
    }
    let names = environments.iter().map(|environment| environment.name.as_str());
    waivers::misnamed(&waivers, names, &mut errors);
    let compared = options.baseline.is_some();
    let weakened = &options.selection.weakened;
    let is_described =
        |waiver: &Waiver| environments.iter().any(|one| one.name == waiver.environment);
    let waivers_elsewhere = waivers.into_iter().filter(|waiver| !is_described(waiver)).collect();
    then(&Report { sources, environments, errors, waivers_elsewhere, compared, packs, weakened })
}

/// What else was read that bears on an environment: waivers, and repairs of its texts.
type Given<'g> = (&'g [Waiver], &'g BTreeMap<FileId, Mended>);

fn check<'a>(
    tree: &'a Tree<'a>,
    rules: &'a RuleSet,
    (environment, (given, mended)): (Described, Given<'_>),
    mut errors: Vec<Diagnostic>,
    options: &'a Options,
) -> Checked<'a> {
    let mut diagnostics = Diagnostics::default();
    let mut facts = conform::conform(&rules.schema, tree, &environment.documents, &mut diagnostics);
    for (file, mended) in mended.iter().filter(|(file, _)| environment.files.contains(*file)) {
        facts.doubt(Span::new(*file, mended.span.start, mended.span.end));
    }
    let now = options.now.or_else(|| facts.as_of()).or(options.epoch);
    let times = now.filter(|_| options.times).map(|now| (facts.clone(), now));
    if let Some(now) = now {
        facts.age(now);
    }
    let supposed = suppose::suppose(&mut facts, rules, now, options.supposing.as_ref());
    let waivers = waivers::of(&environment.name, given, rules, &mut errors);
    let grants: Arc<[Grant]> = waivers.iter().map(|waiver| waiver.grant.clone()).collect();
    let mut evaluation = waive::evaluate(&facts, rules, now, &options.selection, &grants);
    if let Some(supposed) = &supposed {
        suppose::restrain(&mut evaluation, supposed);
    }
    errors.extend(diagnostics.into_sorted());
    errors.sort_by_key(Diagnostic::span);
    let times =
        times.map(|(facts, now)| times::times(&facts, rules, now, &evaluation, &options.selection));
    let (mut plan, mut unplanned) = (None, false);
    if let Some(planning) = &options.planning {
        (plan, facts, unplanned) = way(facts, rules, now, &evaluation, planning);
    }
    if let (Some(supposed), Some(plan)) = (&supposed, &mut plan) {
        plan.verified = false;
        plan.opens = false;
        plan.limit = Some(format!("no {} is stated, so the gate cannot open yet", supposed.field));
    }
    Checked {
        name: environment.name,
        files: environment.files,
        now,
        rules,
        facts,
        selection: &options.selection,
        marks: Vec::new(),
        supposed,
        remarks: remarks::remarks(&waivers, &evaluation),
        waivers,
        evaluation,
        errors,
        plan,
        unplanned,
        times,
        origins: Rc::default(),
    }
}

/// The plan, the facts again, and whether there was too much to make one.
fn way<'a>(
    facts: Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    evaluation: &Evaluation<'a>,
    planning: &Planning,
) -> (Option<Plan>, Facts<'a>, bool) {
    if let Some(most) = planning.most {
        let fails = |at: &evaluate::Finding<'_>| {
            at.outcome == Outcome::Fail && rules.rules[at.rule].level == Level::Error
        };
        if !evaluation.findings.iter().any(fails) {
            return (None, facts, false);
        }
        // A plan looks at the whole estate again and again; a check of a large one must not wait for it.
        if evaluation.findings.len() > most || evaluation.units.len() > most * UNITS_PER_FINDING {
            return (None, facts, true);
        }
    }
    // A check only names steps.
    let make = match planning.most {
        Some(_) => plan::rounds::steps_on,
        None => plan::rounds::plan_on,
    };
    let (plan, facts) = make(facts, rules, now, evaluation, &planning.consent);
    (Some(plan), facts, false)
}

/// The origins of sidecars, and of documents in the same stream.
fn with_documents(tree: &Tree<'_>, inputs: &Inputs) -> BTreeMap<FileId, Origins> {
    let mut all = inputs.origins.clone();
    for document in tree.documents() {
        let kind = (tree.kind(document.root) == Kind::Mapping)
            .then(|| tree.get(document.root, "kind"))
            .flatten();
        if kind.is_some_and(|entry| tree.text(entry.value) == origins::KIND)
            && let Some(own) = Origins::read(&origins::json(tree, document.root))
        {
            all.entry(document.file).or_default().extend(own);
        }
    }
    all
}
