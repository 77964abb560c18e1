//! Maps the tabs of RVTools, from workbooks and CSV files of versions 3 and 4, and CSV files of the same columns.
//!
//! Owns the names of columns and the joining of tabs of one export. Rows arrive one at a time; nothing but the facts
//! that are used is kept.

use std::collections::{BTreeMap, HashMap};

use crate::import::coerce::{self, Stamp};
use crate::import::govc::{firmware, licence_digest, power};
use crate::import::model::Value;
use crate::import::store::{Kind, Row, SINGLE, Store};
use crate::import::view::Found;

/// Bytes of the unit in which tables count.
const MIB: f64 = 1_048_576.0;

/// The tabs that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tab {
    /// vSnapshot
    Snapshot,
    /// vNetwork
    Network,
    /// vTools
    Tools,
    /// vDisk
    Disk,
    /// vInfo
    Info,
    /// vDatastore
    Datastore,
    /// vHost
    Host,
    /// vLicense
    License,
    /// vMetaData
    Meta,
    /// vSource
    Source,
}

struct Layout {
    tab: Tab,
    sheet: &'static str,
    /// Fields that together tell the tab where no sheet name does; alternatives are separated by `|`.
    needs: &'static [&'static str],
    columns: &'static [(&'static str, &'static [&'static str])],
}

const VM: (&str, &[&str]) = ("vm", &["vm", "vmname"]);
const VM_ID: (&str, &[&str]) = ("id", &["vmid"]);

/// In the order in which an unnamed table is tried: the narrow ones first.
const LAYOUTS: [Layout; 10] = [
    Layout {
        tab: Tab::Snapshot,
        sheet: "vsnapshot",
        needs: &["vm", "name", "created"],
        columns: &[VM, VM_ID, ("name", &["name", "snapshot", "snapshotname"]), ("created", &["datetime", "created", "date", "creationdate"])],
    },
    Layout {
        tab: Tab::Network,
        sheet: "vnetwork",
        needs: &["vm", "mac"],
        columns: &[VM, VM_ID, ("mac", &["macaddress", "mac"]), ("ip", &["ipaddress", "ipv4address"])],
    },
    Layout {
        tab: Tab::Tools,
        sheet: "vtools",
        needs: &["vm", "tools", "marker"],
        columns: &[VM, VM_ID, ("tools", &["tools", "toolsstatus"]), ("marker", &["upgradeable", "toolsversion", "requiredversion"])],
    },
    Layout {
        tab: Tab::Disk,
        sheet: "vdisk",
        needs: &["vm", "marker"],
        columns: &[
            VM, VM_ID, ("uuid", &["diskuuid"]), ("capacity", &["capacity"]), ("raw", &["raw"]), ("controller", &["controller"]),
            ("path", &["path"]), ("marker", &["diskmode", "controller", "diskuuid"]),
        ],
    },
    Layout {
        tab: Tab::Info,
        sheet: "vinfo",
        needs: &["vm", "power", "marker"],
        columns: &[
            VM, VM_ID, ("power", &["powerstate"]), ("host", &["host"]), ("uuid", &["vmuuid", "uuid"]), ("bios", &["smbiosuuid"]),
            ("enable", &["enableuuid"]), ("firmware", &["firmware"]), ("ip", &["primaryipaddress"]),
            ("os", &["osaccordingtothevmwaretools", "osaccordingtotheconfigurationfile", "os"]), ("server", &["visdkserver"]),
            ("marker", &["enableuuid", "firmware", "connectionstate", "primaryipaddress", "provisioned"]),
        ],
    },
    Layout {
        tab: Tab::Datastore,
        sheet: "vdatastore",
        needs: &["name", "type", "free"],
        columns: &[
            ("name", &["name", "datastore"]), ("type", &["type"]), ("free", &["free", "freespace"]), ("accessible", &["accessible"]),
            ("hosts", &["hosts"]),
        ],
    },
    Layout {
        tab: Tab::Host,
        sheet: "vhost",
        needs: &["host", "marker"],
        columns: &[
            ("host", &["host", "name"]), ("version", &["esxversion"]), ("memory", &["nummemory", "memory", "memorysize"]),
            ("usage", &["memoryusage"]), ("vms", &["numvmstotal"]), ("licence", &["assignedlicenses", "assignedlicense"]),
            ("server", &["visdkserver"]), ("marker", &["esxversion", "cpumodel", "numvmstotal", "inmaintenancemode"]),
        ],
    },
    Layout {
        tab: Tab::License,
        sheet: "vlicense",
        needs: &["name", "key"],
        columns: &[("name", &["name"]), ("key", &["key", "licensekey"])],
    },
    Layout {
        tab: Tab::Meta,
        sheet: "vmetadata",
        needs: &["tool"],
        columns: &[("tool", &["rvtoolsversion", "rvtoolsmajorversion"]), ("created", &["xlsxcreationdatetime", "creationdatetime"]), ("server", &["server"])],
    },
    Layout {
        tab: Tab::Source,
        sheet: "vsource",
        needs: &["api", "server"],
        columns: &[("api", &["apiversion"]), ("server", &["visdkserver"]), ("version", &["version"])],
    },
];

