//! Described environments of any size with planted faults, for tests and for the benchmark.
//!
//! Every machine is ready but for what is planted, and every planted fault says which finding it must give.

#![allow(dead_code)]

use std::fmt::Write as _;

/// What was generated.
pub struct Generated {
    /// The description.
    pub text: String,
    /// Ids of the findings that must come out, and no others at level `error`, sorted.
    pub expected: Vec<String>,
}

/// One fault in so many entities of its kind; 0 plants none.
#[derive(Clone, Copy)]
pub struct Faults {
    /// A master target with a snapshot.
    pub snapshots: usize,
    /// A machine whose agent's service is stopped.
    pub services: usize,
    /// Two machines that share a disk UUID.
    pub disk_uuids: usize,
    /// A machine whose item names no datastore.
    pub datastores: usize,
    /// A server that cannot fail back at all.
    pub terminal: usize,
    /// A free hypervisor.
    pub free_hosts: usize,
}

impl Faults {
    /// None at all.
    pub const NONE: Faults = Faults {
        snapshots: 0,
        services: 0,
        disk_uuids: 0,
        datastores: 0,
        terminal: 0,
        free_hosts: 0,
    };
    /// About one machine in a hundred has a fault.
    pub const SOME: Faults = Faults {
        snapshots: 40,
        services: 250,
        disk_uuids: 500,
        datastores: 300,
        terminal: 1000,
        free_hosts: 0,
    };
}

const PER_TARGET: usize = 25;
const PER_SERVER: usize = 200;

