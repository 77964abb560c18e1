//! Maps the tabs of RVTools, from workbooks and CSV files of versions 3 and 4, and CSV files of the same columns.
//!
//! Owns the joining of tabs of one export. Rows arrive one at a time; nothing but the facts that are used is kept.

use std::collections::{BTreeMap, HashMap};

use crate::import::coerce::{self, Stamp};
use crate::import::govc::{connection, firmware, licence_digest, power};
use crate::import::model::Value;
use crate::import::store::{Kind, Row, SINGLE, Store};
use crate::import::view::Found;

pub mod columns;

use columns::{Cells, Columns, Tab};

/// Bytes of the unit in which tables count.
const MIB: f64 = 1_048_576.0;
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
                if let (Some(key), Some(edition)) = (
                    columns.text(cells, "key"),
                    columns.text(cells, "name").and_then(coerce::edition),
                ) {
                    store
                        .editions
                        .insert(licence_digest(key), (edition, file, columns.place(cells, "name")));
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
                    let mut row = Row::new(
                        Kind::VCenter,
                        format!("server|{}", server.to_lowercase()),
                        file,
                        SINGLE,
                    );
                    row.put(
                        "fqdn",
                        columns.found(cells, "server", |text| Some(Value::Text(text.to_owned()))),
                    );
                    row.put(
                        "version",
                        columns
                            .found(cells, "version", |text| Some(Value::Version(text.to_owned()))),
                    );
                    store.add(row);
                }
            }
        }
    }

    fn machine(&mut self, columns: &Columns, cells: &Cells<'_>) -> Option<&mut Machine> {
        let name = columns.text(cells, "vm")?;
        // Without the id, two VMs of one name cannot be told apart; `info` counts them.
        let key = columns
            .text(cells, "id")
            .map_or_else(|| format!("name {name}"), |id| format!("id {}", id.to_lowercase()));
        Some(self.machines.entry(key).or_default())
    }

    fn info(&mut self, file: usize, columns: &Columns, cells: &Cells<'_>) {
        let Some(name) = columns.text(cells, "vm").map(str::to_owned) else { return };
        let uuid = columns.text(cells, "uuid").map(str::to_lowercase);
        let server = columns.text(cells, "server").unwrap_or("").to_lowercase();
        let key = uuid.clone().unwrap_or_else(|| format!("name|{server}|{name}"));
        let text = |field| columns.found(cells, field, |text| Some(Value::Text(text.to_owned())));
        let lower =
            |field| columns.found(cells, field, |text| Some(Value::Text(text.to_lowercase())));
        let mut row = Row::new(Kind::Vm, key, file, SINGLE);
        row.put("name", text("vm"));
        row.put("instanceUuid", lower("uuid"));
        row.put("biosUuid", lower("bios"));
        row.put("power", columns.found(cells, "power", |text| power(text).map(Value::Word)));
        let connection = |text: &str| connection(text).map(Value::Word);
        row.put("connection", columns.found(cells, "connection", connection));
        let truth =
            |field| columns.found(cells, field, |text| coerce::truth(text).map(Value::Bool));
        row.put("template", truth("template"));
        row.put("placeholder", truth("placeholder"));
        let count = |text: &str| coerce::number(text).map(|count| Value::Int(count as i64));
        row.put("cores", columns.found(cells, "cpus", count));
        row.put("memory", columns.found(cells, "memory", size));
        row.put("host", text("host"));
        row.put("server", lower("server"));
        row.put(
            "firmware",
            columns.found(cells, "firmware", |text| firmware(text).map(Value::Word)),
        );
        row.put("os", columns.found(cells, "os", |text| coerce::os_family(text).map(Value::Word)));
        let ip = text("ip");
        let enable = if columns.has("enable") {
            let stated =
                columns.found(cells, "enable", |text| coerce::truth(text).map(Value::Bool));
            let empty = columns.text(cells, "enable").is_none();
            stated.or_else(|| {
                empty.then(|| {
                    Found::new(Value::Bool(false), columns.place(cells, "enable"))
                        .because("the cell is empty where the setting is not made")
                })
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
                if let Some(size) = columns.text(cells, "capacity").and_then(size) {
                    fields.push(("size", size));
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
                machine
                    .macs
                    .extend(columns.text(cells, "mac").and_then(coerce::mac).map(Value::Text));
                let ips = columns
                    .text(cells, "ip")
                    .unwrap_or("")
                    .split([',', ' '])
                    .filter(|ip| !ip.is_empty());
                machine.ips.extend(ips.map(|ip| Value::Text(ip.to_owned())));
                machine.mac_place.get_or_insert_with(|| columns.place(cells, "mac"));
            }
            Tab::Snapshot => {
                let mut fields = vec![(
                    "name",
                    Value::Text(
                        columns.text(cells, "name").unwrap_or("(without a name)").to_owned(),
                    ),
                )];
                if let Some(at) = columns.text(cells, "created").and_then(read_time) {
                    fields.push(("createdAt", Value::Time(at)));
                }
                machine.snapshots.push(Value::Record(fields));
                machine.snapshot_place.get_or_insert_with(|| columns.place(cells, "name"));
            }
            _ => {
                machine.tools = columns
                    .found(cells, "tools", |text| Some(Value::Bool(text != "toolsNotInstalled")));
            }
        }
    }

    fn host(&mut self, store: &mut Store, file: usize, columns: &Columns, cells: &Cells<'_>) {
        let Some(name) = columns.text(cells, "host") else { return };
        let mut row = Row::new(Kind::Host, name, file, SINGLE);
        row.put("name", columns.found(cells, "host", |text| Some(Value::Text(text.to_owned()))));
        row.put(
            "version",
            columns.found(cells, "version", |text| {
                // `VMware ESXi 6.7.0 build-14320388`
                text.split_whitespace()
                    .find(|word| crate::scalar::is_version(word))
                    .map(|word| Value::Version(word.to_owned()))
            }),
        );
        row.put(
            "server",
            columns.found(cells, "server", |text| Some(Value::Text(text.to_lowercase()))),
        );
        let memory =
            columns.text(cells, "memory").and_then(coerce::number).filter(|memory| *memory >= 0.0);
        let usage = columns.text(cells, "usage").and_then(coerce::number);
        if let (Some(memory), Some(usage)) = (memory, usage) {
            let free = (memory * (1.0 - (usage / 100.0).clamp(0.0, 1.0))).floor() * MIB;
            row.put(
                "freeMemory",
                Some(
                    Found::new(Value::Size(free as i64), columns.place(cells, "usage"))
                        .because("memory of the host and the percentage in use"),
                ),
            );
        }
        if let Some(key) = columns.text(cells, "licence") {
            store.licences.push((
                name.to_owned(),
                licence_digest(key),
                file,
                columns.place(cells, "licence"),
            ));
        }
        let total =
            columns.text(cells, "vms").and_then(coerce::number).map(|number| number as usize);
        self.hosts.entry(name.to_owned()).or_default().1 = total;
        store.add(row);
    }

    /// Hands everything over.
    pub fn close(mut self, store: &mut Store) {
        let has = |tab| self.tabs.contains_key(&tab);
        let (disks, network, snapshots) = (has(Tab::Disk), has(Tab::Network), has(Tab::Snapshot));
        let names: HashMap<String, usize> = self
            .machines
            .iter()
            .filter_map(|(key, machine)| {
                Some((key.strip_prefix("name ")?.to_owned(), machine.count))
            })
            .collect();
        let keys: Vec<String> = self
            .machines
            .iter()
            .filter(|(_, machine)| machine.info.is_some())
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            let Some(mut machine) = self.machines.remove(&key) else { continue };
            let Some(mut row) = machine.info.take() else { continue };
            let name = row_name(&row);
            let by_name = format!("name {name}");
            // Rows filed under the name belong to this VM only if no other bears the name.
            let unique = names.get(&name).copied().unwrap_or(1) <= 1;
            if key != by_name
                && unique
                && let Some(more) = self.machines.get_mut(&by_name)
            {
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
                row.put(
                    "controllers",
                    (!machine.controllers.is_empty())
                        .then(|| Found::new(Value::List(machine.controllers), place)),
                );
            }
            if network && !machine.macs.is_empty() {
                row.put(
                    "macs",
                    Some(Found::new(
                        Value::List(machine.macs),
                        machine.mac_place.unwrap_or_default(),
                    )),
                );
            }
            if !machine.ips.is_empty() {
                row.put("ips", Some(Found::new(Value::List(machine.ips), "vInfo")));
            }
            if snapshots {
                let none = machine.snapshots.is_empty();
                let found = Found::new(
                    Value::List(machine.snapshots),
                    machine.snapshot_place.unwrap_or_else(|| "vSnapshot".to_owned()),
                );
                row.put(
                    "snapshots",
                    Some(if none {
                        found.because("no row of the VM in the snapshot table")
                    } else {
                        found
                    }),
                );
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

/// A size of a table; a negative number is what exporters write where they do not know.
fn size(text: &str) -> Option<Value> {
    coerce::number(text).filter(|size| *size >= 0.0).map(|size| Value::Size((size * MIB) as i64))
}

fn datastore(store: &mut Store, file: usize, columns: &Columns, cells: &Cells<'_>) {
    let Some(name) = columns.text(cells, "name") else { return };
    let mut row = Row::new(Kind::Datastore, format!("{name}|"), file, SINGLE);
    row.put("name", columns.found(cells, "name", |text| Some(Value::Text(text.to_owned()))));
    row.put(
        "type",
        columns.found(cells, "type", |text| coerce::datastore_type(text).map(Value::Word)),
    );
    row.put("freeSpace", columns.found(cells, "free", size));
    if columns.text(cells, "accessible").and_then(coerce::truth) != Some(false) {
        // Names only: whether a mount is writable is not in this table.
        row.put(
            "hosts",
            columns.found(cells, "hosts", |text| {
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                Some(Value::List(names.map(|name| Value::Text(name.to_owned())).collect()))
            }),
        );
    }
    store.add(row);
}