/// Header cells matched to fields.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The tab.
    pub tab: Tab,
    /// The sheet's name, or nothing in a CSV file.
    sheet: String,
    at: HashMap<&'static str, Vec<usize>>,
}

/// A row of cells.
pub struct Cells<'a> {
    /// The texts, by column.
    pub texts: &'a [Option<String>],
    /// The row, from 1.
    pub row: usize,
}

impl Columns {
    /// Matches a header; `sheet` is the tab's name where there is one. Nothing where the table is none that is used.
    pub fn of(sheet: Option<&str>, header: &[Option<String>]) -> Option<Self> {
        let layout = match sheet.map(|sheet| sheet.trim().to_ascii_lowercase()) {
            Some(name) => LAYOUTS.iter().find(|layout| layout.sheet == name)?,
            None => LAYOUTS.iter().find(|layout| {
                let at = positions(layout, header);
                layout.needs.iter().all(|field| at.contains_key(field))
                    && !header.iter().flatten().any(|text| layout.tab == Tab::Disk && normal(text).starts_with("consumed"))
            })?,
        };
        let at = positions(layout, header);
        let first = layout.columns.first().map_or("", |(field, _)| *field);
        at.contains_key(first).then(|| Self { tab: layout.tab, sheet: sheet.unwrap_or("").to_owned(), at })
    }

    /// Whether a field has a column.
    fn has(&self, field: &str) -> bool {
        self.at.contains_key(field)
    }

    fn text<'a>(&self, cells: &'a Cells<'_>, field: &str) -> Option<&'a str> {
        self.at.get(field)?.iter().find_map(|column| cells.texts.get(*column)?.as_deref()).map(str::trim).filter(|text| !text.is_empty())
    }

    fn place(&self, cells: &Cells<'_>, field: &str) -> String {
        let column = self.at.get(field).and_then(|columns| columns.first()).copied().unwrap_or(0);
        let cell = format!("{}{}", letters(column), cells.row);
        if self.sheet.is_empty() { cell } else { format!("{}!{cell}", self.sheet) }
    }

    fn found(&self, cells: &Cells<'_>, field: &str, read: impl Fn(&str) -> Option<Value>) -> Option<Found> {
        Some(Found::new(read(self.text(cells, field)?)?, self.place(cells, field)))
    }
}

fn positions(layout: &Layout, header: &[Option<String>]) -> HashMap<&'static str, Vec<usize>> {
    let names: Vec<String> = header.iter().map(|text| text.as_deref().map(normal).unwrap_or_default()).collect();
    let mut at: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (field, aliases) in layout.columns {
        for alias in *aliases {
            if let Some(column) = names.iter().position(|name| name == alias) {
                at.entry(field).or_default().push(column);
            }
        }
    }
    at
}

/// A header in one spelling: `Capacity MiB`, `Capacity MB` and `vDiskCapacityMB` are the same.
fn normal(header: &str) -> String {
    let header = header.replace('#', "num ").to_ascii_lowercase();
    let mut name: String = header.chars().filter(char::is_ascii_alphanumeric).collect();
    for layout in &LAYOUTS {
        if let Some(rest) = name.strip_prefix(layout.sheet)
            && !rest.is_empty()
        {
            name = rest.to_owned();
            break;
        }
    }
    for unit in ["mib", "mb"] {
        if let Some(rest) = name.strip_suffix(unit)
            && rest.len() > 2
        {
            return rest.to_owned();
        }
    }
    name
}

