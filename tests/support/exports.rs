//! Exports of an estate of any size, in the shapes of the exporters, with planted facts that an import has to find.
//!
//! Owns the JSON of the recovery service and of `az vm`, and what the numbers of an estate mean; the workbook and the
//! JSON of `govc` are in the module below. Everything follows from the number of a machine: there is no randomness, and
//! two runs write the same bytes. Sizes per element are those of recorded answers.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use failback::import::Imported;
use failback::import::model::Value;

mod vmware;

/// The size of an estate.
#[derive(Clone, Copy, Debug)]
pub struct Estate {
    /// Protected items.
    pub items: usize,
    /// VMs of VMware; the first are those of the items, the next those of the master targets.
    pub vms: usize,
    /// Whether VMs come from `govc vm.info` instead of a workbook.
    pub govc: bool,
}

/// Machines of one configuration server.
pub const PER_SERVER: usize = 200;
/// Elements of one page of a list.
const PAGE: usize = 500;
/// The agent of this machine has not come back since its failover.
pub const SILENT: usize = 7;
/// The VM of this machine has a snapshot.
pub const SNAPSHOT: usize = 11;
/// Another VM has the hardware address of this machine's.
pub const TWIN: usize = 17;
/// The VM of this machine is switched on at home.
pub const AT_HOME: usize = 19;

const VAULT: &str = "/Subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-scale/providers/Microsoft.RecoveryServices/vaults/Scale-Vault";

impl Estate {
    /// Configuration servers.
    pub fn servers(&self) -> usize {
        self.items.div_ceil(PER_SERVER)
    }

    /// Hosts of VMware.
    pub fn hosts(&self) -> usize {
        self.vms.div_ceil(30)
    }

    /// Datastores.
    pub fn datastores(&self) -> usize {
        self.vms.div_ceil(60)
    }

    /// The name of a VM.
    pub fn name(&self, vm: usize) -> String {
        match vm.checked_sub(self.items) {
            Some(target) if target < self.servers() * 2 => {
                format!(
                    "mt-{}-{:03}",
                    if target.is_multiple_of(2) { "win" } else { "linux" },
                    target / 2
                )
            }
            _ => format!("vm-{vm:05}"),
        }
    }

    /// The hardware address of a VM.
    pub fn mac(&self, vm: usize) -> String {
        let vm = if vm + 1 == self.vms { TWIN } else { vm };
        format!("00:50:56:{:02X}:{:02X}:{:02X}", vm >> 16, (vm >> 8) & 255, vm & 255)
    }
}

/// A text of 36 characters that is told apart by what it is for and a number.
pub fn uuid(salt: u32, number: usize) -> String {
    let mut state = (u64::from(salt) << 40) ^ number as u64 ^ 0x9E37_79B9_7F4A_7C15;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (state ^ (state >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 32)
    };
    let (a, b) = (next(), next());
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xFFFF,
        a & 0xFFFF,
        b >> 48,
        b & 0xFFFF_FFFF_FFFF
    )
}

/// Writes all exports into a folder, which is made anew; yields how many bytes.
pub fn write(folder: &Path, estate: Estate) -> io::Result<u64> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    list(&folder.join("fabrics.json"), estate.servers(), |server| fabric(estate, server))?;
    list(&folder.join("providers.json"), estate.servers(), provider)?;
    list(&folder.join("vcenters.json"), estate.servers(), center)?;
    list(&folder.join("policies.json"), 1, |_| policy())?;
    list(&folder.join("mappings.json"), estate.servers(), mapping)?;
    pages(folder, "protected-items", estate.items, |item| protected(estate, item, false))?;
    stream(&folder.join("items-one-by-one.json"), estate.items, |item| {
        protected(estate, item, true)
    })?;
    pages(folder, "protectable-items", estate.vms, |vm| protectable(estate, vm))?;
    array(&folder.join("azure-vms.json"), estate.items, |item| azure_vm(estate, item))?;
    vmware::write(folder, estate)?;
    fs::read_dir(folder)?.try_fold(0, |sum, entry| Ok(sum + entry?.metadata()?.len()))
}

/// `{"value": […]}`.
fn list(path: &Path, count: usize, element: impl Fn(usize) -> String) -> io::Result<()> {
    page(path, 0..count, None, element)
}

