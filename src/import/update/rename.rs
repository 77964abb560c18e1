//! Gives entities the ids that an import makes of their names today.
//!
//! Owns the ids that earlier versions made, in which a blank had become a dash, and their replacement: the id, every
//! reference to it, and what the sidecar tells of it. Texts that read the same are left alone.

use serde_json::{Map, Value as Json};

use crate::diagnostic::Fix;
use crate::facts::{Facts, RowId};
use crate::import::link::{dashed, suffix};
use crate::import::model::{Entity, Environment, SINGLE};
use crate::import::update::{Did, Told};
use crate::scalar::address_part;
use crate::schema::ENVIRONMENT;
use crate::session::{self, Checked, Inputs, Options};
use crate::yaml::edit::respell::respell;

/// A description with the ids of today.
pub struct Renamed {
    /// Its text.
    pub text: String,
    /// Its sidecar.
    pub sidecar: Json,
    /// One line for each id.
    pub told: Vec<Told>,
}

/// An entity that has another id today.
struct Rename<'e> {
    environment: String,
    key: &'static str,
    old: String,
    new: &'e str,
}

/// Renames what bears the id of an earlier version.
pub fn rename(text: &str, sidecar: &Json, environments: &[Environment]) -> Renamed {
    let mut renamed = Renamed { text: text.to_owned(), sidecar: sidecar.clone(), told: Vec::new() };
    let odd = |environment: &Environment| {
        let lists = environment.sections.iter().filter(|(key, _)| !SINGLE.contains(key));
        lists.flat_map(|(_, list)| list).any(|entity| dashed(&entity.id) != entity.id)
    };
    if !environments.iter().any(odd) {
        return renamed;
    }
    let mut inputs = Inputs::shipped();
    inputs.describe("", text);
    let (renames, mut fixes) = session::run(&inputs, &Options::default(), |report| {
        let (mut renames, mut fixes) = (Vec::new(), Vec::new());
        for environment in environments {
            let same = report.environments.iter().find(|own| own.name == environment.name);
            let only = match (report.environments.as_slice(), environments) {
                ([only], [_]) => Some(only),
                _ => None,
            };
            if let Some(checked) = same.or(only) {
                all(checked, environment, &mut renames, &mut fixes);
            }
        }
        (renames, fixes)
    });
    let mut edits: Vec<_> = fixes.drain(..).flat_map(|fix: Fix| fix.edits).collect();
    // From the end, so that no edit moves another.
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in edits {
        renamed.text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    for rename in renames {
        move_origins(&mut renamed.sidecar, &rename);
        renamed.told.push(Told {
            did: Did::Renamed,
            path: format!("{}/{}", rename.key, address_part(&rename.old)),
            old: rename.old,
            new: rename.new.to_owned(),
        });
    }
    renamed
}

fn all<'e>(
    checked: &Checked<'_>,
    environment: &'e Environment,
    renames: &mut Vec<Rename<'e>>,
    fixes: &mut Vec<Fix>,
) {
    let facts = &checked.facts;
    for (key, entities) in &environment.sections {
        if SINGLE.contains(key) {
            continue;
        }
        for entity in entities {
            let Some((old, row)) = bearer(facts, key, entity, entities) else { continue };
            let named = facts.mentions(row).into_iter();
            fixes.extend(named.filter_map(|node| respell(facts.tree(), node, &entity.id)));
            let environment = checked.name.clone();
            renames.push(Rename { environment, key, old, new: &entity.id });
        }
    }
}

/// The entity of the text that bears the id of an earlier version, unless another one is called so.
fn bearer(
    facts: &Facts<'_>,
    key: &str,
    entity: &Entity,
    all: &[Entity],
) -> Option<(String, RowId)> {
    let ty = facts.schema().ty(ENVIRONMENT);
    let field = ty.fields.get(ty.field(key)?)?;
    let ty = field.ty.element()?.row()?;
    if facts.find(ty, &entity.id).is_some() {
        return None;
    }
    let plain = dashed(&entity.id);
    let apart = format!("{plain}-{}", suffix(&entity.id, 2));
    [plain, apart].into_iter().find_map(|old| {
        let taken = all.iter().any(|other| other.id == old);
        facts.find(ty, &old).filter(|_| old != entity.id && !taken).map(|row| (old, row))
    })
}

/// The facts that the sidecar has of an entity, under its id of today.
fn move_origins(sidecar: &mut Json, rename: &Rename<'_>) {
    let facts = sidecar
        .get_mut("environments")
        .and_then(|all| all.get_mut(&rename.environment))
        .and_then(Json::as_object_mut);
    let Some(facts) = facts else { return };
    let start = format!("{}/{}/", rename.key, address_part(&rename.old));
    let moved = std::mem::take(facts).into_iter().map(|(address, origin)| {
        match address.strip_prefix(&start) {
            Some(rest) => (format!("{}/{}/{rest}", rename.key, address_part(rename.new)), origin),
            None => (address, origin),
        }
    });
    *facts = moved.collect::<Map<_, _>>();
}
