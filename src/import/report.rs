//! Says what an import made of what it was given, and what to export next.
//!
//! Owns the counts and the commands. Printing in colour and on terminals is not its business.

use std::fmt;

use crate::import::arm;
use crate::import::model::Environment;
use crate::import::shape::Shape;
use crate::import::store::{Kind, Store};
use crate::scalar::print_time;

/// One file that was read.
#[derive(Clone, Debug)]
pub struct SourceUsed {
    /// Its name.
    pub file: String,
    /// What was recognised, with the number of elements.
    pub what: Vec<(&'static str, usize)>,
    /// The newest time found in it.
    pub captured: Option<i64>,
}

/// Facts of one kind of entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The environment.
    pub environment: String,
    /// The key of the list.
    pub list: &'static str,
    /// Entities.
    pub entities: usize,
    /// Facts that are known.
    pub known: usize,
    /// Facts that are not.
    pub unknown: usize,
    /// Fields no entity of the list has.
    pub never: Vec<&'static str>,
}

/// Something outside what this tool judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// What it is, such as `an Azure-to-Azure item`.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// `file pointer`.
    pub place: String,
}

/// A command that would tell more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The environment.
    pub environment: String,
    /// What would be learnt.
    pub why: String,
    /// What to run, or where to click.
    pub command: String,
}

/// What an import made.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The files used.
    pub sources: Vec<SourceUsed>,
    /// Facts by environment and list.
    pub coverage: Vec<Coverage>,
    /// Out of scope.
    pub outside: Vec<Outside>,
    /// Rows dropped because they are soft-deleted.
    pub deleted: usize,
    /// What to export next.
    pub next: Vec<Next>,
    /// `name: asOf, and how it was found`, by environment.
    pub as_of: Vec<(String, Option<i64>, String)>,
}

/// Makes the report.
pub fn report(store: &Store, environments: &[Environment]) -> Report {
    let sources = store.files.iter().map(|file| SourceUsed {
        file: file.name.to_string(),
        what: file.what.iter().map(|(what, count)| (*what, *count)).collect(),
        captured: file.captured,
    });
    let outside = store.outside.iter().map(|(what, name, file, at)| Outside {
        what,
        name: name.clone(),
        place: store.place(*file, at),
    });
    let as_of = environments.iter().map(|environment| {
        let how = match &environment.as_of {
            Some(fact) if &*fact.origin.file == "--as-of" => "as given".to_owned(),
            Some(fact) => format!(
                "the newest time found, in {}; the exports were made then or later",
                fact.origin.file
            ),
            None => {
                "no time was found: give one, or the age of heartbeats stays unknown".to_owned()
            }
        };
        let at = environment.as_of.as_ref().and_then(|fact| match fact.value {
            crate::import::model::Value::Time(at) => Some(at),
            _ => None,
        });
        (environment.name.clone(), at, how)
    });
    Report {
        sources: sources.collect(),
        coverage: environments.iter().flat_map(coverage).collect(),
        outside: outside.collect(),
        deleted: store.deleted,
        next: environments.iter().flat_map(|environment| next(store, environment)).collect(),
        as_of: as_of.collect(),
    }
}

fn coverage(environment: &Environment) -> Vec<Coverage> {
    let shape = Shape::of(environment.architecture);
    let mut all = Vec::new();
    for (key, entities) in &environment.sections {
        let (mut known, mut unknown, mut never) = (0, 0, Vec::new());
        for field in shape.fields(key) {
            let have = entities.iter().filter(|entity| entity.fact(&field.path).is_some()).count();
            known += have;
            // What may be left out is no gap.
            if !field.optional {
                unknown += entities.len() - have;
                if have == 0 && !entities.is_empty() {
                    never.push(field.path.as_str());
                }
            }
        }
        all.push(Coverage {
            environment: environment.name.clone(),
            list: key,
            entities: entities.len(),
            known,
            unknown,
            never,
        });
    }
    all
}