/// The letters of a column, from 0.
fn letters(column: usize) -> String {
    let mut text = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        text.insert(0, char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    text
}

/// Facts of one VM, collected from several tabs.
#[derive(Debug, Default)]
struct Machine {
    info: Option<Row>,
    count: usize,
    disks: Vec<Value>,
    disk_place: Option<String>,
    controllers: Vec<Value>,
    macs: Vec<Value>,
    mac_place: Option<String>,
    ips: Vec<Value>,
    snapshots: Vec<Value>,
    snapshot_place: Option<String>,
    tools: Option<Found>,
    enable: Option<Found>,
}

/// The tabs of one export, until all have been read.
#[derive(Debug, Default)]
pub struct Export {
    machines: BTreeMap<String, Machine>,
    tabs: BTreeMap<Tab, usize>,
    hosts: BTreeMap<String, (Vec<String>, Option<usize>)>,
    licences: Vec<(String, String, usize, String)>,
    file: usize,
}

impl Export {
    /// Takes note that a tab is there, even if it has no rows.
    pub fn open(&mut self, tab: Tab, file: usize) {
        self.tabs.insert(tab, file);
        self.file = file;
    }

    /// Takes one row.
    pub fn row(&mut self, store: &mut Store, file: usize, columns: &Columns, cells: &Cells<'_>) {
        match columns.tab {
            Tab::Info => self.info(file, columns, cells),
            Tab::Disk | Tab::Network | Tab::Snapshot | Tab::Tools => self.part(columns, cells),
            Tab::Host => self.host(store, file, columns, cells),
            Tab::Datastore => datastore(store, file, columns, cells),
            Tab::License => {
                if let (Some(key), Some(edition)) =
                    (columns.text(cells, "key"), columns.text(cells, "name").and_then(coerce::edition))
                {
                    store.editions.insert(licence_digest(key), (edition, file, columns.place(cells, "name")));
                }
            }
            Tab::Meta => {
                let created = columns.text(cells, "created").and_then(read_time);
                if let (Some(at), Some(info)) = (created, store.files.get_mut(file)) {
                    info.captured = info.captured.max(Some(at));
                }
            }
            Tab::Source => {
                if let Some(server) = columns.text(cells, "server") {
                    let mut row = Row::new(Kind::VCenter, format!("server|{}", server.to_lowercase()), file, SINGLE);
                    row.put("fqdn", columns.found(cells, "server", |text| Some(Value::Text(text.to_owned()))));
                    row.put("version", columns.found(cells, "version", |text| Some(Value::Version(text.to_owned()))));
                    store.add(row);
                }
            }
        }
    }

    fn machine(&mut self, columns: &Columns, cells: &Cells<'_>) -> Option<&mut Machine> {
        let name = columns.text(cells, "vm")?;
        // Without the id, two VMs of one name cannot be told apart; `info` counts them.
        let key = columns.text(cells, "id").map_or_else(|| format!("name {name}"), |id| format!("id {}", id.to_lowercase()));
        Some(self.machines.entry(key).or_default())
    }

    fn info(&mut self, file: usize, columns: &Columns, cells: &Cells<'_>) {
        let Some(name) = columns.text(cells, "vm").map(str::to_owned) else { return };
        let uuid = columns.text(cells, "uuid").map(str::to_lowercase);
        let server = columns.text(cells, "server").unwrap_or("").to_lowercase();
        let key = uuid.clone().unwrap_or_else(|| format!("name|{server}|{name}"));
        let text = |field| columns.found(cells, field, |text| Some(Value::Text(text.to_owned())));
        let lower = |field| columns.found(cells, field, |text| Some(Value::Text(text.to_lowercase())));
        let mut row = Row::new(Kind::Vm, key, file, SINGLE);
        row.put("name", text("vm"));
        row.put("instanceUuid", lower("uuid"));
        row.put("biosUuid", lower("bios"));
        row.put("power", columns.found(cells, "power", |text| power(text).map(Value::Word)));
        row.put("host", text("host"));
        row.put("server", lower("server"));
        row.put("firmware", columns.found(cells, "firmware", |text| firmware(text).map(Value::Word)));
        row.put("os", columns.found(cells, "os", |text| coerce::os_family(text).map(Value::Word)));
        let ip = text("ip");
        let enable = if columns.has("enable") {
            let stated = columns.found(cells, "enable", |text| coerce::truth(text).map(Value::Bool));
            let empty = columns.text(cells, "enable").is_none();
            stated.or_else(|| {
                empty.then(|| Found::new(Value::Bool(false), columns.place(cells, "enable")).because("the cell is empty where the setting is not made"))
            })
        } else {
            None
        };
        if let Some(host) = columns.text(cells, "host") {
            self.hosts.entry(host.to_owned()).or_default().0.push(name.clone());
        }
        // Tabs of old versions carry no id, so the rows of a VM may be filed under either key.
        let Some(machine) = self.machine(columns, cells) else { return };
        machine.count += 1;
        machine.enable = enable;
        machine.ips.extend(ip.map(|ip| ip.value));
        machine.info = Some(row);
        if columns.has("id") {
            self.machines.entry(format!("name {name}")).or_default().count += 1;
        }
    }

    fn part(&mut self, columns: &Columns, cells: &Cells<'_>) {
        let Some(machine) = self.machine(columns, cells) else { return };
        match columns.tab {
            Tab::Disk => {
                let mut fields = Vec::new();
                if let Some(uuid) = columns.text(cells, "uuid") {
                    fields.push(("uuid", Value::Text(uuid.to_lowercase())));
                }
                if let Some(size) = columns.text(cells, "capacity").and_then(coerce::number) {
                    fields.push(("size", Value::Size((size * MIB) as i64)));
                }
                if let Some(raw) = columns.text(cells, "raw").and_then(coerce::truth) {
                    fields.push(("kind", Value::Word(if raw { "rdm" } else { "vmdk" })));
                }
                if let Some(name) = columns.text(cells, "path").and_then(coerce::datastore_of) {
                    fields.push(("datastore", Value::Text(name)));
                }
                machine.disks.push(Value::Record(fields));
                machine.disk_place.get_or_insert_with(|| columns.place(cells, "vm"));
                if let Some(word) = columns.text(cells, "controller").and_then(coerce::controller)
                    && !machine.controllers.contains(&Value::Word(word))
                {
                    machine.controllers.push(Value::Word(word));
                }
            }
            Tab::Network => {
                machine.macs.extend(columns.text(cells, "mac").and_then(coerce::mac).map(Value::Text));
                let ips = columns.text(cells, "ip").unwrap_or("").split([',', ' ']).filter(|ip| !ip.is_empty());
                machine.ips.extend(ips.map(|ip| Value::Text(ip.to_owned())));
                machine.mac_place.get_or_insert_with(|| columns.place(cells, "mac"));
            }
            Tab::Snapshot => {
                let mut fields = vec![("name", Value::Text(columns.text(cells, "name").unwrap_or("(without a name)").to_owned()))];
                if let Some(at) = columns.text(cells, "created").and_then(read_time) {
                    fields.push(("createdAt", Value::Time(at)));
                }
                machine.snapshots.push(Value::Record(fields));
                machine.snapshot_place.get_or_insert_with(|| columns.place(cells, "name"));
            }
            _ => {
                machine.tools = columns.found(cells, "tools", |text| Some(Value::Bool(text != "toolsNotInstalled")));
            }
        }
    }

    fn host(&mut self, store: &mut Store, file: usize, columns: &Columns, cells: &Cells<'_>) {
        let Some(name) = columns.text(cells, "host") else { return };
        let mut row = Row::new(Kind::Host, name, file, SINGLE);
        row.put("name", columns.found(cells, "host", |text| Some(Value::Text(text.to_owned()))));
        row.put("version", columns.found(cells, "version", |text| {
            // `VMware ESXi 6.7.0 build-14320388`
            text.split_whitespace().find(|word| crate::scalar::is_version(word)).map(|word| Value::Version(word.to_owned()))
        }));
        row.put("server", columns.found(cells, "server", |text| Some(Value::Text(text.to_lowercase()))));
        let memory = columns.text(cells, "memory").and_then(coerce::number);
        let usage = columns.text(cells, "usage").and_then(coerce::number);
        if let (Some(memory), Some(usage)) = (memory, usage) {
            let free = (memory * (1.0 - (usage / 100.0).clamp(0.0, 1.0))) as i64 * MIB as i64;
            row.put("freeMemory", Some(Found::new(Value::Size(free), columns.place(cells, "usage")).because("memory of the host and the percentage in use")));
        }
        if let Some(key) = columns.text(cells, "licence") {
            self.licences.push((name.to_owned(), licence_digest(key), file, columns.place(cells, "licence")));
        }
        let total = columns.text(cells, "vms").and_then(coerce::number).map(|number| number as usize);
        self.hosts.entry(name.to_owned()).or_default().1 = total;
        store.add(row);
    }

    /// Hands everything over.
    pub fn close(mut self, store: &mut Store) {
        let has = |tab| self.tabs.contains_key(&tab);
        let (disks, network, snapshots) = (has(Tab::Disk), has(Tab::Network), has(Tab::Snapshot));
        let names: HashMap<String, usize> =
            self.machines.iter().filter_map(|(key, machine)| Some((key.strip_prefix("name ")?.to_owned(), machine.count))).collect();
        let keys: Vec<String> = self.machines.iter().filter(|(_, machine)| machine.info.is_some()).map(|(key, _)| key.clone()).collect();
        for key in keys {
            let Some(mut machine) = self.machines.remove(&key) else { continue };
            let Some(mut row) = machine.info.take() else { continue };
            let name = row_name(&row);
            let by_name = format!("name {name}");
            // Rows filed under the name belong to this VM only if no other bears the name.
            let unique = names.get(&name).copied().unwrap_or(1) <= 1;
            if key != by_name && unique && let Some(more) = self.machines.get_mut(&by_name) {
                machine.absorb(more);
            }
            if !unique && key == by_name {
                store.add(row);
                continue;
            }
            row.put("enableUuid", machine.enable.take());
            row.put("tools", machine.tools.take());
            if disks {
                let place = machine.disk_place.unwrap_or_else(|| "vDisk".to_owned());
                row.put("disks", Some(Found::new(Value::List(machine.disks), place.clone())));
                row.put("controllers", (!machine.controllers.is_empty()).then(|| Found::new(Value::List(machine.controllers), place)));
            }
            if network && !machine.macs.is_empty() {
                row.put("macs", Some(Found::new(Value::List(machine.macs), machine.mac_place.unwrap_or_default())));
            }
            if !machine.ips.is_empty() {
                row.put("ips", Some(Found::new(Value::List(machine.ips), "vInfo")));
            }
            if snapshots {
                let none = machine.snapshots.is_empty();
                let found = Found::new(Value::List(machine.snapshots), machine.snapshot_place.unwrap_or_else(|| "vSnapshot".to_owned()));
                row.put("snapshots", Some(if none { found.because("no row of the VM in the snapshot table") } else { found }));
            }
            store.add(row);
        }
        let counted = self.hosts.values().any(|(_, total)| total.is_some());
        for (host, (names, total)) in self.hosts {
            // Fewer rows than the host counts, or a host that is not counted where others are: the table was cut, and nothing
            // may be called absent.
            let cut = names.is_empty() || total.map_or(counted, |total| total > names.len());
            let mut row = Row::new(Kind::Host, host.clone(), self.file, SINGLE);
            row.put("name", Some(Found::new(Value::Text(host), "vInfo")));
            let names = Value::List(names.into_iter().map(Value::Text).collect());
            row.put("vmNames", (!cut).then(|| Found::new(names, "vInfo")));
            store.add(row);
        }
        for (host, digest, file, at) in self.licences {
            if let Some((edition, _, _)) = store.editions.get(&digest).cloned() {
                store.editions.insert(format!("entity {}", host.to_lowercase()), (edition, file, at));
            }
        }
    }
}

impl Machine {
    fn absorb(&mut self, more: &mut Machine) {
        self.disks.append(&mut more.disks);
        self.controllers.append(&mut more.controllers);
        self.macs.append(&mut more.macs);
        self.ips.append(&mut more.ips);
        self.snapshots.append(&mut more.snapshots);
        self.disk_place = self.disk_place.take().or(more.disk_place.take());
        self.mac_place = self.mac_place.take().or(more.mac_place.take());
        self.snapshot_place = self.snapshot_place.take().or(more.snapshot_place.take());
        self.tools = self.tools.take().or(more.tools.take());
    }
}

fn row_name(row: &Row) -> String {
    row.text("name").unwrap_or_default().to_owned()
}

/// A time of a table: text, or the day number of a workbook. Tables write no zone; it is read as UTC.
fn read_time(text: &str) -> Option<i64> {
    match coerce::time(text) {
        Some(Stamp::At(at)) => Some(at),
        Some(Stamp::Never) => None,
        None => coerce::serial(text.parse().ok()?),
    }
}

fn datastore(store: &mut Store, file: usize, columns: &Columns, cells: &Cells<'_>) {
    let Some(name) = columns.text(cells, "name") else { return };
    let mut row = Row::new(Kind::Datastore, format!("{name}|"), file, SINGLE);
    row.put("name", columns.found(cells, "name", |text| Some(Value::Text(text.to_owned()))));
    row.put("type", columns.found(cells, "type", |text| coerce::datastore_type(text).map(Value::Word)));
    row.put("freeSpace", columns.found(cells, "free", |text| coerce::number(text).map(|size| Value::Size((size * MIB) as i64))));
    if columns.text(cells, "accessible").and_then(coerce::truth) != Some(false) {
        // Names only: whether a mount is writable is not in this table.
        row.put("hosts", columns.found(cells, "hosts", |text| {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            Some(Value::List(names.map(|name| Value::Text(name.to_owned())).collect()))
        }));
    }
    store.add(row);
}
