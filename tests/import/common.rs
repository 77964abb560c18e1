//! What the import tests share: fixtures, look-ups, and workbooks made on the spot.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::io::Write as _;
use std::path::PathBuf;

use failback::import::model::{Entity, Environment, Value};
use failback::import::read::Input;
use failback::import::{Imported, Options, file, import};

/// One fixture.
pub fn fixture(name: &str) -> Input {
    file(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(name))
}

/// Imports fixtures.
pub fn run(names: &[&str]) -> Imported {
    import(names.iter().map(|name| fixture(name)), &Options::default())
}

/// What was told under a code.
pub fn told(done: &Imported, code: &str) -> Vec<String> {
    let with = done.diagnostics.iter().filter(|diagnostic| diagnostic.code == code);
    with.map(|diagnostic| {
        format!(
            "{} | {} | {:?}",
            diagnostic.message,
            diagnostic.help.clone().unwrap_or_default(),
            diagnostic.notes
        )
    })
    .collect()
}

/// The one environment.
#[track_caller]
pub fn only(done: &Imported) -> &Environment {
    assert_eq!(done.environments.len(), 1, "{}", done.report);
    &done.environments[0]
}

/// One entity.
#[track_caller]
pub fn entity<'a>(environment: &'a Environment, list: &str, id: &str) -> &'a Entity {
    environment.entity(list, id).unwrap_or_else(|| {
        panic!(
            "no {id} in {list}: {:?}",
            environment.list(list).iter().map(|e| &e.id).collect::<Vec<_>>()
        )
    })
}

/// The text of a fact.
#[track_caller]
pub fn word(entity: &Entity, path: &str) -> String {
    entity
        .value(path)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {path} in {}", entity.id))
        .to_owned()
}

/// The files of one classic vault.
pub const CLASSIC: [&str; 8] = [
    "classic/fabrics.json",
    "classic/items-list.json",
    "classic/item-get.json",
    "classic/mappings.json",
    "classic/providers.json",
    "classic/vcenters.json",
    "classic/request.json",
    "classic/azure-vm.json",
];

/// The text of a fixture.
pub fn text(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(name);
    std::fs::read_to_string(path).expect("the fixture is there")
}

/// An archive.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("member");
        writer.write_all(content).expect("content");
    }
    writer.finish().expect("archive").into_inner()
}

/// A sheet; `=` starts a formula, `#N/A` is an error cell.
pub fn sheet(rows: &[&[&str]]) -> String {
    let mut xml = String::from(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:CA1048576"/><sheetData>"#,
    );
    for (at, row) in rows.iter().enumerate() {
        xml.push_str(&format!("<row r=\"{}\">", at + 1));
        for (column, text) in row.iter().enumerate() {
            let place = format!("{}{}", char::from(b'A' + column as u8), at + 1);
            match *text {
                "#N/A" => xml.push_str(&format!("<c r=\"{place}\" t=\"e\"><v>#N/A</v></c>")),
                text if text.starts_with('=') => xml.push_str(&format!(
                    "<c r=\"{place}\" t=\"str\"><f>{}</f><v>poweredOn</v></c>",
                    &text[1..]
                )),
                text => xml.push_str(&format!(
                    "<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"
                )),
            }
        }
        xml.push_str("</row>");
    }
    xml.push_str("</sheetData></worksheet>");
    xml
}

/// A workbook.
pub fn workbook(sheets: &[(&str, String)]) -> Vec<u8> {
    let types: String = (1..=sheets.len()).map(|at| format!("<Override PartName=\"/xl/worksheets/sheet{at}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>")).collect();
    let types = format!(
        "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>"
    );
    let list: String = sheets
        .iter()
        .enumerate()
        .map(|(at, (name, _))| {
            format!("<sheet name=\"{name}\" sheetId=\"{0}\" r:id=\"rId{0}\"/>", at + 1)
        })
        .collect();
    let book = format!(
        "<?xml version=\"1.0\"?><workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{list}</sheets></workbook>"
    );
    let links: String = (1..=sheets.len()).map(|at| format!("<Relationship Id=\"rId{at}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{at}.xml\"/>")).collect();
    let links = format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{links}</Relationships>"
    );
    let root = "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
    let names: Vec<String> =
        (1..=sheets.len()).map(|at| format!("xl/worksheets/sheet{at}.xml")).collect();
    let mut members: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
    ];
    members
        .extend(names.iter().zip(sheets).map(|(name, (_, xml))| (name.as_str(), xml.as_bytes())));
    zip(&members)
}

/// A workbook as an inventory tool writes it.
pub fn inventory() -> Vec<u8> {
    workbook(&[
        (
            "vInfo",
            sheet(&[
                &["VM", "Powerstate", "Host", "VM UUID", "EnableUUID", "Primary IP Address"],
                &["web01", "=A1", "esx01", "u-1", "#N/A", ""],
                &["mt-linux", "poweredOn", "esx01", "u-2", "TRUE", "10.1.0.20"],
            ]),
        ),
        (
            "vHost",
            sheet(&[
                &[
                    "Host",
                    "ESX Version",
                    "# VMs total",
                    "Assigned License(s)",
                    "# Memory",
                    "Memory usage %",
                ],
                &["esx01", "VMware ESXi 6.7.0 build-1", "2", "SECRE-TLICE", "1024", "50"],
            ]),
        ),
        ("vLicense", sheet(&[&["Name", "Key"], &["vSphere 6 Enterprise Plus", "SECRE-TLICE"]])),
        (
            "vDatastore",
            sheet(&[
                &["Name", "Type", "Accessible", "Free MiB", "# Hosts", "Hosts"],
                &["Store One", "VMFS", "True", "2048", "1", "esx01"],
            ]),
        ),
        ("vSnapshot", sheet(&[&["VM", "Name", "Date / time"]])),
        (
            "vMetaData",
            sheet(&[
                &["RVTools version", "xlsx creation datetime"],
                &["4.7", "2020/03/28 09:00:00"],
            ]),
        ),
    ])
}
