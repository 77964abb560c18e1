//! Maps what `govc … -json` prints, old (PascalCase) and new (camelCase), and the VI/JSON forms beside it.
//!
//! Owns the managed object paths. References to hosts and datastores stay references here; names are put in when
//! everything has been read.

use std::borrow::Cow;

use crate::import::coerce;
use crate::import::element::{Element, Members};
use crate::import::model::Value;
use crate::import::store::{Kind, Row, SINGLE, Store};
use crate::import::view::{Found, View};

/// Maps one element; yields what it was.
pub fn map(store: &mut Store, file: usize, view: &View<'_>) -> Option<&'static str> {
    if let Some(folded) = fold(view) {
        let folded = view.within(&folded);
        return managed(store, file, &folded);
    }
    if let Some(kind) = managed(store, file, view) {
        return Some(kind);
    }
    if view.at("assignedLicense").json().is_some() && view.at("entityId").json().is_some() {
        let edition = edition(&view.at("assignedLicense"));
        if let Some(edition) = edition {
            for key in ["entityId", "entityDisplayName"] {
                if let Some(entity) = view.at(key).str() {
                    let at = format!("{}/assignedLicense", view.pointer());
                    store
                        .editions
                        .insert(format!("entity {}", entity.to_lowercase()), (edition, file, at));
                }
            }
        }
        return Some("assigned licences");
    }
    if view.at("licenseKey").json().is_some() && view.at("editionKey").json().is_some() {
        if let (Some(key), Some(edition)) = (view.at("licenseKey").str(), edition(view)) {
            store.editions.insert(licence_digest(&key), (edition, file, view.pointer()));
        }
        return Some("licences");
    }
    if view.at("about/apiType").json().is_some() {
        let about = view.at("about");
        let mut row = Row::new(
            Kind::VCenter,
            format!("about|{}", about.at("instanceUuid").as_str()),
            file,
            SINGLE,
        );
        row.put("version", about.at("version").version());
        store.add(row);
        return Some("vCenter versions");
    }
    if view.at("createTime").json().is_some() && view.at("childSnapshotList").is_stated() {
        return Some("snapshot trees");
    }
    if view.at("deviceInfo").json().is_some() && view.at("key").json().is_some() {
        return Some("device lists");
    }
    if view.at("hardware/device").json().is_some() && view.at("guestFullName").is_stated() {
        let name = view.at("name").str().map_or(Element::Null, |name| Element::Text(name.into()));
        let config = view.json().cloned().unwrap_or(Element::Null);
        let wrapped = Element::Object(vec![("name".into(), name), ("config".into(), config)]);
        virtual_machine(store, file, &view.within(&wrapped));
        return Some("VMs");
    }
    None
}

/// A digest of a licence key: keys are only ever compared, never kept.
pub fn licence_digest(key: &str) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(key.trim().as_bytes());
    digest.iter().fold(String::from("key "), |text, byte| format!("{text}{byte:02x}"))
}

fn edition(licence: &View<'_>) -> Option<&'static str> {
    coerce::edition(licence.at("editionKey").as_str())
        .or_else(|| coerce::edition(licence.at("name").as_str()))
}

/// Puts the properties of a collector's update (`changeSet`, `propSet`) into one object, as if it had been printed whole.
fn fold<'a>(view: &View<'a>) -> Option<Element<'a>> {
    let object = view.at("obj");
    let changes = view.first(&["changeSet", "propSet"]);
    if object.at("type").json().is_none() || changes.json().is_none() {
        return None;
    }
    let mut root: Members<'a> = vec![("self".into(), object.json()?.clone())];
    for change in changes.items() {
        if let Some((name, value)) = change_of(&change) {
            put(&mut root, &name, value.clone());
        }
    }
    Some(Element::Object(root))
}

/// The name, which may be a path with dots, and the value of one `{name, val}`.
pub fn change_of<'a>(change: &View<'a>) -> Option<(String, &'a Element<'a>)> {
    let (name, value) = (change.at("name").str()?, change.at("val").json()?);
    Some((name, value.get("_value").unwrap_or(value)))
}