/// An environment of so many machines.
pub fn environment(machines: usize, faults: Faults) -> Generated {
    let mut out = String::with_capacity(machines * 1_500 + 4_096);
    let mut expected = Vec::new();
    let servers = machines.div_ceil(PER_SERVER).max(1);
    let targets = machines.div_ceil(PER_TARGET).max(1);
    let planted = |every: usize, at: usize| every > 0 && at % every == every / 2;
    out.push_str("apiVersion: failback/v1\nkind: Environment\nname: generated\narchitecture: classic\nasOf: 2020-03-28T09:00:00Z\n");
    out.push_str("vault: { id: vault, resourceGroup: rg-dr, region: koreacentral }\n");
    out.push_str("azureNetworks:\n");
    for s in 0..servers {
        let _ = writeln!(out, "  - id: vnet{s}");
    }
    out.push_str("connections:\n");
    for s in 0..servers {
        let _ = writeln!(
            out,
            "  - {{ id: vpn{s}, kind: siteToSiteVpn, azureNetwork: vnet{s}, state: connected }}"
        );
    }
    out.push_str("flows:\n");
    for s in 0..servers {
        let _ = writeln!(out, "  - {{ from: vnet{s}, to: cs{s}, port: 443, state: open }}");
        let _ = writeln!(out, "  - {{ from: vnet{s}, to: ps{s}, port: 9443, state: open }}");
        let _ = writeln!(out, "  - {{ from: ps{s}, to: cs{s}, port: 443, state: open }}");
    }
    for t in 0..targets {
        let s = t * PER_TARGET / PER_SERVER;
        let _ = writeln!(out, "  - {{ from: ps{s}, to: mt{t}, port: 9443, state: open }}");
        let _ = writeln!(out, "  - {{ from: mt{t}, to: cs{s}, port: 443, state: open }}");
    }
    out.push_str("configurationServers:\n");
    for s in 0..servers {
        let own = (s * PER_SERVER..((s + 1) * PER_SERVER).min(machines))
            .map(|m| format!("vm{m}"))
            .collect::<Vec<_>>();
        let own = own.join(", ");
        let _ = write!(
            out,
            "  - id: cs{s}\n    state: running\n    azureConnection: connected\n    lastHeartbeat: 2020-03-28T08:58:00Z\n    \
             ip: 10.1.{}.10\n    registeredIp: 10.1.{}.10\n    version: \"9.32\"\n    sslCertificateExpiry: 2022-01-10T00:00:00Z\n    \
             nics:\n      - {{ ip: 10.1.0.10, role: both }}\n    database: [{own}]\n    lastBackup: {{ at: 2020-03-27T22:00:00Z, machines: [{own}] }}\n",
            s % 250,
            s % 250,
        );
    }
    out.push_str("processServers:\n");
    for s in 0..servers {
        let _ = write!(
            out,
            "  - id: ps{s}\n    configurationServer: cs{s}\n    location: azure\n    azureNetwork: vnet{s}\n    state: running\n    \
             health: normal\n    lastHeartbeat: 2020-03-28T08:59:00Z\n    version: \"9.32\"\n    dataPort: 9443\n",
        );
    }
    out.push_str("masterTargets:\n");
    for t in 0..targets {
        let s = t * PER_TARGET / PER_SERVER;
        let snapshots = if planted(faults.snapshots, t) {
            expected.push(format!("MT-001:masterTargets/mt{t}"));
            "[{ name: before-patch }]"
        } else {
            "[]"
        };
        let _ = write!(
            out,
            "  - id: mt{t}\n    configurationServer: cs{s}\n    platform: vmwareVm\n    esxiHost: esx{t}\n    discovered: true\n    \
             osFamily: windows\n    osVersion: \"10.0\"\n    version: \"9.32\"\n    uuid: 564d1c0e-0001-4000-8000-{t:012}\n    template: none\n    \
             diskUuids: [6000c290-0001-0000-0000-{t:012}]\n    attachedDiskCount: 2\n    snapshots: {snapshots}\n    \
             scsiControllers: [lsiLogicSas]\n    vmwareTools: true\n    diskEnableUuid: true\n    storageVmotion: excluded\n    \
             datastores: [ds{t}]\n    retentionVolumes:\n      - {{ name: \"R:\", capacity: 600GiB, freeSpace: 580GiB, fileSystem: ntfs, \
             inUseElsewhere: false, locked: false, cacheVolume: false, addedAt: 2020-01-15T10:00:00Z }}\n",
        );
    }
    out.push_str("vCenters:\n");
    for s in 0..servers {
        let _ = write!(
            out,
            "  - id: vc{s}\n    fqdn: vc{s}.example\n    port: 443\n    version: \"6.7\"\n    configurationServer: cs{s}\n    state: connected\n    \
             discovered: true\n    account: {{ name: svc, role: Azure_Site_Recovery, assignedOn: datacenter, propagate: true, privileges: [{PRIVILEGES}] }}\n",
        );
    }
    out.push_str("datastores:\n");
    for t in 0..targets {
        let _ = writeln!(out, "  - {{ id: ds{t}, type: vmfs, freeSpace: 4TiB }}");
    }
    out.push_str("esxiHosts:\n");
    for t in 0..targets {
        let s = t * PER_TARGET / PER_SERVER;
        let edition = if planted(faults.free_hosts, t) {
            expected.push(format!("ESX-001:esxiHosts/esx{t}"));
            "free"
        } else {
            "enterprisePlus"
        };
        let _ = writeln!(
            out,
            "  - {{ id: esx{t}, vCenter: vc{s}, version: \"6.7\", edition: {edition}, discovered: true, freeMemory: 256GiB, \
             vmNames: [mt{t}], datastores: [{{ datastore: ds{t}, access: readWrite }}] }}",
        );
    }
    out.push_str("failbackPolicies:\n");
    for s in 0..servers {
        let _ = writeln!(out, "  - {{ id: failback{s}, configurationServer: cs{s} }}");
    }
    out.push_str(if machines == 0 { "machines: []\n" } else { "machines:\n" });
    for m in 0..machines {
        machine(&mut out, &mut expected, m, faults, &planted);
    }
    out.push_str("replicationGroups: []\nrecoveryPlans: []\nrequest:\n  target: { machines: [");
    for m in 0..machines {
        let _ = write!(out, "{}vm{m}", if m == 0 { "" } else { ", " });
    }
    out.push_str("] }\n  direction: azureToOnPremises\n  failbackTarget: vmware\n");
    out.push_str("  downtimeWindow: { start: 2020-03-29T14:00:00Z, end: 2020-03-29T18:00:00Z }\n");
    if machines == 0 {
        // Nothing is asked for, and the request says so.
        expected.push("REQ-001".to_owned());
        out.push_str("  items: []\n");
    } else {
        out.push_str("  items:\n");
    }
    for m in 0..machines {
        let (s, t) = (m / PER_SERVER, m / PER_TARGET);
        let _ = write!(out, "    - {{ machine: vm{m}, masterTarget: mt{t}, processServer: ps{s}, ");
        if planted(faults.datastores, m) {
            if !planted(faults.terminal, m) {
                expected.push(format!("REQ-010:request/items/vm{m}"));
            }
        } else {
            let _ = write!(out, "datastore: ds{t}, ");
        }
        out.push_str("retentionVolume: \"R:\" }\n");
    }
    expected.sort();
    Generated { text: out, expected }
}

