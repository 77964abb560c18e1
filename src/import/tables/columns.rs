//! The tabs that are used, and their columns under every name they have borne.
//!
//! Owns the matching of headers. What the cells mean is the business of the tables.

use std::collections::HashMap;

use crate::import::model::Value;
use crate::import::view::Found;

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

/// Tabs that are of no use, in lower case. A sheet of any other name may be one of the others, renamed.
const UNUSED: [&str; 19] = [
    "vcpu",
    "vmemory",
    "vpartition",
    "vcd",
    "vusb",
    "vrp",
    "vcluster",
    "vhba",
    "vnic",
    "vswitch",
    "vport",
    "dvswitch",
    "dvport",
    "vsc_vmk",
    "vmultipath",
    "vfileinfo",
    "vhealth",
    "vfloppy",
    "vtag",
];

const VM: (&str, &[&str]) = ("vm", &["vm", "vmname"]);
const VM_ID: (&str, &[&str]) = ("id", &["vmid"]);

/// In the order in which an unnamed table is tried: the narrow ones first.
const LAYOUTS: [Layout; 10] = [
    Layout {
        tab: Tab::Snapshot,
        sheet: "vsnapshot",
        needs: &["vm", "name", "created"],
        columns: &[
            VM,
            VM_ID,
            ("name", &["name", "snapshot", "snapshotname"]),
            ("created", &["datetime", "created", "date", "creationdate"]),
        ],
    },
    Layout {
        tab: Tab::Network,
        sheet: "vnetwork",
        needs: &["vm", "mac"],
        columns: &[
            VM,
            VM_ID,
            ("mac", &["macaddress", "mac"]),
            ("ip", &["ipaddress", "ipv4address"]),
        ],
    },
    Layout {
        tab: Tab::Tools,
        sheet: "vtools",
        needs: &["vm", "tools", "marker"],
        columns: &[
            VM,
            VM_ID,
            ("tools", &["tools", "toolsstatus"]),
            ("marker", &["upgradeable", "toolsversion", "requiredversion"]),
        ],
    },
    Layout {
        tab: Tab::Disk,
        sheet: "vdisk",
        needs: &["vm", "marker"],
        columns: &[
            VM,
            VM_ID,
            ("uuid", &["diskuuid"]),
            ("capacity", &["capacity"]),
            ("raw", &["raw"]),
            ("controller", &["controller"]),
            ("path", &["path"]),
            ("marker", &["diskmode", "controller", "diskuuid"]),
        ],
    },
    Layout {
        tab: Tab::Info,
        sheet: "vinfo",
        needs: &["vm", "power", "marker"],
        columns: &[
            VM,
            VM_ID,
            ("power", &["powerstate"]),
            ("connection", &["connectionstate"]),
            ("template", &["template"]),
            ("placeholder", &["srmplaceholder"]),
            ("cpus", &["cpus"]),
            ("memory", &["memory"]),
            ("host", &["host"]),
            ("uuid", &["vmuuid", "uuid"]),
            ("bios", &["smbiosuuid"]),
            ("enable", &["enableuuid"]),
            ("firmware", &["firmware"]),
            ("ip", &["primaryipaddress"]),
            ("os", &["osaccordingtothevmwaretools", "osaccordingtotheconfigurationfile", "os"]),
            ("server", &["visdkserver"]),
            (
                "marker",
                &["enableuuid", "firmware", "connectionstate", "primaryipaddress", "provisioned"],
            ),
        ],
    },
    Layout {
        tab: Tab::Datastore,
        sheet: "vdatastore",
        needs: &["name", "type", "free"],
        columns: &[
            ("name", &["name", "datastore"]),
            ("type", &["type"]),
            ("free", &["free", "freespace"]),
            ("accessible", &["accessible"]),
            ("hosts", &["hosts"]),
        ],
    },
    Layout {
        tab: Tab::Host,
        sheet: "vhost",
        needs: &["host", "marker"],
        columns: &[
            ("host", &["host", "name"]),
            ("version", &["esxversion"]),
            ("memory", &["nummemory", "memory", "memorysize"]),
            ("usage", &["memoryusage"]),
            ("vms", &["numvmstotal"]),
            ("licence", &["assignedlicenses", "assignedlicense"]),
            ("server", &["visdkserver"]),
            ("marker", &["esxversion", "cpumodel", "numvmstotal", "inmaintenancemode"]),
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
        columns: &[
            ("tool", &["rvtoolsversion", "rvtoolsmajorversion"]),
            ("created", &["xlsxcreationdatetime", "creationdatetime"]),
            ("server", &["server"]),
        ],
    },
    Layout {
        tab: Tab::Source,
        sheet: "vsource",
        needs: &["api", "server"],
        columns: &[
            ("api", &["apiversion"]),
            ("server", &["visdkserver"]),
            ("version", &["version"]),
        ],
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
    /// Whether a column is used, by column.
    used: Vec<bool>,
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
                    && !header
                        .iter()
                        .flatten()
                        .any(|text| layout.tab == Tab::Disk && normal(text).starts_with("consumed"))
            })?,
        };
        let at = positions(layout, header);
        let first = layout.columns.first().map_or("", |(field, _)| *field);
        let mut used = vec![false; header.len()];
        for column in at.values().flatten() {
            used[*column] = true;
        }
        at.contains_key(first).then(|| Self {
            tab: layout.tab,
            sheet: sheet.unwrap_or("").to_owned(),
            at,
            used,
        })
    }

    /// The same columns, found in a sheet of this name.
    pub fn in_sheet(mut self, sheet: &str) -> Self {
        sheet.clone_into(&mut self.sheet);
        self
    }

    /// Whether a sheet may hold a table that is used, by its name alone.
    pub fn may_be(sheet: &str) -> bool {
        let name = sheet.trim().to_ascii_lowercase();
        !UNUSED.contains(&name.as_str())
    }

    /// Whether a column is used.
    pub fn uses(&self, column: usize) -> bool {
        self.used.get(column).is_some_and(|used| *used)
    }

    /// Whether a field has a column.
    pub fn has(&self, field: &str) -> bool {
        self.at.contains_key(field)
    }

    /// The text of a field, where its cell is not empty.
    pub fn text<'a>(&self, cells: &'a Cells<'_>, field: &str) -> Option<&'a str> {
        self.at
            .get(field)?
            .iter()
            .find_map(|column| cells.texts.get(*column)?.as_deref())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// The cell of a field.
    pub fn place(&self, cells: &Cells<'_>, field: &str) -> String {
        let column = self.at.get(field).and_then(|columns| columns.first()).copied().unwrap_or(0);
        let cell = format!("{}{}", letters(column), cells.row);
        if self.sheet.is_empty() { cell } else { format!("{}!{cell}", self.sheet) }
    }

    /// What a field's cell says, read by `read`.
    pub fn found(
        &self,
        cells: &Cells<'_>,
        field: &str,
        read: impl Fn(&str) -> Option<Value>,
    ) -> Option<Found> {
        Some(Found::new(read(self.text(cells, field)?)?, self.place(cells, field)))
    }
}

fn positions(layout: &Layout, header: &[Option<String>]) -> HashMap<&'static str, Vec<usize>> {
    let names: Vec<String> =
        header.iter().map(|text| text.as_deref().map(normal).unwrap_or_default()).collect();
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
