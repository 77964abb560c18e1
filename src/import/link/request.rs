//! Makes the request from the bodies of reprotect calls.
//!
//! Owns which machine a body is for: the body itself does not say, as the machine stands in the address of the call.

use crate::diagnostic::Severity;
use crate::import::arm;
use crate::import::link::{Draft, machines};
use crate::import::model::{Entity, Fact, Value};
use crate::import::store::{Kind, Node};

/// Adds the request, if bodies were handed in that belong to the vault.
pub fn make(draft: &mut Draft<'_>) {
    if draft.store.requests.is_empty() {
        return;
    }
    let waiting = Waiting::new(draft);
    let mut items = Vec::new();
    let mut names = Vec::new();
    let mut entity = Entity { id: "request".to_owned(), facts: Vec::new() };
    for request in &draft.store.requests {
        if !fits(draft, request) {
            continue;
        }
        let Some(body) = request.seen("body") else { continue };
        if entity.facts.is_empty() {
            if let Some(fact) = draft.copy(request, "direction") {
                entity.facts.push(("direction", fact));
            }
            entity.facts.push((
                "failbackTarget",
                draft.derive(body, Value::Word("vmware"), "the provider of the request"),
            ));
        }
        // An item without a machine is none that could be judged.
        let Some(id) = machine(draft, request, &waiting) else { continue };
        names.push(Value::Text(id.clone()));
        let mut fields = vec![("machine", Value::Text(id))];
        choices(draft, request, &mut fields);
        items.push((Value::Record(fields), body));
    }
    let Some((_, body)) = items.first() else { return };
    let origin = draft.store.fact(body);
    let target = Value::Record(vec![("machines", Value::List(names))]);
    entity.facts.push(("target", draft.derive(body, target, "the machines the requests are for")));
    let list = Value::List(items.into_iter().map(|(item, _)| item).collect());
    entity.facts.push(("items", Fact { value: list, ..origin }));
    draft.add("request", entity);
}

/// Whether a request speaks of servers of this vault.
fn fits(draft: &Draft<'_>, request: &Node) -> bool {
    if request.value("masterTarget").is_some() || request.value("processServer").is_some() {
        return draft.architecture != Some("modernized")
            && (draft.only || host(draft, request, "masterTarget", Kind::MasterTarget).is_some());
    }
    if request.value("appliance").is_some() {
        return draft.architecture == Some("modernized")
            && (draft.only || host(draft, request, "appliance", Kind::Appliance).is_some());
    }
    draft.only
}

/// The server with the host id a request names.
fn host<'s>(draft: &Draft<'s>, request: &Node, name: &str, kind: Kind) -> Option<&'s Node> {
    let wanted = request.str(name)?.to_lowercase();
    draft
        .nodes(kind)
        .into_iter()
        .find(|node| node.str("hostId").is_some_and(|own| own.to_lowercase() == wanted))
}

/// Machines that a request could be for, by its direction.
struct Waiting {
    home: Vec<String>,
    away: Vec<String>,
}

impl Waiting {
    fn new(draft: &Draft<'_>) -> Self {
        let is_reversed =
            |item: &Node| matches!(item.str("generation"), Some("InMage" | "InMageRcmFailback"));
        let (mut home, mut away) = (Vec::new(), Vec::new());
        for item in machines::items(draft) {
            let Some(id) = draft.id("machines", &item.key).map(str::to_owned) else { continue };
            if is_reversed(item) {
                away.push(id);
            } else if machines::failover(item).is_some_and(|state| state != "notFailedOver") {
                home.push(id);
            }
        }
        if home.is_empty() {
            // The request has been carried out since.
            home.clone_from(&away);
        }
        Self { home, away }
    }
}

fn machine(draft: &mut Draft<'_>, request: &Node, waiting: &Waiting) -> Option<String> {
    let forward = request.str("direction") != Some("azureToOnPremises");
    let waiting = if forward { &waiting.away } else { &waiting.home };
    if let [one] = waiting.as_slice() {
        return Some(one.clone());
    }
    let file = request.seen("body").map(|seen| draft.place(seen)).unwrap_or_default();
    let lower = file.to_lowercase();
    let mut named: Vec<&String> =
        waiting.iter().filter(|id| lower.contains(&id.to_lowercase())).collect();
    // `web1` is part of `web10`: the longest name is meant.
    named.sort_by_key(|id| std::cmp::Reverse(id.len()));
    if let Some(first) = named.first()
        && named.iter().skip(1).all(|other| first.to_lowercase().contains(&other.to_lowercase()))
    {
        return Some((*first).clone());
    }
    let listed = waiting.iter().take(5).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let help = if waiting.is_empty() {
        "no machine here waits for it: hand in the protected item it is for".to_owned()
    } else {
        format!(
            "a body does not name its machine: put the name into the file name; {} machines wait, such as {listed}",
            waiting.len()
        )
    };
    let severity = if waiting.is_empty() { Severity::Note } else { Severity::Warning };
    draft.tell(
        severity,
        "request-machine",
        format!("the machine of the request `{}` is not known", file.trim()),
        &help,
    );
    None
}

fn choices(draft: &mut Draft<'_>, request: &Node, fields: &mut Vec<(&'static str, Value)>) {
    for (name, list, kind) in [
        ("masterTarget", "masterTargets", Kind::MasterTarget),
        ("processServer", "processServers", Kind::ProcessServer),
        ("appliance", "appliances", Kind::Appliance),
    ] {
        let Some(wanted) = request.str(name).map(str::to_owned) else { continue };
        match host(draft, request, name, kind).and_then(|node| draft.id(list, &node.key)) {
            Some(id) => fields.push((name, Value::Text(id.to_owned()))),
            None => {
                let message =
                    format!("the request names `{wanted}` as {name}, which no fabric here has");
                draft.tell(
                    Severity::Warning,
                    "request-server",
                    message,
                    "hand in the fabric it belongs to",
                );
            }
        }
    }
    if let Some(name) = request.str("datastore").map(str::to_owned) {
        let id = draft.refer("datastores", &name, &name);
        fields.push(("datastore", Value::Text(id)));
    }
    if let Some(name) = request.str("retentionVolume") {
        fields.push(("retentionVolume", Value::Text(name.to_owned())));
    }
    if let Some(account) = request.str("logStorageAccount").map(str::to_owned) {
        let name = arm::last(&account).unwrap_or(&account).to_owned();
        let key = account.to_ascii_lowercase();
        let id = draft.refer("storageAccounts", &key, &name);
        if let Some(fact) =
            draft.store.get(Kind::StorageAccount, &key).and_then(|node| draft.copy(node, "region"))
        {
            draft.add("storageAccounts", Entity { id: id.clone(), facts: vec![("region", fact)] });
        }
        fields.push(("logStorageAccount", Value::Text(id)));
    }
    if let Some(policy) = request.str("policy").map(str::to_owned) {
        let name = arm::last(&policy).unwrap_or(&policy).to_owned();
        let id = draft.refer("failbackPolicies", &policy.to_ascii_lowercase(), &name);
        fields.push((
            if request.value("appliance").is_some() { "policy" } else { "failbackPolicy" },
            Value::Text(id),
        ));
    }
}