fn machine(
    out: &mut String,
    expected: &mut Vec<String>,
    m: usize,
    faults: Faults,
    planted: &dyn Fn(usize, usize) -> bool,
) {
    let (s, t) = (m / PER_SERVER, m / PER_TARGET);
    // Of a machine that cannot come back at all, nothing else is told.
    let terminal = |m: usize| planted(faults.terminal, m);
    let running = !planted(faults.services, m);
    if !running && !terminal(m) {
        expected.push(format!("AGT-002:machines/vm{m}"));
    }
    let shared = planted(faults.disk_uuids, m) && m > 0;
    let disk = if shared {
        // A physical server leaves no disk behind with which another could clash.
        if !terminal(m) && !terminal(m - 1) {
            // The two are told together, with the last of them by name.
            let last = format!("vm{m}").max(format!("vm{}", m - 1));
            expected.push(format!("VM-009:machines/{last}"));
        }
        m - 1
    } else {
        m
    };
    let (kind, os) = if terminal(m) {
        expected.push(format!("VM-002:machines/vm{m}"));
        ("physical", "{ name: Windows Server 2008 R2, version: \"6.1\", servicePack: SP1 }")
    } else {
        ("vmwareVm", "{ name: Windows Server 2016, version: \"10.0\" }")
    };
    let _ = write!(
        out,
        "  - id: vm{m}\n    sourceKind: {kind}\n    osFamily: windows\n    os: {os}\n    firmware: bios\n    configurationServer: cs{s}\n    \
         failoverState: committed\n    ipRetained: false\n    protection: {{ enabled: true, state: unprotected, disableReason: none }}\n    \
         azureVm:\n      exists: true\n      createdBy: failover\n      network: vnet{s}\n      resourceGroup: rg-dr\n      \
         failoverResourceGroup: rg-dr\n      powerState: running\n      bootedAt: 2020-03-27T10:00:00Z\n      diskCount: 2\n      \
         agent: {{ installed: true, serviceRunning: {running}, startType: automatic, version: \"9.32\", registered: true }}\n    \
         onPremVm:\n      exists: true\n      uuid: 564d1c0e-0000-4000-8000-{m:012}\n      template: none\n      vCenter: vc{s}\n      \
         esxiHost: esx{t}\n      powerState: \"off\"\n      diskEnableUuid: true\n      snapshots: []\n      disks:\n        \
         - {{ uuid: 6000c290-0000-0000-0000-{disk:012}, size: 120GiB, kind: vmdk, datastore: ds{t} }}\n        \
         - {{ uuid: 6000c290-0000-0000-0002-{m:012}, size: 500GiB, kind: vmdk, datastore: ds{t} }}\n",
    );
}

const PRIVILEGES: &str = "Datastore.AllocateSpace, Datastore.Browse, Datastore.FileManagement, Datastore.DeleteFile, \
    Datastore.UpdateVirtualMachineFiles, Network.Assign, Resource.AssignVMToPool, Resource.ColdMigrate, Resource.HotMigrate, \
    Task.Create, Task.Update, VirtualMachine.Config.*, VirtualMachine.Interact.AnswerQuestion, VirtualMachine.Interact.DeviceConnection, \
    VirtualMachine.Interact.SetCDMedia, VirtualMachine.Interact.SetFloppyMedia, VirtualMachine.Interact.PowerOff, \
    VirtualMachine.Interact.PowerOn, VirtualMachine.Interact.ToolsInstall, VirtualMachine.Inventory.Create, \
    VirtualMachine.Inventory.Register, VirtualMachine.Inventory.Unregister, VirtualMachine.Provisioning.GetVmFiles, \
    VirtualMachine.Provisioning.PutVmFiles, VirtualMachine.State.RemoveSnapshot";