/// Commands for what is missing, in the order in which they teach most.
fn next(store: &Store, environment: &Environment) -> Vec<Next> {
    let mut all = Vec::new();
    let vault = environment.list("vault").first();
    let name = vault.map_or("VAULT", |vault| vault.id.as_str());
    let group = vault
        .and_then(|vault| vault.value("resourceGroup"))
        .and_then(|value| value.as_str())
        .unwrap_or("GROUP");
    let known = Known::new(store, name, group);
    let scope = format!("-g {group} --vault-name {name}");
    let base = format!(
        "https://management.azure.com/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{name}",
        known.subscription
    );
    let mut ask = |why: &str, command: String| {
        all.push(Next { environment: environment.name.clone(), why: why.to_owned(), command });
    };
    let modernized = environment.architecture == Some("modernized");
    let lacks = |list: &str, field: &str| {
        environment.list(list).iter().any(|entity| entity.fact(field).is_none())
    };
    let empty = |list: &str| environment.list(list).is_empty();
    if modernized && empty("appliances") {
        ask(
            "appliances and the health of their parts",
            format!("az site-recovery fabric list {scope} -o json > fabrics.json"),
        );
    }
    if !modernized && (empty("configurationServers") || empty("masterTargets")) {
        ask(
            "configuration servers, process servers, master targets and their retention volumes",
            format!("az site-recovery fabric list {scope} -o json > fabrics.json"),
        );
    }
    if empty("machines") {
        ask(
            "the machines and their failover",
            format!(
                "az rest --method get --url \"{base}/replicationProtectedItems?api-version=2023-08-01\" > protected-items.json"
            ),
        );
    }
    if !modernized && lacks("configurationServers", "azureConnection") {
        ask(
            "whether configuration servers are connected to Azure",
            format!(
                "az rest --method get --url \"{base}/replicationRecoveryServicesProviders?api-version=2023-08-01\" > providers.json"
            ),
        );
    }
    if !modernized && empty("vCenters") {
        ask(
            "vCenters and whether they are discovered",
            format!(
                "az rest --method get --url \"{base}/replicationvCenters?api-version=2023-08-01\" > vcenters.json"
            ),
        );
    }
    if empty("failbackPolicies") {
        ask(
            "failback policies",
            format!("az site-recovery policy list {scope} -o json > policies.json"),
        );
        if !modernized {
            ask(
                "which configuration server a failback policy is mapped to",
                format!(
                    "az rest --method get --url \"{base}/replicationProtectionContainerMappings?api-version=2023-08-01\" > mappings.json"
                ),
            );
        }
    }
    let bare = environment
        .list("machines")
        .iter()
        .filter(|machine| machine.fact("azureVm/exists").is_some())
        .find(|machine| machine.fact("azureVm/powerState").is_none());
    if bare.is_some() {
        ask(
            "whether the VMs in Azure run, and their disks",
            format!("az vm list -g {group} -d -o json > azure-vms.json"),
        );
    }
    if environment.sections.iter().all(|(key, _)| *key != "recoveryPlans")
        || lacks("recoveryPlans", "machines")
    {
        let plan = &known.plan;
        ask(
            "the machines of recovery plans (one command per plan: lists leave them out)",
            format!(
                "az site-recovery recovery-plan show {scope} -n {plan} -o json > plan-{plan}.json"
            ),
        );
    }
    if environment.sections.iter().all(|(key, _)| *key != "replicationGroups") {
        ask(
            "replication groups: the whole list of protected items",
            format!(
                "az rest --method get --url \"{base}/replicationProtectedItems?api-version=2023-08-01\" > protected-items.json"
            ),
        );
    }
    let virtual_facts = lacks("machines", "onPremVm/disks")
        || lacks("masterTargets", "snapshots")
        || lacks("masterTargets", "esxiHost");
    if virtual_facts {
        if modernized {
            ask(
                "snapshots, disks and hosts of on-premises VMs",
                format!(
                    "az site-recovery vmware-site machine list -g {group} --site-name {} -o json > site-machines.json",
                    known.site
                ),
            );
        }
        ask(
            "snapshots, disks, controllers, hosts, datastores and licences of VMware",
            "RVTools: File > Export all to Excel".to_owned(),
        );
    }
    let hosts = environment.list("esxiHosts");
    if hosts.iter().any(|host| {
        host.value("datastores")
            .is_none_or(|list| list.as_list().iter().any(|mount| mount.field("access").is_none()))
    }) {
        ask(
            "which hosts mount which datastore read/write",
            "govc datastore.info -json > datastores.json; govc host.info -json > hosts.json"
                .to_owned(),
        );
    }
    if lacks("esxiHosts", "edition") {
        ask(
            "licence editions of hosts",
            "govc license.assigned.ls -json > licences.json".to_owned(),
        );
    }
    if !modernized
        && environment.list("masterTargets").iter().any(|target| target.fact("snapshots").is_none())
        && store.pages.keys().all(|(what, _)| *what != "protectable items")
    {
        ask(
            "the service's own checks of master targets (one command per container: snapshots, disk UUIDs)",
            format!(
                "az rest --method get --url \"{base}/replicationFabrics/{}/replicationProtectionContainers/{}/replicationProtectableItems?api-version=2023-08-01\" > protectable-items.json",
                known.fabric, known.container
            ),
        );
    }
    all
}