/// Puts a value in place; `name` may be a path with dots.
pub fn put<'a>(root: &mut Members<'a>, name: &str, value: Element<'a>) {
    // Real paths are short; a long one would only nest without end.
    if name.split('.').count() > 16 {
        return;
    }
    let mut here = root;
    let mut parts = name.split('.').peekable();
    while let Some(part) = parts.next() {
        let known = here.iter().position(|(key, _)| key == part);
        if parts.peek().is_none() {
            match known {
                Some(at) => here[at].1 = value,
                None => here.push((Cow::Owned(part.to_owned()), value)),
            }
            return;
        }
        let at = known.unwrap_or_else(|| {
            here.push((Cow::Owned(part.to_owned()), Element::Object(Members::new())));
            here.len() - 1
        });
        let Element::Object(next) = &mut here[at].1 else { return };
        here = next;
    }
}

fn managed(store: &mut Store, file: usize, view: &View<'_>) -> Option<&'static str> {
    match view.at("self/type").as_str() {
        "VirtualMachine" => {
            virtual_machine(store, file, view);
            Some("VMs")
        }
        "HostSystem" => {
            host(store, file, view);
            Some("ESXi hosts")
        }
        "Datastore" => {
            datastore(store, file, view);
            Some("datastores")
        }
        "" => None,
        _ => Some("other managed objects"),
    }
}

fn reference(view: &View<'_>) -> Option<String> {
    view.first(&["value"]).str()
}

fn virtual_machine(store: &mut Store, file: usize, view: &View<'_>) {
    let name = view.first(&["name", "config/name", "summary/config/name"]);
    let config = view.at("config");
    let uuid = view.first(&["config/instanceUuid", "summary/config/instanceUuid"]);
    let Some(text) = name.str() else { return };
    if let Some(moref) = reference(&view.at("self")) {
        store.name_reference(&moref, &text);
    }
    let key = uuid.str().map_or_else(|| format!("name|{text}"), |uuid| uuid.to_lowercase());
    let mut row = Row::new(Kind::Vm, key, file, SINGLE);
    row.put("name", name.text());
    row.put("instanceUuid", lower(&uuid));
    row.put("biosUuid", lower(&view.first(&["config/uuid", "summary/config/uuid"])));
    row.put("power", view.first(&["runtime/powerState", "summary/runtime/powerState"]).word(power));
    let state = view.first(&["runtime/connectionState", "summary/runtime/connectionState"]);
    row.put("connection", state.word(connection));
    row.put("template", view.first(&["config/template", "summary/config/template"]).truth());
    row.put("cores", view.first(&["config/hardware/numCPU", "summary/config/numCpu"]).int());
    let memory = view.first(&["config/hardware/memoryMB", "summary/config/memorySizeMB"]);
    row.put("memory", memory.size(1_048_576.0));
    let host = view.first(&["runtime/host", "summary/runtime/host"]);
    row.put("hostRef", reference(&host).map(|moref| host.found(Value::Text(moref))));
    row.put("firmware", config.at("firmware").word(firmware));
    let tools = view.first(&["guest/toolsStatus", "summary/guest/toolsStatus"]);
    row.put("tools", tools.str().map(|text| tools.found(Value::Bool(text != "toolsNotInstalled"))));
    row.put("os", config.at("guestFullName").word(coerce::os_family));
    row.put("enableUuid", enable_uuid(&config.at("extraConfig")));
    let devices = config.at("hardware/device");
    if let Some(list) = devices.list() {
        row.put("disks", Some(disks(&devices, &list)));
        row.put("controllers", controllers(&devices, &list));
        let macs = list
            .iter()
            .filter_map(|device| coerce::mac(&device.at("macAddress").str()?))
            .map(Value::Text)
            .collect();
        row.put("macs", Some(devices.found(Value::List(macs))));
    }
    let net = view.at("guest/net");
    let mut ips: Vec<Value> = net
        .items()
        .iter()
        .flat_map(|card| card.at("ipAddress").items_or_texts())
        .map(Value::Text)
        .collect();
    ips.extend(view.at("guest/ipAddress").str().map(Value::Text));
    row.put("ips", (!ips.is_empty()).then(|| net.found(Value::List(ips))));
    // The command prints the key also where there is nothing: then there is no snapshot.
    let snapshot = view.at("snapshot");
    if snapshot.is_stated() || view.at("runtime").is_stated() {
        let mut list = Vec::new();
        let whole = snapshots(&snapshot.at("rootSnapshotList"), &mut list, 0);
        row.put("snapshots", whole.then(|| snapshot.found(Value::List(list))));
    }
    store.add(row);
}

fn lower(view: &View<'_>) -> Option<Found> {
    view.str().map(|text| view.found(Value::Text(text.to_lowercase())))
}

/// Whether the whole tree could be read.
fn snapshots(list: &View<'_>, into: &mut Vec<Value>, depth: usize) -> bool {
    if list.json().is_none() {
        return true;
    }
    let Some(items) = list.list().filter(|_| depth <= 64) else { return false };
    let mut whole = true;
    for snapshot in items {
        let mut fields = vec![(
            "name",
            Value::Text(snapshot.at("name").str().unwrap_or_else(|| "(without a name)".to_owned())),
        )];
        if let Some(at) = snapshot.at("createTime").instant() {
            fields.push(("createdAt", Value::Time(at)));
        }
        into.push(Value::Record(fields));
        whole &= snapshots(&snapshot.at("childSnapshotList"), into, depth + 1);
    }
    whole
}

/// `poweredOn` and its likes.
pub fn power(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "poweredon" | "on" => Some("on"),
        "poweredoff" | "off" => Some("off"),
        "suspended" => Some("suspended"),
        _ => None,
    }
}

