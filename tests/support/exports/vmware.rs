//! The VMware half of generated exports: a workbook as RVTools writes it, and what `govc -json` prints.
//!
//! Owns the sheets with all their columns, also those nobody reads, as their cells have to be passed over; strings are
//! shared, as in real workbooks.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{AT_HOME, Estate, SNAPSHOT, uuid};

/// The name of a datastore.
pub fn datastore(at: usize) -> String {
    format!("ds-{at:04}")
}

/// The address of the vCenter of a server; eight servers share one.
pub fn center(server: usize) -> String {
    format!("vc-{:02}.scale.example", server / 8)
}

fn host(at: usize) -> String {
    format!("esx-{at:04}.scale.example")
}

fn power(vm: usize, estate: Estate) -> &'static str {
    if vm < estate.items && vm != AT_HOME { "poweredOff" } else { "poweredOn" }
}

/// Writes the VMware exports into a folder.
pub fn write(folder: &Path, estate: Estate) -> io::Result<()> {
    datastores(&folder.join("datastores.json"), estate)?;
    hosts(&folder.join("hosts.json"), estate)?;
    if estate.govc {
        machines(&folder.join("vms.json"), estate)
    } else {
        workbook(&folder.join("rvtools.xlsx"), estate)
    }
}

fn datastores(path: &Path, estate: Estate) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(b"{\"datastores\":[")?;
    for at in 0..estate.datastores() {
        // Each is mounted by the hosts of eight neighbours.
        let mounts: Vec<String> = (0..8)
            .map(|next| (at * 2 + next) % estate.hosts())
            .map(|host| format!(r#"{{"key":{{"type":"HostSystem","value":"host-{host}"}},"mountInfo":{{"path":"/vmfs/volumes/x","accessMode":"readWrite","mounted":true,"accessible":true}}}}"#))
            .collect();
        let comma = if at == 0 { "" } else { "," };
        write!(
            out,
            r#"{comma}{{"self":{{"type":"Datastore","value":"datastore-{at}"}},"name":"{}","summary":{{"datastore":{{"type":"Datastore","value":"datastore-{at}"}},"name":"{}","url":"ds:///vmfs/volumes/x/","capacity":4398046511104,"freeSpace":2199023255552,"accessible":true,"multipleHostAccess":true,"type":"VMFS","maintenanceMode":"normal"}},"info":{{"name":"{}","url":"ds:///vmfs/volumes/x/","freeSpace":2199023255552,"timestamp":"2020-03-28T08:40:00Z"}},"host":[{}]}}"#,
            datastore(at),
            datastore(at),
            datastore(at),
            mounts.join(",")
        )?;
    }
    out.write_all(b"]}\n")?;
    out.flush()
}

fn hosts(path: &Path, estate: Estate) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(b"{\"hostSystems\":[")?;
    for at in 0..estate.hosts() {
        let comma = if at == 0 { "" } else { "," };
        write!(
            out,
            r#"{comma}{{"self":{{"type":"HostSystem","value":"host-{at}"}},"name":"{}","config":{{"product":{{"version":"6.7.0","build":"14320388"}}}},"hardware":{{"memorySize":549755813888}},"summary":{{"quickStats":{{"overallMemoryUsage":262144}}}}}}"#,
            host(at)
        )?;
    }
    out.write_all(b"]}\n")?;
    out.flush()
}

