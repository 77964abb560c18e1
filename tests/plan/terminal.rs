//! What cannot be mended: the plan says so, leaves out what is useless, and names what hangs on it.

use failback::plan::{Consent, Plan};

use crate::support::described::{self, READY, Wish, changed};
use crate::support::follow::{by_session, follow, planned};

fn set(address: &str, value: &str) -> Wish {
    Wish::Set(address.to_owned(), serde_yaml::from_str(value).expect("the value is YAML"))
}

/// The plan for the ready example with changes, which must keep its word.
fn plan_with(wishes: &[Wish], consent: &Consent) -> Plan {
    let text = changed(READY, wishes);
    let rules = described::shipped();
    let plan = planned(&text, &rules, consent);
    assert_eq!(follow(&text, &rules, &plan, &by_session), Vec::<String>::new());
    plan
}

fn ineligible(plan: &Plan) -> Vec<(&str, Vec<&str>)> {
    let units = plan.ineligible.iter();
    units
        .map(|unit| {
            let rules = unit.findings.iter().map(|(id, _)| id.split(':').next().unwrap_or(""));
            (unit.unit.as_str(), rules.collect())
        })
        .collect()
}

fn calls(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.call.as_str()).collect()
}

fn not_asked() -> Consent {
    Consent::default()
}

#[test]
fn each_terminal_case_is_told_and_its_own_remedies_are_dropped() {
    let cases: [(&str, &str, &str, Vec<Wish>); 9] = [
        (
            "T-1",
            "VM-002",
            "files01",
            vec![set(
                "machines/files01/os",
                "{ name: Windows Server 2008 R2, version: '6.1', servicePack: SP1 }",
            )],
        ),
        (
            "T-2",
            "VM-004",
            "web01",
            vec![
                set("machines/web01/protection/enabled", "false"),
                set("machines/web01/protection/disableReason", "migrationComplete"),
            ],
        ),
        ("T-3", "VM-006", "web01", vec![set("machines/web01/azureVm/exists", "false")]),
        (
            "T-4",
            "VM-007",
            "web01",
            vec![
                set("machines/web01/protection/enabled", "false"),
                set("machines/web01/protection/disableReason", "notSpecified"),
            ],
        ),
        ("T-5", "VM-005", "web01", vec![set("machines/web01/azureVm/resourceGroup", "rg-web")]),
        ("T-6", "GRP-001", "erp01", vec![set("machines/erp02/osFamily", "linux")]),
        (
            "T-7",
            "CS-004",
            "files01",
            vec![
                set("configurationServers/cs1/database", "[erp01, erp02, web01]"),
                set("configurationServers/cs1/lastBackup", "none"),
            ],
        ),
        ("T-8", "VM-003", "web01", vec![set("machines/web01/azureVm/createdBy", "manual")]),
        (
            "T-9",
            "VM-008",
            "files01",
            vec![set(
                "machines/files01/os",
                "{ name: Windows Server 2008, version: '6.0', servicePack: SP2 }",
            )],
        ),
    ];
    for (name, rule, unit, mut wishes) in cases {
        // A fault of its own that is not worth mending, and one that others have as well.
        wishes.push(set(&format!("machines/{unit}/azureVm/agent/serviceRunning"), "false"));
        wishes.push(set("vCenters/vc1/state", "disconnected"));
        let plan = plan_with(&wishes, &not_asked());
        let told = ineligible(&plan);
        assert!(
            told.iter().any(|(id, rules)| *id == unit && rules.contains(&rule)),
            "{name}: {told:?}"
        );
        assert_eq!(calls(&plan), ["reconnectVCenter(vc1)"], "{name}");
        let lost: Vec<&str> = told.iter().map(|(unit, _)| *unit).collect();
        let all = ["erp01", "erp02", "web01", "files01"];
        let left: Vec<&str> = all.into_iter().filter(|unit| !lost.contains(unit)).collect();
        assert_eq!(plan.ready, left, "{name}: the others go");
        let drags = &plan.ineligible[0].drags;
        assert!(
            drags.iter().any(|(holder, _)| holder == "recoveryPlans/rp-seoul"),
            "{name}: {drags:?}"
        );
    }
}

#[test]
fn a_member_of_a_group_names_the_group_that_hangs_on_it() {
    let plan = plan_with(&[set("machines/erp01/azureVm/exists", "false")], &not_asked());
    let drags = &plan.ineligible[0].drags;
    let group = drags.iter().find(|(holder, _)| holder == "replicationGroups/erp");
    assert_eq!(group.map(|(_, others)| others.as_slice()), Some(["erp02".to_owned()].as_slice()));
}