/// The words of vSphere for how it reaches a VM or a host.
pub fn connection(text: &str) -> Option<&'static str> {
    const WORDS: [&str; 6] =
        ["connected", "disconnected", "inaccessible", "orphaned", "invalid", "notResponding"];
    WORDS.into_iter().find(|word| text.eq_ignore_ascii_case(word))
}

/// `bios` or `efi`.
pub fn firmware(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "bios" => Some("bios"),
        "efi" | "uefi" => Some("uefi"),
        _ => None,
    }
}

fn enable_uuid(extra: &View<'_>) -> Option<Found> {
    let option = extra
        .list()?
        .into_iter()
        .find(|option| option.at("key").as_str().eq_ignore_ascii_case("disk.enableUUID"));
    match option {
        Some(option) => Some(
            option.at("value").found(Value::Bool(option.at("value").is_true().unwrap_or(false))),
        ),
        None => Some(
            extra
                .found(Value::Bool(false))
                .because("the extra configuration has no `disk.EnableUUID`"),
        ),
    }
}

fn is_disk(device: &View<'_>) -> bool {
    device.first(&["capacityInKB", "capacityInBytes"]).json().is_some()
        && device.at("backing/fileName").json().is_some()
}

fn disks(devices: &View<'_>, list: &[View<'_>]) -> Found {
    let disks = list
        .iter()
        .filter(|device| is_disk(device))
        .map(|disk| {
            let mut fields = Vec::new();
            if let Some(uuid) = disk.at("backing/uuid").str() {
                fields.push(("uuid", Value::Text(uuid.to_lowercase())));
            }
            let size =
                disk.at("capacityInBytes").size(1.0).filter(|size| size.value != Value::Size(0));
            if let Some(size) = size.or_else(|| disk.at("capacityInKB").size(1024.0)) {
                fields.push(("size", size.value));
            }
            let raw = disk.at("backing/compatibilityMode").str().is_some();
            fields.push(("kind", Value::Word(if raw { "rdm" } else { "vmdk" })));
            if let Some(name) =
                disk.at("backing/fileName").str().and_then(|path| coerce::datastore_of(&path))
            {
                fields.push(("datastore", Value::Text(name)));
            }
            Value::Record(fields)
        })
        .collect();
    devices.found(Value::List(disks))
}