/// `govc vm.info -json '*'`: everything of every VM, 15 KB each.
fn machines(path: &Path, estate: Estate) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(b"{\"virtualMachines\":[")?;
    let features: String = (0..90)
        .map(|at| format!(r#"{{"key":"cpuid.feature{at}","featureName":"cpuid.feature{at}","value":"Bool:Min:1"}}"#))
        .collect::<Vec<_>>()
        .join(",");
    for vm in 0..estate.vms {
        let name = estate.name(vm);
        let snapshot = if vm == SNAPSHOT {
            r#"{"currentSnapshot":{"type":"VirtualMachineSnapshot","value":"s-1"},"rootSnapshotList":[{"snapshot":{"type":"VirtualMachineSnapshot","value":"s-1"},"vm":{"type":"VirtualMachine","value":"vm-11"},"name":"before patch","description":"","id":1,"createTime":"2020-03-01T10:00:00Z","state":"poweredOff","quiesced":false,"childSnapshotList":null}]}"#
        } else {
            "null"
        };
        let disk = |at: usize| {
            format!(
                r#"{{"key":{},"deviceInfo":{{"label":"Hard disk {at}","summary":"20,971,520 KB"}},"backing":{{"fileName":"[{}] {name}/{name}_{at}.vmdk","datastore":{{"type":"Datastore","value":"datastore-{}"}},"backingObjectId":"","diskMode":"persistent","split":false,"writeThrough":false,"thinProvisioned":true,"uuid":"{}","contentId":"{}","digestEnabled":false,"sharing":"sharingNone"}},"controllerKey":1000,"unitNumber":{at},"capacityInKB":20971520,"capacityInBytes":21474836480,"shares":{{"shares":1000,"level":"normal"}},"storageIOAllocation":{{"limit":-1,"shares":{{"shares":1000,"level":"normal"}},"reservation":0}},"diskObjectId":"1-2000"}}"#,
                2000 + at,
                datastore(vm / 60),
                vm / 60,
                uuid(20 + at as u32, vm),
                uuid(22, vm)
            )
        };
        let comma = if vm == 0 { "" } else { "," };
        write!(
            out,
            r#"{comma}{{"self":{{"type":"VirtualMachine","value":"vm-{vm}"}},"name":"{name}","config":{{"changeVersion":"2020-03-28T08:50:00.123456Z","modified":"1970-01-01T00:00:00Z","name":"{name}","guestFullName":"CentOS 7 (64-bit)","version":"vmx-14","uuid":"{}","instanceUuid":"{}","template":false,"guestId":"centos7_64Guest","firmware":"bios","hardware":{{"numCPU":2,"memoryMB":4096,"device":[{{"key":1000,"deviceInfo":{{"label":"SCSI controller 0","summary":"LSI Logic"}},"busNumber":0,"device":[2000,2001],"hotAddRemove":true,"sharedBus":"noSharing","scsiCtlrUnitNumber":7}},{},{},{{"key":4000,"deviceInfo":{{"label":"Network adapter 1","summary":"VM Network"}},"controllerKey":100,"unitNumber":7,"addressType":"assigned","macAddress":"{}","wakeOnLanEnabled":true}}]}},"extraConfig":[{{"key":"nvram","value":"{name}.nvram"}},{{"key":"disk.EnableUUID","value":"TRUE"}}]}},"capability":{{"features":[{features}]}},"runtime":{{"host":{{"type":"HostSystem","value":"host-{}"}},"connectionState":"connected","powerState":"{}","featureRequirement":[{features}]}},"guest":{{"toolsStatus":"toolsOk","net":[{{"network":"VM Network","ipAddress":["172.16.{}.{}"]}}]}},"snapshot":{snapshot}}}"#,
            uuid(19, vm),
            uuid(18, vm),
            disk(0),
            disk(1),
            estate.mac(vm),
            vm / 30,
            power(vm, estate),
            (vm >> 8) & 255,
            vm & 255,
        )?;
    }
    out.write_all(b"]}\n")?;
    out.flush()
}

/// A cell: text, a number, or none.
enum Cell {
    Text(String),
    Number(u64),
    None,
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

/// Columns that are read, then as many that are not.
type Sheet<'a> =
    (&'static str, &'static [&'static str], usize, usize, Box<dyn Fn(usize) -> Vec<Cell> + 'a>);

fn sheets<'a>(estate: Estate) -> Vec<Sheet<'a>> {
    let id = |vm: usize| text(format!("vm-{vm}"));
    let info = move |vm: usize| {
        vec![
            text(estate.name(vm)),
            text(power(vm, estate)),
            text("False"),
            text(host(vm / 30)),
            text(format!("172.16.{}.{}", (vm >> 8) & 255, vm & 255)),
            text("CentOS 7 (64-bit)"),
            text("TRUE"),
            text("bios"),
            id(vm),
            text(uuid(19, vm)),
            text(uuid(18, vm)),
            text(center(vm / super::PER_SERVER % estate.servers())),
        ]
    };
    let disk = move |row: usize| {
        let (vm, at) = (row / 2, row % 2);
        let path =
            format!("[{}] {}/{}_{at}.vmdk", datastore(vm / 60), estate.name(vm), estate.name(vm));
        vec![
            text(estate.name(vm)),
            text(format!("Hard disk {}", at + 1)),
            text(uuid(20 + at as u32, vm)),
            Cell::Number(20_480),
            text("False"),
            text("persistent"),
            text("LSI Logic"),
            text(path),
            id(vm),
        ]
    };
    let network = move |vm: usize| {
        vec![
            text(estate.name(vm)),
            text("Network adapter 1"),
            text(estate.mac(vm)),
            text(format!("172.16.{}.{}", (vm >> 8) & 255, vm & 255)),
            id(vm),
        ]
    };
    let tools = move |vm: usize| {
        vec![text(estate.name(vm)), text("toolsOk"), Cell::Number(10_346), text("No"), id(vm)]
    };
    let partition = move |row: usize| {
        vec![
            text(estate.name(row / 2)),
            text(format!("C:\\{}", row % 2)),
            Cell::Number(20_000),
            Cell::Number(row as u64 % 20_000),
        ]
    };
    let plain = move |vm: usize| {
        vec![text(estate.name(vm)), text(power(vm, estate)), Cell::Number(vm as u64 % 64)]
    };
    let snapshot = move |row: usize| {
        let vm = if row == 0 { SNAPSHOT } else { estate.items + estate.servers() * 2 + row };
        vec![text(estate.name(vm)), text("before patch"), Cell::Number(43_891), id(vm)]
    };
    let hosts = move |at: usize| {
        let rest = (estate.vms - at * 30).min(30);
        vec![
            text(host(at)),
            text("VMware ESXi 6.7.0 build-14320388"),
            Cell::Number(524_288),
            Cell::Number(50),
            Cell::Number(rest as u64),
            text("AAAAA-BBBBB"),
            text(center(at % estate.servers())),
        ]
    };
    let stores = move |at: usize| {
        vec![
            text(datastore(at)),
            text("VMFS"),
            text("True"),
            Cell::Number(4_194_304),
            Cell::Number(2_097_152),
        ]
    };
    let spare = estate.vms.saturating_sub(estate.items + estate.servers() * 2 + 1);
    vec![
        (
            "vInfo",
            &[
                "VM",
                "Powerstate",
                "Template",
                "Host",
                "Primary IP Address",
                "OS according to the configuration file",
                "EnableUUID",
                "Firmware",
                "VM ID",
                "SMBIOS UUID",
                "VM UUID",
                "VI SDK Server",
            ],
            80,
            estate.vms,
            Box::new(info),
        ),
        ("vCPU", &["VM", "Powerstate", "CPUs"], 37, estate.vms, Box::new(plain)),
        ("vMemory", &["VM", "Powerstate", "Size MiB"], 42, estate.vms, Box::new(plain)),
        (
            "vDisk",
            &[
                "VM",
                "Disk",
                "Disk UUID",
                "Capacity MiB",
                "Raw",
                "Disk Mode",
                "Controller",
                "Path",
                "VM ID",
            ],
            41,
            estate.vms * 2,
            Box::new(disk),
        ),
        (
            "vPartition",
            &["VM", "Disk", "Capacity MiB", "Free MiB"],
            20,
            estate.vms * 2,
            Box::new(partition),
        ),
        (
            "vNetwork",
            &["VM", "NIC label", "Mac Address", "IPv4 Address", "VM ID"],
            25,
            estate.vms,
            Box::new(network),
        ),
        (
            "vSnapshot",
            &["VM", "Name", "Date / time", "VM ID"],
            20,
            1 + spare.min(estate.vms / 16),
            Box::new(snapshot),
        ),
        (
            "vTools",
            &["VM", "Tools", "Tools Version", "Upgradeable", "VM ID"],
            24,
            estate.vms,
            Box::new(tools),
        ),
        (
            "vHost",
            &[
                "Host",
                "ESX Version",
                "# Memory",
                "Memory usage %",
                "# VMs total",
                "Assigned License(s)",
                "VI SDK Server",
            ],
            60,
            estate.hosts(),
            Box::new(hosts),
        ),
        (
            "vDatastore",
            &["Name", "Type", "Accessible", "Capacity MiB", "Free MiB"],
            30,
            estate.datastores(),
            Box::new(stores),
        ),
        (
            "vLicense",
            &["Name", "Key"],
            6,
            1,
            Box::new(|_| vec![text("vSphere 6 Enterprise Plus"), text("AAAAA-BBBBB")]),
        ),
        (
            "vMetaData",
            &["RVTools version", "xlsx creation datetime"],
            1,
            1,
            Box::new(|_| vec![text("4.7.1"), text("2020/03/28 08:50:00")]),
        ),
    ]
}

/// A cell of a column nobody reads.
fn filler(row: usize, column: usize) -> Cell {
    match (row ^ (column * 7)) % 8 {
        0 | 1 => Cell::None,
        2 => text("True"),
        3 => text("False"),
        4 => text(format!("group {}", (row / 50 + column) % 500)),
        _ => Cell::Number((row as u64 * 2_654_435_761 + column as u64 * 40_503) % 100_000),
    }
}

/// Writes a workbook as the tool does, with strings shared and the size of its sheets overstated.
fn workbook(path: &Path, estate: Estate) -> io::Result<()> {
    let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
    let options = SimpleFileOptions::default().compression_level(Some(1)).large_file(true);
    let mut shared: HashMap<String, usize> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    let sheets = sheets(estate);
    for (number, (_, columns, more, rows, row)) in sheets.iter().enumerate() {
        zip.start_file(format!("xl/worksheets/sheet{}.xml", number + 1), options)?;
        let mut xml = String::from(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:CL1048576"/><sheetData>"#,
        );
        for at in 0..=*rows {
            let header = || {
                columns
                    .iter()
                    .map(|name| text(*name))
                    .chain((0..*more).map(|column| text(format!("Other {column}"))))
                    .collect()
            };
            let cells: Vec<Cell> = match at {
                0 => header(),
                at => row(at - 1)
                    .into_iter()
                    .chain((0..*more).map(|column| filler(at, column)))
                    .collect(),
            };
            let place = at + 1;
            xml.push_str(&format!(r#"<row r="{place}">"#));
            for (column, cell) in cells.iter().enumerate() {
                match cell {
                    Cell::None => {}
                    Cell::Number(number) => xml.push_str(&format!(
                        r#"<c r="{}{place}" s="1"><v>{number}</v></c>"#,
                        letters(column)
                    )),
                    Cell::Text(text) => {
                        let index = *shared.entry(text.clone()).or_insert_with(|| {
                            order.push(text.clone());
                            order.len() - 1
                        });
                        xml.push_str(&format!(
                            r#"<c r="{}{place}" t="s" s="1"><v>{index}</v></c>"#,
                            letters(column)
                        ));
                    }
                }
            }
            xml.push_str("</row>");
            if xml.len() > 1 << 20 {
                zip.write_all(xml.as_bytes())?;
                xml.clear();
            }
        }
        xml.push_str("</sheetData></worksheet>");
        zip.write_all(xml.as_bytes())?;
    }
    zip.start_file("xl/sharedStrings.xml", options)?;
    write!(
        zip,
        r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{}">"#,
        order.len()
    )?;
    let mut xml = String::new();
    for text in &order {
        xml.push_str(&format!("<si><t>{text}</t></si>"));
        if xml.len() > 1 << 20 {
            zip.write_all(xml.as_bytes())?;
            xml.clear();
        }
    }
    zip.write_all(xml.as_bytes())?;
    zip.write_all(b"</sst>")?;
    let names: Vec<&str> = sheets.iter().map(|(name, ..)| *name).collect();
    frame(&mut zip, options, &names)?;
    zip.finish()?.flush()
}

/// The parts that tell which sheets there are.
fn frame(
    zip: &mut ZipWriter<impl Write + io::Seek>,
    options: SimpleFileOptions,
    names: &[&str],
) -> io::Result<()> {
    let main = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let numbered = |part: &dyn Fn(usize, &str) -> String| -> String {
        names.iter().enumerate().map(|(at, name)| part(at + 1, name)).collect()
    };
    let types = numbered(&|at, _| {
        format!(
            r#"<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{main}.worksheet+xml"/>"#
        )
    });
    let list =
        numbered(&|at, name| format!(r#"<sheet name="{name}" sheetId="{at}" r:id="rId{at}"/>"#));
    let links = numbered(&|at, _| {
        format!(
            r#"<Relationship Id="rId{at}" Type="{rels}/worksheet" Target="worksheets/sheet{at}.xml"/>"#
        )
    });
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                r#"<?xml version="1.0"?><Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>{types}</Types>"#
            ),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<?xml version="1.0"?><Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{rels}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{rels}"><sheets>{list}</sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<?xml version="1.0"?><Relationships xmlns="{package}/relationships">{links}<Relationship Id="rId99" Type="{rels}/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#
            ),
        ),
    ];
    for (name, content) in parts {
        zip.start_file(name, options)?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(())
}

/// The letters of a column, from 0.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + (column % 26) as u8);
    match column / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", char::from(b'A' + (more - 1) as u8)),
    }
}