#[test]
fn a_group_of_two_families_loses_all_its_members() {
    let plan = plan_with(&[set("machines/erp02/osFamily", "linux")], &not_asked());
    let told = ineligible(&plan);
    assert_eq!(told, [("erp01", vec!["GRP-001"]), ("erp02", vec!["GRP-001"])]);
    assert!(plan.steps.is_empty());
}

/// T-10 is terminal only for an owner who insists on raw disks: with another datastore the machine goes.
#[test]
fn a_machine_whose_vm_is_gone_comes_back_on_another_datastore() {
    let plan = plan_with(
        &[
            set("datastores/+", "{ id: ds-nfs, type: nfs }"),
            set("esxiHosts/esx01/datastores/+", "{ datastore: ds-nfs, access: readWrite }"),
            set("masterTargets/mt-win/datastores/+", "ds-nfs"),
            set("request/items/files01/datastore", "ds-nfs"),
        ],
        &not_asked(),
    );
    assert_eq!(calls(&plan), ["chooseDatastore(files01)"]);
    assert!(plan.verified);
}

#[test]
fn what_two_machines_share_stays_if_one_of_them_can_go() {
    let wishes = [
        set("machines/web01/azureVm/exists", "false"),
        set("masterTargets/mt-linux/snapshots", "[{ name: old }]"),
        set("masterTargets/mt-win/snapshots", "[{ name: old }]"),
        set("machines/erp01/azureVm/exists", "false"),
    ];
    let plan = plan_with(&wishes, &not_asked());
    // Only web01 used the one; erp02 and files01 use the other.
    assert_eq!(calls(&plan), ["deleteSnapshots(mt-win)"]);
}

#[test]
fn what_destroys_something_needs_consent_and_is_never_the_first_choice() {
    let consent = Consent { allowed: vec!["delete-on-premises-vm".to_owned()] };
    let mountable = [set("esxiHosts/esx02/datastores/1/access", "readOnly")];
    for consent in [&not_asked(), &consent] {
        assert_eq!(calls(&plan_with(&mountable, consent)), ["mountDatastore(esx02, ds-vmfs-02)"]);
    }
    // The host offers no interface to write, and the licence is not its own trouble: nothing can be mounted on it.
    let location = [set("request/items/erp01/location", "alternate")];
    for consent in [&not_asked(), &consent] {
        assert_eq!(calls(&plan_with(&location, consent)), ["chooseLocation(erp01)"]);
    }
}

/// The ready example in which the only Linux machine came home, and has no item, no master target and nothing else to use.
fn home(more: &[Wish]) -> Vec<Wish> {
    let mut wishes = vec![
        set("machines/web01/failoverState", "notFailedOver"),
        set("request/target", "{ machines: [erp01, erp02, files01, web01] }"),
        set("request/items/web01/masterTarget", "none"),
        set("masterTargets/mt-linux/osFamily", "windows"),
    ];
    wishes.extend(more.iter().map(|wish| match wish {
        Wish::Set(address, value) => Wish::Set(address.clone(), value.clone()),
        Wish::Remove(address) => Wish::Remove(address.clone()),
    }));
    wishes
}

#[test]
fn a_machine_that_came_home_is_told_so_and_no_server_is_deployed_for_it() {
    for more in [vec![], vec![set("request/direction", "onPremisesToAzure")]] {
        let text = changed(READY, &home(&more));
        let rules = described::shipped();
        let plan = planned(&text, &rules, &not_asked());
        let deploys = calls(&plan).iter().any(|call| call.starts_with("deploy"));
        assert!(!deploys, "{:?}", calls(&plan));
        let found = plan.unresolved.iter().find(|left| left.id == "VM-001:machines/web01");
        let said = "web01 runs on-premises, and to protect it to Azure again is another operation";
        assert!(found.expect("it cannot go").message.starts_with(said));
        assert!(!plan.unresolved.iter().any(|left| left.id.starts_with("MT-003")));
    }
}

#[test]
fn a_machine_that_never_left_is_told_another_thing() {
    let text = changed(READY, &home(&[set("machines/web01/azureVm/createdBy", "unknown")]));
    let plan = planned(&text, &described::shipped(), &not_asked());
    let found = plan.unresolved.iter().find(|left| left.id == "VM-001:machines/web01");
    let said = "web01 has not been failed over, so there is nothing in Azure to reprotect";
    assert_eq!(found.expect("it cannot go").message, said);
}

#[test]
fn where_all_run_on_premises_the_direction_is_not_turned_round() {
    let mut wishes = vec![set("request/direction", "onPremisesToAzure")];
    for machine in ["erp01", "erp02", "web01", "files01"] {
        wishes.push(set(&format!("machines/{machine}/failoverState"), "notFailedOver"));
    }
    let plan = planned(&changed(READY, &wishes), &described::shipped(), &not_asked());
    assert_eq!(calls(&plan), Vec::<&str>::new());
    assert!(!plan.verified);
}