/// Names that the files tell and commands need; in capitals where none is told.
struct Known {
    subscription: String,
    fabric: String,
    container: String,
    site: String,
    plan: String,
}

impl Known {
    fn new(store: &Store, vault: &str, group: &str) -> Self {
        let same = |id: &str, kind: &str, name: &str| {
            arm::after(id, kind).is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        let mine = |id: &str| same(id, "vaults", vault) && same(id, "resourceGroups", group);
        let segment = |id: Option<&str>, kind: &str, unknown: &str| {
            id.and_then(|id| arm::after(id, kind)).unwrap_or(unknown).to_owned()
        };
        let vault = store.vaults.values().find(|id| mine(id)).map(String::as_str);
        let container =
            [Kind::Mapping, Kind::Item, Kind::Protectable].into_iter().find_map(|kind| {
                store.all(kind).map(|node| node.key.as_str()).find(|key| {
                    mine(key) && arm::after(key, "replicationProtectionContainers").is_some()
                })
            });
        let server = || {
            let mut servers = store.all(Kind::ConfigurationServer).map(|node| node.key.as_str());
            servers.find(|key| mine(key))
        };
        let mut fabrics = store.all(Kind::ApplianceFabric).filter(|node| mine(&node.key));
        let site = fabrics.find_map(|node| node.str("site"));
        let mut plans = store.all(Kind::Plan).filter(|plan| mine(&plan.key));
        let plan = plans.find(|plan| plan.value("items").is_none());
        let name = plan.and_then(|plan| plan.str("name"));
        let plain =
            |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        Self {
            subscription: segment(vault, "subscriptions", "SUBSCRIPTION"),
            fabric: segment(container.or_else(server), "replicationFabrics", "FABRIC"),
            container: segment(container, "replicationProtectionContainers", "CONTAINER"),
            site: segment(site, "VMwareSites", "SITE"),
            plan: name.filter(plain).unwrap_or("PLAN").to_owned(),
        }
    }
}

/// `1 fabric`, `2 policies`.
fn counted(count: usize, what: &str) -> String {
    let one = match what.strip_suffix("ies") {
        Some(start) => format!("{start}y"),
        None => match what.strip_prefix("rows ") {
            Some(rest) => format!("row {rest}"),
            None => what.strip_suffix('s').unwrap_or(what).to_owned(),
        },
    };
    if count == 1 { format!("1 {one}") } else { format!("{count} {what}") }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "sources")?;
        for source in &self.sources {
            let what = source
                .what
                .iter()
                .map(|(what, count)| counted(*count, what))
                .collect::<Vec<_>>()
                .join(", ");
            let when = source
                .captured
                .map_or_else(String::new, |at| format!(", newest time {}", print_time(at)));
            writeln!(
                out,
                "  {}: {}{when}",
                source.file,
                if what.is_empty() { "nothing known" } else { &what }
            )?;
        }
        for (name, at, how) in &self.as_of {
            writeln!(
                out,
                "environment {name}, as of {} ({how})",
                at.map_or_else(|| "unknown".to_owned(), print_time)
            )?;
            for row in self.coverage.iter().filter(|row| row.environment == *name) {
                write!(
                    out,
                    "  {}: {}, {} facts known, {} unknown",
                    row.list, row.entities, row.known, row.unknown
                )?;
                if row.never.is_empty() {
                    writeln!(out)?;
                } else {
                    writeln!(out, " (never: {})", row.never.join(", "))?;
                }
            }
        }
        for thing in &self.outside {
            writeln!(
                out,
                "out of scope: `{}` is {} ({})",
                thing.name,
                thing.what,
                thing.place.trim()
            )?;
        }
        if self.deleted > 0 {
            let rows = counted(self.deleted, "rows");
            writeln!(out, "dropped: {rows} of machines that were deleted")?;
        }
        if !self.next.is_empty() {
            writeln!(out, "to learn more")?;
            let several = self.as_of.len() > 1;
            let mut environment = "";
            for next in &self.next {
                if several && next.environment != environment {
                    environment = &next.environment;
                    writeln!(out, "  of {environment}")?;
                }
                let indent = if several { "    " } else { "  " };
                writeln!(out, "{indent}{}\n{indent}  {}", next.why, next.command)?;
            }
        }
        Ok(())
    }
}