/// Several files, each of which names the next one.
fn pages(
    folder: &Path,
    name: &str,
    count: usize,
    element: impl Fn(usize) -> String,
) -> io::Result<()> {
    for start in (0..count).step_by(PAGE) {
        let end = (start + PAGE).min(count);
        let next = (end < count)
            .then(|| format!("https://management.azure.com{VAULT}/{name}?skipToken={end}"));
        page(&folder.join(format!("{name}-{:03}.json", start / PAGE)), start..end, next, &element)?;
    }
    Ok(())
}

fn page(
    path: &Path,
    range: std::ops::Range<usize>,
    next: Option<String>,
    element: impl Fn(usize) -> String,
) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let start = range.start;
    out.write_all(b"{\"value\":[")?;
    for at in range {
        write!(out, "{}{}", if at == start { "" } else { "," }, element(at))?;
    }
    match next {
        Some(next) => write!(out, "],\"nextLink\":\"{next}\"}}")?,
        None => write!(out, "],\"nextLink\":null}}")?,
    }
    out.flush()
}

/// One document after another.
fn stream(path: &Path, count: usize, element: impl Fn(usize) -> String) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for at in 0..count {
        writeln!(out, "{}", element(at))?;
    }
    out.flush()
}

/// A bare array, with a line for each element.
fn array(path: &Path, count: usize, element: impl Fn(usize) -> String) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for at in 0..count {
        write!(out, "{}\n  {}", if at == 0 { "[" } else { "," }, element(at))?;
    }
    out.write_all(b"\n]\n")?;
    out.flush()
}

fn fabric_id(server: usize) -> String {
    format!(
        "{VAULT}/replicationFabrics/{}{}",
        uuid(1, server).replace('-', ""),
        uuid(2, server).replace('-', "")
    )
}

fn container_id(server: usize) -> String {
    format!("{}/replicationProtectionContainers/cloud_{}", fabric_id(server), uuid(3, server))
}

/// A host id as the service writes it: four groups.
fn host_id(salt: u32, server: usize) -> String {
    let id = uuid(salt, server).to_uppercase();
    format!("{}{}", &id[..23], &id[24..])
}

