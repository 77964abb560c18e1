//! Reads the sheets of a workbook cell by cell.
//!
//! Owns the file format and its traps: declared sizes are not believed, formulas count by the value stored with them, error
//! cells are told and unknown. Columns and facts are the business of the tables.

use std::io::{Read, Seek};

use calamine::{Data, DataRef, Reader, Xlsx, XlsxError};

use crate::diagnostic::{Diagnostic, Severity};
use crate::import::store::Store;
use crate::import::tables::Export;
use crate::import::tables::columns::{Cells, Columns, Tab};

/// Columns beyond this are not read.
const WIDEST: usize = 1024;

/// Reads one workbook; yields how many tabs were used.
pub fn read<R: Read + Seek>(
    store: &mut Store,
    file: usize,
    export: &mut Export,
    reader: R,
    cells: u64,
) -> Result<usize, XlsxError> {
    let mut workbook = Xlsx::new(reader)?;
    let name = store.files.get(file).map(|file| file.name.to_string()).unwrap_or_default();
    let mut sheets = workbook.sheet_names().to_vec();
    // Licences come first: hosts refer to them.
    sheets.sort_by_key(|sheet| !sheet.eq_ignore_ascii_case("vLicense"));
    let mut used = 0;
    let mut budget = cells;
    for sheet in sheets {
        // Most sheets are of no use; they are not even opened.
        if !Columns::may_be(&sheet) {
            continue;
        }
        let mut reader = match workbook.worksheet_cells_reader(&sheet) {
            Ok(reader) => reader,
            Err(error) => {
                store.diagnostics.push(
                    Diagnostic::new(
                        Severity::Error,
                        "sheet",
                        format!("sheet `{sheet}` of `{name}` cannot be read: {error}"),
                    )
                    .help("save the workbook again, or export it anew"),
                );
                continue;
            }
        };
        let mut gathered = Gathered::default();
        loop {
            match reader.next_cell() {
                Ok(Some(cell)) => {
                    let (row, column) = cell.get_position();
                    if budget == 0 {
                        store.diagnostics.push(
                            Diagnostic::new(Severity::Error, "too-large", format!("`{name}` holds more cells than the limit; it was read up to sheet `{sheet}`"))
                                .help("export only the tabs that are needed"),
                        );
                        return Ok(used);
                    }
                    budget -= 1;
                    let row = row as usize + 1;
                    if row != gathered.row {
                        gathered.flush(store, file, export, &sheet);
                        if gathered.tried && gathered.columns.is_none() {
                            break;
                        }
                        gathered.row = row;
                    }
                    gathered.cell(column as usize, cell.get_value());
                }
                Ok(None) => break,
                Err(error) => {
                    store.diagnostics.push(
                        Diagnostic::new(
                            Severity::Error,
                            "sheet",
                            format!(
                                "sheet `{sheet}` of `{name}` breaks after row {}: {error}",
                                gathered.row
                            ),
                        )
                        .help("the rows before are used; export the workbook again for the rest"),
                    );
                    break;
                }
            }
        }
        gathered.flush(store, file, export, &sheet);
        if let Some(columns) = &gathered.columns {
            used += 1;
            if let Some(info) = store.files.get_mut(file) {
                *info.what.entry(label(columns.tab)).or_default() += gathered.rows;
            }
        }
        if !gathered.errors.is_empty() {
            let places = gathered.errors.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
            store.diagnostics.push(
                Diagnostic::new(
                    Severity::Warning,
                    "error-cells",
                    format!(
                        "{} cells of sheet `{sheet}` of `{name}` hold errors, such as {places}",
                        gathered.errors.len()
                    ),
                )
                .help("what they should say is unknown"),
            );
        }
    }
    Ok(used)
}

/// What a tab is called in the report.
pub fn label(tab: Tab) -> &'static str {
    match tab {
        Tab::Snapshot => "rows of RVTools vSnapshot",
        Tab::Network => "rows of RVTools vNetwork",
        Tab::Tools => "rows of RVTools vTools",
        Tab::Disk => "rows of RVTools vDisk",
        Tab::Info => "rows of RVTools vInfo",
        Tab::Datastore => "rows of RVTools vDatastore",
        Tab::Host => "rows of RVTools vHost",
        Tab::License => "rows of RVTools vLicense",
        Tab::Meta => "rows of RVTools vMetaData",
        Tab::Source => "rows of RVTools vSource",
    }
}

#[derive(Default)]
struct Gathered {
    columns: Option<Columns>,
    tried: bool,
    row: usize,
    /// Rows that were used.
    rows: usize,
    texts: Vec<Option<String>>,
    errors: Vec<String>,
}

impl Gathered {
    fn cell(&mut self, column: usize, value: &DataRef<'_>) {
        // Most columns are of no use; their cells are passed over.
        if column >= WIDEST || self.columns.as_ref().is_some_and(|columns| !columns.uses(column)) {
            return;
        }
        let text = match value {
            DataRef::Empty => return,
            DataRef::Error(error) => {
                self.errors.push(format!("{error} in row {}", self.row));
                return;
            }
            DataRef::SharedString(text) => (*text).to_owned(),
            DataRef::String(text) => text.clone(),
            DataRef::Bool(truth) => truth.to_string(),
            DataRef::Int(number) => number.to_string(),
            DataRef::Float(number) => number.to_string(),
            DataRef::DateTime(at) => at.as_f64().to_string(),
            other => Data::from(other.clone()).to_string(),
        };
        if self.texts.len() <= column {
            self.texts.resize(column + 1, None);
        }
        if let Some(slot) = self.texts.get_mut(column) {
            *slot = Some(text);
        }
    }

    fn flush(&mut self, store: &mut Store, file: usize, export: &mut Export, sheet: &str) {
        if self.texts.iter().all(Option::is_none) {
            return;
        }
        match &self.columns {
            Some(columns) => {
                export.row(store, file, columns, &Cells { texts: &self.texts, row: self.row });
                self.rows += 1;
            }
            None if !self.tried => {
                self.tried = true;
                // A sheet that was renamed still has its columns.
                self.columns = Columns::of(Some(sheet), &self.texts)
                    .or_else(|| Some(Columns::of(None, &self.texts)?.in_sheet(sheet)));
                if let Some(columns) = &self.columns {
                    export.open(columns.tab, file);
                }
            }
            None => {}
        }
        self.texts.clear();
    }
}