fn controllers(devices: &View<'_>, list: &[View<'_>]) -> Option<Found> {
    let mut words: Vec<Value> = Vec::new();
    for device in list.iter().filter(|device| device.at("scsiCtlrUnitNumber").json().is_some()) {
        // The kind of a device is its type name, which plain JSON leaves out; label and summary are what remains.
        let told = ["_typeName", "type", "deviceInfo/summary", "deviceInfo/label"];
        let word = told.iter().find_map(|path| coerce::controller(device.at(path).as_str()))?;
        if !words.contains(&Value::Word(word)) {
            words.push(Value::Word(word));
        }
    }
    Some(devices.found(Value::List(words)))
}

fn host(store: &mut Store, file: usize, view: &View<'_>) {
    let name = view.first(&["name", "summary/config/name", "config/name"]);
    let Some(text) = name.str() else { return };
    let moref = reference(&view.at("self"));
    if let Some(moref) = &moref {
        store.name_reference(moref, &text);
    }
    let mut row = Row::new(Kind::Host, text, file, SINGLE);
    row.put("name", name.text());
    row.put("ref", moref.map(|moref| view.at("self").found(Value::Text(moref))));
    row.put(
        "version",
        view.first(&["config/product/version", "summary/config/product/version"]).version(),
    );
    let state = view.first(&["runtime/connectionState", "summary/runtime/connectionState"]);
    row.put("connection", state.word(connection));
    let total = view.first(&["hardware/memorySize", "summary/hardware/memorySize"]);
    let used = view.at("summary/quickStats/overallMemoryUsage");
    if let (Some(total_bytes), Some(used_mib)) = (total.number(), used.number()) {
        let free = (total_bytes - used_mib * 1_048_576.0).max(0.0) as i64;
        row.put(
            "freeMemory",
            Some(
                used.found(Value::Size(free)).because("memory of the host less the memory in use"),
            ),
        );
    }
    let machines = view.at("vm");
    if let Some(list) = machines.list() {
        let list = list.iter().filter_map(reference).map(Value::Text).collect();
        row.put("vmRefs", Some(machines.found(Value::List(list))));
    }
    let stores = view.at("datastore");
    if let Some(list) = stores.list() {
        let list = list.iter().filter_map(reference).map(Value::Text).collect();
        row.put("datastoreRefs", Some(stores.found(Value::List(list))));
    }
    store.add(row);
}

fn datastore(store: &mut Store, file: usize, view: &View<'_>) {
    let name = view.first(&["name", "summary/name", "info/name"]);
    let Some(text) = name.str() else { return };
    if let Some(moref) = view.first(&["self/value", "summary/datastore/value"]).str() {
        store.name_reference(&moref, &text);
    }
    let mut row = Row::new(Kind::Datastore, format!("{text}|"), file, SINGLE);
    row.put("name", name.text());
    row.put("type", view.at("summary/type").word(coerce::datastore_type));
    row.put("freeSpace", view.first(&["summary/freeSpace", "info/freeSpace"]).size(1.0));
    let mounts = view.at("host");
    let mounts = if mounts.is_object() { mounts.at("_value") } else { mounts };
    if let Some(list) = mounts.list() {
        let list = list.iter().filter_map(mount).collect();
        row.put("mounts", Some(mounts.found(Value::List(list))));
    }
    store.add(row);
}

/// A mount that can be used; unmounted or inaccessible ones are left out.
fn mount(mount: &View<'_>) -> Option<Value> {
    let info = mount.at("mountInfo");
    if info.at("mounted").is_true() == Some(false) || info.at("accessible").is_true() == Some(false)
    {
        return None;
    }
    let mut fields = vec![("host", Value::Text(mount.at("key/value").str()?))];
    match info.at("accessMode").as_str() {
        "readWrite" => fields.push(("access", Value::Word("readWrite"))),
        "readOnly" => fields.push(("access", Value::Word("readOnly"))),
        _ => {}
    }
    Some(Value::Record(fields))
}

trait Texts {
    fn items_or_texts(&self) -> Vec<String>;
}

impl Texts for View<'_> {
    fn items_or_texts(&self) -> Vec<String> {
        self.items().iter().filter_map(View::str).collect()
    }
}