fn fabric(estate: Estate, server: usize) -> String {
    let id = fabric_id(server);
    let stores: Vec<String> = (0..8)
        .map(|at| (server * 8 + at) % estate.datastores())
        .map(|at| format!(r#"{{"symbolicName":"{}","uuid":"{}","capacity":"2047.75","freeSpace":"1720.16","type":"VMFS"}}"#, vmware::datastore(at), uuid(4, at)))
        .collect();
    let stores = stores.join(",");
    let target = |system: &str, name: &str, salt: u32, volumes: &str| {
        format!(
            r#"{{"id":"{}","ipAddress":"10.{}.{}.20","name":"{name}","osType":"{system}","agentVersion":"9.30.0.0","lastHeartbeat":"2020-03-28T08:56:12Z","versionStatus":"UpToDate","retentionVolumes":[{volumes}],"dataStores":[{stores}],"validationErrors":[],"healthErrors":[],"diskCount":4,"osVersion":"Microsoft Windows Server 2012 R2 Datacenter"}}"#,
            host_id(salt, server),
            server / 250,
            server % 250
        )
    };
    let volume = r#"{"volumeName":"R","capacityInBytes":1099511627776,"freeSpaceInBytes":1090921693184,"thresholdPercentage":80}"#;
    // The Linux master target of the first server has none.
    let linux = if server == 0 {
        ""
    } else {
        r#"{"volumeName":"/mnt/ret","capacityInBytes":1099511627776,"freeSpaceInBytes":1090921693184,"thresholdPercentage":80}"#
    };
    format!(
        r#"{{"id":"{id}","name":"{}","type":"Microsoft.RecoveryServices/vaults/replicationFabrics","properties":{{"friendlyName":"cs-{server:03}","encryptionDetails":{{"kekState":"None","kekCertThumbprint":null}},"internalIdentifier":"{}","bcdrState":"Valid","customDetails":{{"instanceType":"VMware","processServers":[{{"friendlyName":"cs-{server:03}","id":"{}","ipAddress":"10.{}.{}.10","osType":"Windows","agentVersion":"9.30.0.0","lastHeartbeat":"2020-03-28T08:57:00Z","psServiceStatus":"Running","versionStatus":"UpToDate","health":"Normal","healthErrors":[],"availableSpaceInBytes":705305830400,"sslCertExpiryDate":"2022-09-18T01:55:47Z"}}],"masterTargetServers":[{},{}],"runAsAccounts":[{{"accountId":"1","accountName":"vcenter-reader"}}],"csServiceStatus":"Running","ipAddress":"10.{}.{}.10","agentVersion":"9.30.0.0","hostName":"cs-{server:03}","lastHeartbeat":"2020-03-28T08:57:30Z","versionStatus":"UpToDate","sslCertExpiryDate":"2022-09-06T09:50:12Z"}},"healthErrorDetails":[],"health":"Normal"}}}}"#,
        id.rsplit('/').next().unwrap_or_default(),
        uuid(5, server),
        host_id(6, server),
        server / 250,
        server % 250,
        target("Windows", &estate.name(estate.items + server * 2), 7, volume),
        target("Linux", &estate.name(estate.items + server * 2 + 1), 8, linux),
        server / 250,
        server % 250,
    )
}

fn provider(server: usize) -> String {
    format!(
        r#"{{"id":"{}/replicationRecoveryServicesProviders/{}","name":"{}","type":"Microsoft.RecoveryServices/vaults/replicationFabrics/replicationRecoveryServicesProviders","properties":{{"fabricType":"VMware","friendlyName":"cs-{server:03}","providerVersion":"5.1.5300.0","connectionStatus":"Connected","lastHeartBeat":"2020-03-28T08:58:00.1234567Z","fabricFriendlyName":"cs-{server:03}","protectedItemCount":{PER_SERVER},"healthErrorDetails":[]}}}}"#,
        fabric_id(server),
        uuid(9, server),
        uuid(9, server),
    )
}

fn center(server: usize) -> String {
    format!(
        r#"{{"id":"{}/replicationvCenters/vc-{server:03}","name":"vc-{server:03}","type":"Microsoft.RecoveryServices/vaults/replicationFabrics/replicationvCenters","properties":{{"friendlyName":"vc-{server:03}","internalId":"{}","lastHeartbeat":"2020-03-28T08:55:00Z","discoveryStatus":"Completed","processServerId":"{}","ipAddress":"{}","infrastructureId":"5","port":"443","runAsAccountId":"1","fabricArmResourceName":"x","healthErrors":[]}}}}"#,
        fabric_id(server),
        uuid(10, server),
        host_id(6, server),
        vmware::center(server),
    )
}

fn policy() -> String {
    format!(
        r#"{{"id":"{VAULT}/replicationPolicies/home","name":"home","type":"Microsoft.RecoveryServices/vaults/replicationPolicies","properties":{{"friendlyName":"home","providerSpecificDetails":{{"instanceType":"InMage","recoveryPointThresholdInMinutes":15,"recoveryPointHistory":1440,"appConsistentFrequencyInMinutes":60,"multiVmSyncStatus":"Enabled"}}}}}}"#
    )
}

fn mapping(server: usize) -> String {
    let container = container_id(server);
    format!(
        r#"{{"id":"{container}/replicationProtectionContainerMappings/back","name":"back","type":"Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectionContainerMappings","properties":{{"targetProtectionContainerId":"{container}","targetProtectionContainerFriendlyName":"cs-{server:03}","health":"Normal","healthErrorDetails":[],"policyId":"{VAULT}/replicationPolicies/home","policyFriendlyName":"home","state":"Paired","sourceProtectionContainerFriendlyName":"cs-{server:03}"}}}}"#
    )
}

/// One item: a list leaves out the master target and the disks.
fn protected(estate: Estate, item: usize, whole: bool) -> String {
    let server = item / PER_SERVER;
    let (id, name) = (uuid(11, item), estate.name(item));
    let container = container_id(server);
    let beat = if item == SILENT { "2020-03-28T08:38:11Z" } else { "2020-03-28T08:55:11Z" };
    let system = if item.is_multiple_of(3) { "Linux" } else { "Windows" };
    let vm = format!(
        "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-scale/providers/Microsoft.Compute/virtualMachines/{name}"
    );
    let target = if whole {
        format!("\"{}\"", host_id(if system == "Linux" { 8 } else { 7 }, server))
    } else {
        "null".to_owned()
    };
    let disk = |at: usize| {
        format!(
            r#"{{"diskId":"{{{}}}","diskName":"Disk{at}","protectionStage":"DifferentialSync","healthErrorCode":null,"rpoInSeconds":248,"resyncRequired":"NotRequired","resyncProgressPercentage":0,"resyncDurationInSeconds":896,"diskCapacityInBytes":21474836480,"fileSystemCapacityInBytes":21474836480,"sourceDataInMegaBytes":0.01,"psDataInMegaBytes":0.0,"targetDataInMegaBytes":0.0,"diskResized":"NotResized","lastRpoCalculatedTime":"2020-03-28T08:36:46Z"}}"#,
            item * 10 + at
        )
    };
    let disks = if whole { format!("{},{}", disk(0), disk(1)) } else { String::new() };
    let error = format!(
        r#"{{"errorSource":"Vm","errorType":"TestFailover","errorLevel":"Warning","errorCategory":"TestFailover","errorCode":"161011","errorMessage":"No test failover has been done for this machine so far.","possibleCauses":"A test failover has not been done, or its clean-up is not finished.","recommendedAction":"Do a test failover and clean it up, to see that the machine starts as expected.","creationTimeUtc":"2020-03-27T16:21:13.524374Z","recoveryProviderErrorMessage":null,"entityId":"{id}","errorId":"TestFailover","customerResolvability":"Allowed","innerHealthErrors":[]}}"#
    );
    format!(
        r#"{{"id":"{container}/replicationProtectedItems/{id}","name":"{id}","type":"Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems","properties":{{"friendlyName":"{name}","protectedItemType":"","protectableItemId":"{container}/replicationProtectableItems/{id}","recoveryServicesProviderId":"{}/replicationRecoveryServicesProviders/{}","primaryFabricFriendlyName":"cs-{server:03}","recoveryFabricFriendlyName":"Microsoft Azure","recoveryFabricId":"Microsoft Azure","primaryProtectionContainerFriendlyName":"cs-{server:03}","recoveryProtectionContainerFriendlyName":"Microsoft Azure","protectionState":"UnplannedFailoverCommitted","protectionStateDescription":"Failover committed","activeLocation":"Recovery","testFailoverState":"None","testFailoverStateDescription":"None","allowedOperations":["CompleteMigration","DisableProtection","SwitchProtection"],"replicationHealth":"Normal","failoverHealth":"Normal","healthErrors":[{error}],"policyId":"{VAULT}/replicationPolicies/away","policyFriendlyName":"away","lastSuccessfulFailoverTime":"2020-03-28T08:47:12.0055332Z","currentScenario":{{"scenarioName":"None","jobId":"{VAULT}/replicationJobs/None","startTime":"1753-01-01T01:01:01Z"}},"failoverRecoveryPointId":"{container}/replicationProtectedItems/{id}/recoveryPoints/{}","providerSpecificDetails":{{"instanceType":"InMageAzureV2","infrastructureVmId":"{id}","vCenterInfrastructureId":"5","protectionStage":"DifferentialSync","vmId":"{id}","vmProtectionState":"UnplannedFailoverCommitted","vmProtectionStateDescription":"Failover committed","resyncProgressPercentage":0,"rpoInSeconds":248,"compressedDataRateInMB":101.36878108978,"uncompressedDataRateInMB":101.36878108978,"ipAddress":"10.150.1.111","agentVersion":"9.30.0.0","agentExpiryDate":"2022-01-01T00:00:00Z","isAgentUpdateRequired":"NotRequired","isRebootAfterUpdateRequired":"NotRequired","lastHeartbeat":"{beat}","processServerId":"{}","processServerName":"cs-{server:03}","multiVmGroupId":"{}","multiVmGroupName":"{}","multiVmSyncStatus":"Enabled","protectedDisks":[{disks}],"diskResized":"NotResized","masterTargetId":{target},"sourceVmCpuCount":2,"sourceVmRamSizeInMB":2047,"osType":"{system}","vhdName":"","osDiskId":null,"azureVMDiskDetails":[],"recoveryAzureVMName":"{name}","recoveryAzureVMSize":"Standard_A2","recoveryAzureStorageAccount":"/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-scale/providers/Microsoft.Storage/storageAccounts/scale","recoveryAzureLogStorageAccountId":null,"vmNics":[{{"nicId":"{}","replicaNicId":null,"sourceNicArmId":null,"vMSubnetName":"Subnet-1","vMNetworkName":"VM Network","recoveryVMNetworkId":"/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet","recoveryVMSubnetName":"Subnet-1","ipAddressType":"Dynamic","primaryNicStaticIPAddress":null,"replicaNicStaticIPAddress":null,"selectionType":"SelectedByUser","recoveryNicIpAddressType":"Dynamic"}}],"selectedRecoveryAzureNetworkId":"/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet","discoveryType":"vCenter","enableRdpOnTargetOption":"Never","datastores":["{}"],"targetVmId":"{vm}","recoveryAzureResourceGroupId":"/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-scale","recoveryAvailabilitySetId":"","useManagedDisks":"true","licenseType":"NoLicenseType","validationErrors":[],"lastRpoCalculatedTime":"2020-03-28T08:36:46Z","lastUpdateReceivedTime":"2020-03-28T08:38:53.1813308Z","replicaId":"{id}_replica","osVersion":"Microsoft Windows Server 2012 R2 Datacenter","firmwareType":"BIOS"}},"recoveryContainerId":"{VAULT}/replicationFabrics/azure/replicationProtectionContainers/{}"}}}}"#,
        fabric_id(server),
        uuid(9, server),
        uuid(12, item),
        host_id(6, server),
        uuid(13, item),
        uuid(13, item),
        estate.mac(item),
        vmware::datastore(item / 60),
        uuid(14, 0),
    )
}

/// A discovered VM with the service's checks.
fn protectable(estate: Estate, vm: usize) -> String {
    let server = (vm / PER_SERVER) % estate.servers();
    let id = uuid(15, vm);
    let error = |code: &str| {
        format!(
            r#"{{"errorSource":null,"errorType":null,"errorLevel":null,"errorCode":"{code}","errorMessage":"A property of the virtual machine does not meet what a master target needs","possibleCauses":"The property is not set for a VMware master target","recommendedAction":"Set the property in the advanced configuration settings of the virtual machine","creationTimeUtc":"2020-03-28T05:31:43.8021718Z","recoveryProviderErrorMessage":null,"entityId":null}}"#
        )
    };
    let errors = match vm % 4 {
        0 => String::new(),
        1 => error("78152"),
        2 => error("78145"),
        _ => format!("{},{}", error("78152"), error("78151")),
    };
    format!(
        r#"{{"id":"{}/replicationProtectableItems/{id}","name":"{id}","type":"Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectableItems","properties":{{"friendlyName":"{}","protectionStatus":"Unprotected","replicationProtectedItemId":null,"recoveryServicesProviderId":"{}/replicationRecoveryServicesProviders/{}","protectionReadinessErrors":[],"supportedReplicationProviders":["InMage","InMageAzureV2"],"customDetails":{{"instanceType":"VMwareVirtualMachine","agentGeneratedId":null,"agentInstalled":"NotInstalled","osType":"LINUX","agentVersion":null,"ipAddress":"172.16.{}.{}","poweredOn":"On","vCenterInfrastructureId":"5","discoveryType":"vCenter","diskDetails":[{{"diskId":"6000C29{}","diskName":"[{}] x/x.vmdk","diskSizeInMB":"20480","volumeList":[{{"label":"C","name":"C"}}]}}],"validationErrors":[{errors}]}}}}}}"#,
        container_id(server),
        estate.name(vm),
        fabric_id(server),
        uuid(9, server),
        (vm >> 8) & 255,
        vm & 255,
        uuid(16, vm),
        vmware::datastore(vm / 60),
    )
}

fn azure_vm(estate: Estate, item: usize) -> String {
    let name = estate.name(item);
    let base =
        "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-scale/providers";
    let disk = |at: usize| {
        format!(
            r#"{{"caching":"ReadOnly","createOption":"Attach","deleteOption":"Detach","detachReason":null,"diskIopsReadWrite":null,"diskMBpsReadWrite":null,"diskSizeGb":20,"image":null,"lun":{at},"managedDisk":{{"diskEncryptionSet":null,"id":"{base}/Microsoft.Compute/disks/{name}-{at}","resourceGroup":"rg-scale","securityProfile":null,"storageAccountType":"Standard_LRS"}},"name":"{name}-{at}","toBeDetached":false,"vhd":null,"writeAcceleratorEnabled":null}}"#
        )
    };
    format!(
        r#"{{"additionalCapabilities":null,"applicationProfile":null,"availabilitySet":null,"billingProfile":null,"capacityReservation":null,"diagnosticsProfile":null,"evictionPolicy":null,"extendedLocation":null,"extensionsTimeBudget":null,"fqdns":"","hardwareProfile":{{"vmSize":"Standard_A2","vmSizeProperties":null}},"host":null,"hostGroup":null,"id":"{base}/Microsoft.Compute/virtualMachines/{name}","identity":null,"instanceView":null,"licenseType":null,"location":"koreacentral","macAddresses":"00-0D-3A-{:02X}-{:02X}-{:02X}","name":"{name}","networkProfile":{{"networkApiVersion":null,"networkInterfaceConfigurations":null,"networkInterfaces":[{{"deleteOption":"Detach","id":"{base}/Microsoft.Network/networkInterfaces/{name}","primary":true,"resourceGroup":"rg-scale"}}]}},"osProfile":null,"plan":null,"platformFaultDomain":null,"powerState":"VM running","priority":null,"privateIps":"10.150.1.111","provisioningState":"Succeeded","proximityPlacementGroup":null,"publicIps":"","resourceGroup":"RG-SCALE","resources":null,"scheduledEventsProfile":null,"securityProfile":null,"storageProfile":{{"dataDisks":[{}],"diskControllerType":null,"imageReference":null,"osDisk":{{"caching":"ReadWrite","createOption":"Attach","deleteOption":"Detach","diffDiskSettings":null,"diskSizeGb":20,"encryptionSettings":null,"image":null,"managedDisk":{{"diskEncryptionSet":null,"id":"{base}/Microsoft.Compute/disks/{name}-os","resourceGroup":"rg-scale","securityProfile":null,"storageAccountType":"Standard_LRS"}},"name":"{name}-os","osType":"Windows","vhd":null,"writeAcceleratorEnabled":null}}}},"tags":null,"timeCreated":"2020-03-28T08:46:12.123456+00:00","type":"Microsoft.Compute/virtualMachines","userData":null,"virtualMachineScaleSet":null,"vmId":"{}","zones":null}}"#,
        item >> 16,
        (item >> 8) & 255,
        item & 255,
        disk(0),
        uuid(17, item),
    )
}

/// The planted facts come out, and as many entities as there are.
pub fn planted(done: &Imported, estate: Estate) {
    assert!(!done.diagnostics.has_errors(), "{:?}", done.diagnostics);
    let [environment] = done.environments.as_slice() else { panic!("{}", done.report) };
    let servers = estate.servers();
    for (list, count) in [
        ("machines", estate.items),
        ("configurationServers", servers),
        ("processServers", servers),
        ("masterTargets", servers * 2),
        ("esxiHosts", estate.hosts()),
        ("datastores", estate.datastores()),
        ("vCenters", servers),
        ("failbackPolicies", 1),
    ] {
        assert_eq!(environment.list(list).len(), count, "{list}");
    }
    let machines = environment.list("machines");
    let count = |path: &str, value: &Value| {
        machines.iter().filter(|machine| machine.value(path) == Some(value)).count()
    };
    let known =
        |path: &str| machines.iter().filter(|machine| machine.value(path).is_some()).count();
    assert_eq!(count("azureVm/agent/registered", &Value::Bool(true)), estate.items - 1);
    assert_eq!(count("onPremVm/exists", &Value::Bool(true)), estate.items - 1, "joined");
    assert_eq!(count("onPremVm/powerState", &Value::Word("on")), 1);
    assert_eq!(count("onPremVm/snapshots", &Value::List(Vec::new())), estate.items - 2);
    assert_eq!(count("azureVm/powerState", &Value::Word("running")), estate.items);
    assert_eq!(known("onPremVm/disks"), estate.items - 1);
    assert_eq!(known("onPremVm/esxiHost"), estate.items - 1);
    let machine = |at: usize| {
        environment.entity("machines", &estate.name(at)).expect("the planted machine is there")
    };
    assert_eq!(machine(SILENT).value("azureVm/agent/registered"), Some(&Value::Bool(false)));
    assert_eq!(
        machine(SNAPSHOT).value("onPremVm/snapshots").map(|list| list.as_list().len()),
        Some(1)
    );
    assert_eq!(machine(TWIN).value("onPremVm/exists"), None, "two VMs have its hardware address");
    assert_eq!(machine(AT_HOME).value("onPremVm/powerState"), Some(&Value::Word("on")));
    let twins = done.diagnostics.iter().filter(|told| told.code == "ambiguous-join").count();
    assert_eq!(twins, 1, "{:?}", done.diagnostics);
    let targets = environment.list("masterTargets");
    let bare = |list: &Value| list.as_list().is_empty();
    assert_eq!(
        targets.iter().filter(|target| target.value("retentionVolumes").is_some_and(bare)).count(),
        1
    );
    assert!(targets.iter().all(|target| target.value("esxiHost").is_some()), "targets are joined");
}
