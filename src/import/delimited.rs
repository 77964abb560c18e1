//! Reads CSV files: separators by content, the `#TYPE` line of PowerShell, quoting.
//!
//! Owns the file format only.

use std::io::{BufRead, BufReader, Read};

use crate::import::decode::Decoder;
use crate::import::store::Store;
use crate::import::tables::Export;
use crate::import::tables::columns::{Cells, Columns, Tab};

/// What came of it.
pub enum Table {
    /// A table that is used, with the number of rows and, where reading broke, the row and the reason.
    Used(Tab, usize, Option<(usize, String)>),
    /// The header belongs to no table that is used.
    Unknown(Vec<String>),
}

/// Reads one file.
pub fn read(
    store: &mut Store,
    file: usize,
    export: &mut Export,
    reader: impl Read,
) -> std::io::Result<Table> {
    let mut text = BufReader::new(Decoder::new(reader).or_latin()?);
    let mut first = String::new();
    let mut skipped = 0;
    // The line with the type name stands before the header.
    while first.trim().is_empty()
        || first.starts_with("#TYPE")
        || first.trim_start().to_ascii_lowercase().starts_with("sep=")
    {
        first.clear();
        if (&mut text).take(1 << 20).read_line(&mut first)? == 0 {
            return Ok(Table::Unknown(Vec::new()));
        }
        skipped += 1;
    }
    let separator = [b';', b',', b'\t']
        .into_iter()
        .max_by_key(|c| first.bytes().filter(|byte| byte == c).count())
        .unwrap_or(b',');
    let mut records = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(std::io::Cursor::new(first.clone().into_bytes()).chain(text));
    let mut record = csv::StringRecord::new();
    let mut texts: Vec<Option<String>> = Vec::new();
    let mut columns: Option<Columns> = None;
    let mut rows = 0;
    loop {
        // Rows are counted as a spreadsheet shows them, not by lines: cells may hold line ends.
        let row = skipped + rows;
        match records.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let tab = columns.as_ref().map(|columns| columns.tab);
                let Some(tab) = tab else { return Ok(Table::Unknown(Vec::new())) };
                return Ok(Table::Used(tab, rows, Some((row, error.to_string()))));
            }
        }
        texts.clear();
        texts.extend(record.iter().map(|cell| (!cell.trim().is_empty()).then(|| cell.to_owned())));
        match &columns {
            Some(columns) => {
                export.row(store, file, columns, &Cells { texts: &texts, row: row + 1 });
                rows += 1;
            }
            None => match Columns::of(None, &texts) {
                Some(found) => {
                    export.open(found.tab, file);
                    columns = Some(found);
                }
                None => {
                    return Ok(Table::Unknown(record.iter().take(8).map(str::to_owned).collect()));
                }
            },
        }
    }
    Ok(columns
        .map_or_else(|| Table::Unknown(Vec::new()), |columns| Table::Used(columns.tab, rows, None)))
}
