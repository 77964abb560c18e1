//! Sites that differ from the ready example and are as healthy: each opens the gate, with every machine ready.

use failback::evaluate::{Readiness, Verdict};
use failback::session::Options;

use crate::support::described::{READY, check};

/// Replaces a text that is there, everywhere.
fn with(text: &str, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "`{old}` is not in the example");
        text.replace(old, new)
    })
}

/// Without the entries of lists that hold one of these words on their first line, down to the next entry.
fn without(text: &str, ids: &[&str]) -> String {
    let mut out = String::new();
    let mut left: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if left.is_some_and(|of| indent <= of) {
            left = None;
        }
        let starts = |id: &str| {
            let entry = line.trim_start();
            entry == format!("- id: {id}")
                || entry.starts_with(&format!("- id: {id} "))
                || entry.starts_with(&format!("- {{ machine: {id},"))
                || entry.starts_with(&format!("- {{ id: {id},"))
                || entry.starts_with("- { from") && entry.contains(&format!(" {id},"))
        };
        if left.is_none() && ids.iter().any(|id| starts(id)) {
            left = Some(indent);
        }
        if left.is_none() {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn variants() -> Vec<(&'static str, String)> {
    let windows_only = with(
        &without(READY, &["web01", "mt-linux", "esx02"]),
        &[("erp02, web01, files01", "erp02, files01")],
    );
    let linux_only = with(
        &without(READY, &["erp01", "erp02", "files01", "mt-win", "erp"]),
        &[
            ("[erp01, erp02, web01, files01]", "[web01]"),
            ("replicationGroups:\n", "replicationGroups: []\n"),
            ("vmNames: [mt-win, erp01, erp02]", "vmNames: []"),
        ],
    );
    vec![
        ("Windows only", windows_only),
        ("Linux only", linux_only),
        (
            "a hub with the gateway and a spoke with the machines",
            with(
                READY,
                &[
                    (
                        "azureNetworks:\n  - id: vnet-dr\n",
                        "azureNetworks:\n  - id: vnet-hub\n  - id: vnet-dr\n    peerings: [{ network: vnet-hub, gatewayTransit: true }]\n",
                    ),
                    ("azureNetwork: vnet-dr\n    state: connected", "azureNetwork: vnet-hub\n    state: connected"),
                ],
            ),
        ),
        (
            "ExpressRoute with private peering",
            with(READY, &[("kind: siteToSiteVpn", "kind: expressRoute\n    peering: private")]),
        ),
        ("a group of one", with(READY, &[("members: [erp01, erp02]", "members: [erp01]")])),
        ("no group, and machines by name", with(
            READY,
            &[
                ("replicationGroups:\n  - id: erp\n    members: [erp01, erp02]\n", "replicationGroups: []\n"),
                ("target: { recoveryPlan: rp-seoul }", "target: { machines: [erp01, erp02, web01, files01] }"),
            ],
        )),
        ("several plans", with(
            READY,
            &[("recoveryPlans:\n", "recoveryPlans:\n  - id: rp-other\n    machines: [web01]\n  - id: rp-none\n    machines: []\n")],
        )),
        ("vSAN", with(READY, &[("type: vmfs", "type: vsan")])),
        ("kept addresses, and an adapter for each side", with(
            READY,
            &[
                ("ipRetained: false", "ipRetained: true"),
                (
                    "      - { ip: 10.1.0.10, role: both }\n",
                    "      - { ip: 10.1.0.10, role: source }\n      - { ip: 10.1.0.11, role: failback }\n",
                ),
            ],
        )),
        ("names with spaces", with(
            READY,
            &[("mt-win", "\"master target, win (1)\""), ("\"master target, win (1)\", erp01", "mt-win, erp01")],
        )),
        ("versions of several precisions", with(
            READY,
            &[
                ("version: \"9.32\", registered", "version: \"9.32.5544.1\", registered"),
                ("version: \"6.7\"\n    edition", "version: \"6.7.0\"\n    edition"),
            ],
        )),
        ("two vCenter Servers", with(
            READY,
            &[("datastores:\n  - { id: ds-vmfs-01", "datastores:\n  - { id: ds-vmfs-01")],
        )
        .replace(
            "vCenters:\n",
            "vCenters:\n  - id: vc2\n    fqdn: vc2.contoso.example\n    port: 443\n    version: \"6.7\"\n    configurationServer: cs1\n    state: connected\n    discovered: true\n",
        )),
    ]
}

#[test]
fn every_healthy_site_opens_the_gate() {
    let mut wrong = String::new();
    for (name, text) in variants() {
        check(&text, &Options::default(), |checked, _| {
            let evaluation = &checked.evaluation;
            let ready =
                evaluation.units.iter().filter(|unit| unit.readiness == Readiness::Ready).count();
            if evaluation.verdict == Verdict::Open
                && ready == evaluation.units.len()
                && ready > 0
                && checked.errors.is_empty()
            {
                return;
            }
            wrong += &format!("{name}: {}\n", evaluation.verdict.word());
            for error in &checked.errors {
                wrong += &format!("    {}\n", error.message);
            }
            for finding in &evaluation.findings {
                wrong += &format!(
                    "    {} {}: {}\n",
                    finding.outcome.word(),
                    finding.id,
                    finding.message
                );
            }
        });
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
