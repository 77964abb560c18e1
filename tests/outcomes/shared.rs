//! One fault is one finding: each fact of what several machines share is broken in every way, and no rule may tell it twice.

use std::collections::{BTreeMap, BTreeSet};

use failback::compile::ir::RuleSet;
use failback::evaluate::{Outcome, Selection, Verdict, evaluate};
use failback::facts::change::NewFact;
use failback::facts::{Fact, Facts, ROOT, RowId, SlotId};
use failback::scalar;
use failback::schema::TypeKind;
use failback::schema::types::Type;
use failback::session::{Inputs, address, rules};
use serde_yaml::Value;

use crate::support::described::{READY, with_facts};

/// The example of the other architecture whose gate is open.
pub const MODERNIZED: &str = include_str!("../../examples/modernized/site.yaml");

/// Rules that may tell what is broken at one fact more than once: the pack, the rule, and why.
const SEVERAL: &[(&str, &str, &str)] = &[
    ("classic", "DS-003", "advice about the disks of one machine"),
    ("classic", "DS-005", "advice about the disks of one machine"),
    ("classic", "REQ-023", "advice about the new VM of one machine"),
    ("classic", "MT-014", "each master target has a version of its own, and is aligned by itself"),
    ("classic", "REQ-019", "each machine is left out of a list by itself"),
    ("modernized", "REQ-019", "each machine is left out of a list by itself"),
];

/// The rules of a shipped pack.
pub fn pack(name: &str) -> RuleSet {
    let inputs = Inputs::shipped();
    let pack = inputs.packs.iter().find(|pack| pack.name == name).expect("the pack is shipped");
    rules::load(&inputs.sources, pack).rules
}

fn list<'v>(value: &'v mut Value, path: &str) -> &'v mut Vec<Value> {
    let found = path.split('/').fold(value, |value, key| match value {
        Value::Sequence(items) => items
            .iter_mut()
            .find(|item| item.get("id").is_some_and(|id| id == key))
            .unwrap_or_else(|| panic!("{path}")),
        value => value.get_mut(key).unwrap_or_else(|| panic!("{path}")),
    });
    found.as_sequence_mut().unwrap_or_else(|| panic!("{path}"))
}

/// Everything within a value that tells one machine from another, told apart.
fn renamed(value: &Value, from: &str, to: &str, number: usize) -> Value {
    let again = |value: &Value| renamed(value, from, to, number);
    match value {
        Value::String(text) if text == from => Value::from(to),
        Value::Sequence(items) => Value::Sequence(items.iter().map(again).collect()),
        Value::Mapping(entries) => Value::Mapping(
            entries
                .iter()
                .map(|(key, value)| {
                    let value = match (key.as_str(), value.as_str()) {
                        (Some("uuid"), Some(uuid)) => Value::from(format!("{uuid}-{number}")),
                        _ => again(value),
                    };
                    (key.clone(), value)
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// An example with more machines of each kind, and with others of what they share that nobody uses.
fn estate(text: &str, machines: &[(&str, &str)], others: &[&str], plan: &str) -> String {
    let mut value: Value = serde_yaml::from_str(text).expect("the example is YAML");
    for (number, (from, to)) in machines.iter().enumerate() {
        for path in ["machines", "request/items"] {
            let key = if path == "machines" { "id" } else { "machine" };
            let items = list(&mut value, path);
            let item = items.iter().find(|item| item[key] == *from).expect("a machine");
            let more = renamed(item, from, to, number);
            items.push(more);
        }
        list(&mut value, plan).push(Value::from(*to));
        if value.get("configurationServers").is_some() {
            list(&mut value, "configurationServers/cs1/database").push(Value::from(*to));
            list(&mut value, "configurationServers/cs1/lastBackup/machines").push(Value::from(*to));
        }
    }
    for name in others {
        let items = list(&mut value, name);
        let first = items[0]["id"].as_str().expect("a key").to_owned();
        let other = renamed(&items[0], &first, &format!("{first}-other"), 99);
        items.push(other);
    }
    serde_yaml::to_string(&value).expect("it can be written")
}

fn classic() -> String {
    let text = READY.replace(
        "ps-azure, datastore",
        "ps-azure, vCenter: vc1, failbackPolicy: failback-24h, datastore",
    );
    let machines = [
        ("erp01", "pay01"),
        ("erp02", "pay02"),
        ("web01", "web02"),
        ("web01", "web03"),
        ("files01", "files02"),
        ("files01", "files03"),
    ];
    let others = [
        "azureNetworks",
        "configurationServers",
        "vCenters",
        "datastores",
        "esxiHosts",
        "failbackPolicies",
    ];
    estate(&text, &machines, &others, "recoveryPlans/rp-seoul/machines")
}

fn modernized() -> String {
    let machines = [
        ("crm01", "pay01"),
        ("shop01", "shop02"),
        ("shop01", "shop03"),
        ("scan01", "scan02"),
        ("scan01", "scan03"),
    ];
    let others = ["azureNetworks", "vCenters", "datastores", "esxiHosts", "storageAccounts"];
    estate(MODERNIZED, &machines, &others, "recoveryPlans/rp-busan/machines")
}

/// The facts that belong to nobody alone: those of entities that are neither a machine nor its item, and of the environment.
fn shared(facts: &Facts<'_>) -> Vec<SlotId> {
    let schema = facts.schema();
    let own = |row: RowId| {
        let ty = facts.row(facts.entity_of(row)).ty;
        Some(ty) == schema.unit || schema.ty(ty).name == "RequestItem"
    };
    let mut slots = Vec::new();
    for row in (0..facts.row_count() as RowId).filter(|row| !own(*row)) {
        let ty = facts.row(row).ty;
        for (at, field) in schema.ty(ty).fields.iter().enumerate() {
            let entities = match field.ty.element() {
                Some(Type::Row(element)) => schema.ty(*element).kind == TypeKind::Entity,
                _ => false,
            };
            let header = row == ROOT && ["architecture", "asOf"].contains(&field.name.as_str());
            if let Some(slot) = field.slot
                && schema.ty(ty).key != Some(at)
                && !entities
                && !header
            {
                slots.push(facts.slot_of(row, slot));
            }
        }
    }
    slots
}

/// Other values of a fact.
fn others(facts: &Facts<'_>, slot: SlotId, now: Option<i64>) -> Vec<NewFact> {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    let fact = facts.read(slot, ty);
    let mut found = of_type(facts, ty.present(), &fact, now);
    if matches!(ty, Type::OrNone(_)) {
        found.push(NewFact::Absent);
    }
    found
}

fn of_type(facts: &Facts<'_>, ty: &Type, fact: &Fact<'_>, now: Option<i64>) -> Vec<NewFact> {
    const GIB: i64 = 1 << 30;
    let hour = 3600 * scalar::SECOND;
    match ty {
        Type::Bool => vec![NewFact::Bool(true), NewFact::Bool(false)],
        Type::Words(words) => words.iter().map(|word| NewFact::Word(*word)).collect(),
        Type::Int => [0, 1, 2, 58, 61, 443].map(NewFact::Number).into(),
        Type::Size => [0, 1, GIB, 4000 * GIB].map(NewFact::Number).into(),
        Type::Time => {
            let now = now.unwrap_or_default();
            [-50_000, -1, 1, 50_000].map(|hours| NewFact::Number(now + hours * hour)).into()
        }
        Type::Version => {
            ["1.0", "5.5", "6.0", "99.0"].map(|text| NewFact::Text(text.into())).into()
        }
        Type::Text | Type::TextNocase => {
            ["other", "Read-only", "fat32"].map(|text| NewFact::Text(text.into())).into()
        }
        Type::Ref(ty) => facts.entities(*ty).iter().map(|row| NewFact::Row(*row)).collect(),
        Type::List(element, _) => {
            let Fact::List(held) = fact else { return Vec::new() };
            let items: Vec<NewFact> = (0..facts.list_len(*held))
                .filter_map(|at| new_fact(&facts.list_item(*held, at, element)))
                .collect();
            // Nothing, all but one, and each other value in the place of one.
            let mut lists = vec![NewFact::List(Vec::new())];
            for at in 0..items.len() {
                let without = items.iter().enumerate().filter(|(other, _)| *other != at);
                lists.push(NewFact::List(without.map(|(_, item)| item.clone()).collect()));
                for other in of_type(facts, element, &Fact::Unknown, now) {
                    let mut changed = items.clone();
                    changed[at] = other;
                    lists.push(NewFact::List(changed));
                }
            }
            lists
        }
        _ => Vec::new(),
    }
}

fn new_fact(fact: &Fact<'_>) -> Option<NewFact> {
    Some(match fact {
        Fact::Row(row) => NewFact::Row(*row),
        Fact::Text(text) => NewFact::Text(text.as_str().to_owned()),
        Fact::Word(word) => NewFact::Word(*word),
        Fact::Number(number) => NewFact::Number(*number),
        Fact::Bool(flag) => NewFact::Bool(*flag),
        _ => return None,
    })
}

/// Breaks each shared fact; the rules that then tell more than before and several times, with where and what.
fn several(text: &str, rules: &RuleSet) -> (BTreeMap<String, Vec<String>>, BTreeSet<String>) {
    with_facts(text, rules, |facts, now| {
        let told = |facts: &Facts<'_>| {
            let evaluation = evaluate(facts, rules, now, &Selection::default());
            let faults = evaluation
                .findings
                .into_iter()
                .filter(|finding| matches!(finding.outcome, Outcome::Fail | Outcome::Pending));
            let faults: BTreeSet<String> = faults.map(|finding| finding.id).collect();
            (evaluation.verdict, faults)
        };
        let (verdict, before) = told(facts);
        assert_eq!(verdict, Verdict::Open, "{before:?}");
        let (mut several, mut spoke) = (BTreeMap::<String, Vec<String>>::new(), BTreeSet::new());
        for slot in shared(facts) {
            let path = facts.slot_path(slot);
            for (number, other) in others(facts, slot, now).into_iter().enumerate() {
                let mut broken = facts.clone();
                broken.store(slot, &other);
                let mut by_rule: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for id in told(&broken).1.difference(&before) {
                    let rule = id.split(':').next().unwrap_or_default().to_owned();
                    by_rule.entry(rule).or_default().push(id.clone());
                }
                for (rule, ids) in by_rule {
                    spoke.insert(rule.clone());
                    if ids.len() > 1 {
                        several
                            .entry(rule)
                            .or_default()
                            .push(format!("{path} ({number}): {ids:?}"));
                    }
                }
            }
        }
        (several, spoke)
    })
}

#[test]
fn what_several_share_is_told_once() {
    let mut wrong = String::new();
    for (name, text) in [("classic", classic()), ("modernized", modernized())] {
        let (found, spoke) = several(&text, &pack(name));
        assert!(spoke.len() > 20, "{name}: many rules are broken: {spoke:?}");
        for (rule, at) in &found {
            if !SEVERAL.iter().any(|(pack, known, _)| (*pack, *known) == (name, rule.as_str())) {
                wrong += &format!("{name} {rule}:\n    {}\n", at[..at.len().min(4)].join("\n    "));
            }
        }
        for (pack, rule, reason) in SEVERAL.iter().filter(|(pack, ..)| *pack == name) {
            if !found.contains_key(*rule) {
                wrong += &format!("{pack} {rule} is no exception any more: {reason}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The address of a disk of the VM of a machine.
fn disk(id: &str, number: usize) -> String {
    format!("machines/{id}/onPremVm/disks/{number}/uuid")
}

/// Gives facts other texts, and says what VM-009 then tells: of which machine, and whom it blocks.
fn sharing(
    facts: &Facts<'_>,
    rules: &RuleSet,
    now: Option<i64>,
    texts: &[(String, &str)],
) -> Vec<(String, BTreeSet<String>)> {
    let mut broken = facts.clone();
    for (address, text) in texts {
        let slot = address::resolve(facts, address).expect("a fact").slot;
        broken.store(slot, &NewFact::Text((*text).to_owned()));
    }
    let told = evaluate(&broken, rules, now, &Selection::default()).findings.into_iter();
    let told = told.filter(|finding| rules.rules[finding.rule].id == "VM-009");
    told.map(|finding| {
        assert_eq!(finding.outcome, Outcome::Fail, "{}", finding.id);
        let shown: Vec<&str> = finding.evidence.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(finding.span, finding.evidence[0].span);
        assert!(shown[0].starts_with(&finding.path), "{} stands at {}", finding.id, shown[0]);
        let blocks = finding.blocks.iter().map(|unit| facts.name(*unit)).collect();
        assert!(finding.perhaps().next().is_none(), "{}", finding.id);
        (finding.id, blocks)
    })
    .collect()
}

#[test]
fn a_disk_uuid_that_several_vms_share_is_told_once() {
    const SPELLINGS: [&str; 2] = ["6000c290-aaaa", "6000C290-AAAA"];
    let estates = [
        ("classic", classic(), ["erp01", "erp02", "pay02", "web01", "web03"]),
        ("modernized", modernized(), ["crm01", "crm02", "pay01", "shop01", "shop03"]),
    ];
    for (name, text, ids) in estates {
        let rules = pack(name);
        with_facts(&text, &rules, |facts, now| {
            assert!(sharing(facts, &rules, now, &[]).is_empty());
            for count in 2..=ids.len() {
                for some in [&ids[..count], &ids[ids.len() - count..]] {
                    let texts: Vec<_> = some
                        .iter()
                        .zip(SPELLINGS.iter().cycle())
                        .map(|(id, uuid)| (disk(id, 0), *uuid))
                        .collect();
                    let found = sharing(facts, &rules, now, &texts);
                    let last = format!("VM-009:machines/{}", some[count - 1]);
                    let all = some.iter().map(|id| (*id).to_owned()).collect();
                    assert_eq!(found, [(last, all)], "{name}");
                }
            }
            // Of two VMs that come from one template all disks are the same: that is one fault, too.
            let [one, other] =
                if name == "classic" { ["erp02", "pay02"] } else { ["crm01", "pay01"] };
            let texts = [(one, 0, "x"), (one, 1, "y"), (other, 0, "X"), (other, 1, "y")];
            let texts = texts.map(|(id, number, uuid)| (disk(id, number), uuid));
            let found = sharing(facts, &rules, now, &texts);
            let [(id, blocks)] = found.as_slice() else { panic!("{name}: {found:?}") };
            assert_eq!(*id, format!("VM-009:machines/{other}"));
            assert_eq!(*blocks, BTreeSet::from([one.to_owned(), other.to_owned()]));
            // A VM may share a UUID with itself alone.
            let texts = [(disk(one, 0), "x"), (disk(one, 1), "x")];
            let found = sharing(facts, &rules, now, &texts);
            assert_eq!(
                found,
                [(format!("VM-009:machines/{one}"), BTreeSet::from([one.to_owned()]))]
            );
        });
    }
}
