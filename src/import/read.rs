//! Takes one file at a time: what it is, unpacking, limits, and what is wrong with the broken ones.
//!
//! Owns the way from bytes to rows. A file that cannot be used is told and the others go on.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity};
use crate::import::clean::Clean;
use crate::import::decode::{Decoder, Look, look};
use crate::import::delimited::{self, Table};
use crate::import::from_yaml;
pub use crate::import::input::{Content, Input, Limits, digest};
use crate::import::input::{Handle, digest_of, open};
use crate::import::json;
use crate::import::recognise::Recogniser;
use crate::import::store::{FileInfo, Store};
use crate::import::tables::Export;
use crate::import::watch::{Counted, Watch};
use crate::import::workbook;

/// What an input is, as far as it decides how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON, which stands for itself.
    Json,
    /// A workbook, which stands for itself.
    Workbook,
    /// An archive, whose members may be the same as other files.
    Archive,
    /// A table, which belongs together with others of its folder, or nothing that can be read.
    Other,
}

/// What an input is, and how long.
pub fn examine(input: &Input) -> (Form, u64) {
    let Ok(mut handle) = open(input) else { return (Form::Other, 0) };
    let length = handle.seek(SeekFrom::End(0)).unwrap_or_default();
    let mut head = vec![0; 4096];
    let read = handle.rewind().and_then(|()| read_some(&mut handle, &mut head));
    head.truncate(read.unwrap_or_default());
    let form = match look(&head) {
        Look::Json => Form::Json,
        Look::Zip => {
            let archive = handle.rewind().ok().and_then(|()| zip::ZipArchive::new(handle).ok());
            match archive.map(|mut archive| archive.by_name(WORKBOOK).is_ok()) {
                Some(true) => Form::Workbook,
                _ => Form::Archive,
            }
        }
        _ => Form::Other,
    };
    (form, length)
}

/// The member that makes an archive a workbook.
const WORKBOOK: &str = "xl/workbook.xml";

/// Reads inputs into a store.
pub struct Intake<'a> {
    store: &'a mut Store,
    limits: Limits,
    watch: &'a Watch,
    seen: HashMap<Vec<u8>, String>,
    exports: BTreeMap<String, Export>,
}

impl<'a> Intake<'a> {
    /// An intake into a store.
    pub fn new(store: &'a mut Store, limits: Limits, watch: &'a Watch) -> Self {
        Self { store, limits, watch, seen: HashMap::new(), exports: BTreeMap::new() }
    }

    /// All tables have been read: joins the tabs of each export.
    pub fn close(self) {
        for (_, export) in self.exports {
            export.close(self.store);
        }
    }

    /// Adds what was read elsewhere.
    pub fn absorb(&mut self, part: Store) {
        self.store.absorb(part);
    }

    /// Whether a content was there before; that is told. Without a digest it is known that it was not.
    pub fn is_copy(&mut self, name: &str, digest: Option<&[u8]>) -> bool {
        let Some(digest) = digest else { return false };
        let Some(first) = self.seen.get(digest) else {
            self.seen.insert(digest.to_vec(), name.to_owned());
            return false;
        };
        let message = format!("`{name}` has the same content as `{first}`");
        self.store
            .diagnostics
            .push(Diagnostic::new(Severity::Note, "same-file", message).help("it is used once"));
        true
    }

    /// Takes one input; `digest` is that of its content, where it may be the same as another's.
    pub fn take(&mut self, input: &Input, digest: Option<&[u8]>) {
        let name = &input.name;
        let group = match &input.content {
            Content::Path(path) => {
                path.parent().map(|folder| folder.display().to_string()).unwrap_or_default()
            }
            Content::Bytes(_) => {
                name.rsplit_once(['/', '\\']).map_or(String::new(), |(folder, _)| folder.to_owned())
            }
        };
        if self.is_copy(name, digest) {
            return;
        }
        self.watch.now(name);
        let taken = open(input).and_then(|handle| self.seekable(name, &group, handle, 0));
        if let Err(error) = taken {
            self.refuse(
                "unreadable",
                format!("`{name}` cannot be read: {error}"),
                "check the file, the path and the rights to it, and hand it in again",
            );
        }
    }

    fn refuse(&mut self, code: &str, message: String, help: &str) {
        self.store.diagnostics.push(Diagnostic::new(Severity::Error, code, message).help(help));
    }

    fn seekable(
        &mut self,
        name: &str,
        group: &str,
        mut handle: Handle,
        depth: usize,
    ) -> io::Result<()> {
        let length = handle.seek(SeekFrom::End(0))?;
        handle.rewind()?;
        if length > self.limits.bytes {
            self.refuse(
                "too-large",
                format!("`{name}` is larger than the limit of {} bytes", self.limits.bytes),
                "hand in a smaller export",
            );
            return Ok(());
        }
        if depth > 0 && length > 0 {
            let digest = digest_of(&mut handle)?;
            handle.rewind()?;
            if self.is_copy(name, Some(&digest)) {
                return Ok(());
            }
        }
        let mut head = vec![0; 4096];
        let count = read_some(&mut handle, &mut head)?;
        head.truncate(count);
        handle.rewind()?;
        if look(&head) == Look::Zip {
            return self.zip(name, group, handle, depth);
        }
        let watch = self.watch;
        self.stream(name, group, &head, Counted::new(handle, watch))
    }

    fn file(&mut self, name: &str, group: &str) -> usize {
        self.store.files.push(FileInfo {
            name: Arc::from(name),
            captured: None,
            zoned: false,
            what: BTreeMap::new(),
            group: group.to_owned(),
        });
        self.store.files.len() - 1
    }

    /// Text of any size.
    fn stream(
        &mut self,
        name: &str,
        group: &str,
        head: &[u8],
        reader: impl Read,
    ) -> io::Result<()> {
        match look(head) {
            Look::Json => {
                self.json(name, group, Clean::new(Decoder::new(reader).or_latin()?));
            }
            Look::Yaml => self.yaml(name, group, reader)?,
            Look::Text => self.csv(name, group, reader)?,
            Look::Empty => {
                self.store.diagnostics.push(
                    Diagnostic::new(Severity::Warning, "empty-file", format!("`{name}` is empty"))
                        .help("an empty export says nothing: run the command again and look for its error message"),
                );
            }
            Look::Markup => self.refuse(
                "markup",
                format!("`{name}` is a web page or XML, not an export"),
                "a sign-in or error page was saved in its place: sign in and export again",
            ),
            Look::OldWorkbook => self.refuse(
                "old-workbook",
                format!("`{name}` is an old (.xls) or encrypted workbook"),
                "save it as .xlsx without a password, or export it again",
            ),
            Look::Gzip => self.refuse(
                "gzip",
                format!("`{name}` is packed with gzip"),
                "unpack it and hand in the content",
            ),
            Look::Zip | Look::Binary => {
                self.refuse(
                    "unrecognised",
                    format!("`{name}` is neither text, workbook nor zip archive"),
                    "hand in JSON, CSV, .xlsx or .zip",
                );
            }
        }
        Ok(())
    }

    /// YAML, which is held as a whole; its pointers are those of the same as JSON.
    fn yaml(&mut self, name: &str, group: &str, reader: impl Read) -> io::Result<()> {
        let mut text = String::new();
        let most = self.limits.packed;
        let decoded = Clean::new(Decoder::new(reader).or_latin()?);
        decoded.take(most.saturating_add(1)).read_to_string(&mut text)?;
        if text.len() as u64 > most {
            self.refuse(
                "too-large",
                format!("the YAML of `{name}` is larger than the limit of {most} bytes"),
                "export it as JSON, which is read piece by piece",
            );
            return Ok(());
        }
        match from_yaml::to_json(&text) {
            Ok(json) => self.json(name, group, json.as_bytes()),
            Err(broken) => self.store.diagnostics.push(
                Diagnostic::new(
                    Severity::Error,
                    "broken-yaml",
                    format!("`{name}` is not valid YAML at line {}", broken.line),
                )
                .note("reason", broken.message)
                .help("nothing of it is used: export it again, as JSON (`-o json`)"),
            ),
        }
        Ok(())
    }

    fn json(&mut self, name: &str, group: &str, reader: impl Read) {
        let file = self.file(name, group);
        let mut recogniser = Recogniser::new(self.store, file);
        let result = json::read(reader, self.limits.element, &mut recogniser);
        let listed = recogniser.finish(result.is_err());
        let broken = match result {
            Err(broken) => broken,
            Ok(documents) => {
                if documents > 1 && listed {
                    let message =
                        format!("`{name}` holds {documents} JSON documents one after another");
                    let help =
                        "all of them are used: see that no part of an older export was left in it";
                    self.store.diagnostics.push(
                        Diagnostic::new(Severity::Note, "several-documents", message).help(help),
                    );
                }
                return;
            }
        };
        let place = format!("line {}, column {}", broken.line, broken.column);
        if broken.too_large {
            self.refuse(
                "too-large",
                format!(
                    "one element of `{name}` is larger than the limit of {} bytes",
                    self.limits.element
                ),
                "hand in an export of lists, page by page",
            );
        } else if broken.cut_off {
            self.refuse(
                "cut-off",
                format!("`{name}` is cut off at {place}"),
                "what is before it is used, and no list of it counts as complete: export it again",
            );
        } else {
            self.store.diagnostics.push(
                Diagnostic::new(
                    Severity::Error,
                    "broken-json",
                    format!("`{name}` is not valid JSON at {place}"),
                )
                .note("reason", broken.message)
                .help(
                    "what is before it is used: export it again, with nothing but JSON in the file",
                ),
            );
        }
    }

    fn csv(&mut self, name: &str, group: &str, reader: impl Read) -> io::Result<()> {
        let file = self.file(name, group);
        let export = self.exports.entry(group.to_owned()).or_default();
        match delimited::read(self.store, file, export, reader)? {
            Table::Used(tab, rows, broken) => {
                if let Some(info) = self.store.files.get_mut(file) {
                    *info.what.entry(workbook::label(tab)).or_default() += rows;
                }
                if let Some((row, reason)) = broken {
                    self.store.diagnostics.push(
                        Diagnostic::new(
                            Severity::Error,
                            "broken-table",
                            format!("`{name}` breaks after row {row}"),
                        )
                        .note("reason", reason)
                        .help("the rows before are used: export it again"),
                    );
                }
            }
            Table::Unknown(header) => {
                let header = header
                    .iter()
                    .map(|cell| format!("`{}`", cell.trim()))
                    .collect::<Vec<_>>()
                    .join(", ");
                self.store.diagnostics.push(
                    Diagnostic::new(Severity::Error, "unrecognised", format!("`{name}` is text, but no table or JSON that is known"))
                        .note("header", header)
                        .help("hand in RVTools exports (vInfo, vDisk, vSnapshot, vNetwork, vHost, vDatastore) or JSON"),
                );
            }
        }
        Ok(())
    }

    fn zip(&mut self, name: &str, group: &str, handle: Handle, depth: usize) -> io::Result<()> {
        let mut archive = match zip::ZipArchive::new(handle) {
            Ok(archive) => archive,
            Err(error) => {
                self.refuse(
                    "broken-archive",
                    format!("`{name}` is a broken archive or workbook: {error}"),
                    "export or pack it again",
                );
                return Ok(());
            }
        };
        if archive.by_name(WORKBOOK).is_ok() {
            let fits = self.fits(name, &mut archive)?;
            let mut handle = archive.into_inner();
            handle.rewind()?;
            return if fits { self.workbook(name, handle) } else { Ok(()) };
        }
        if depth >= 2 {
            self.refuse(
                "nested-archive",
                format!("`{name}` is an archive inside an archive inside an archive"),
                "unpack it and hand in the content",
            );
            return Ok(());
        }
        if archive.len() > self.limits.members {
            self.refuse(
                "too-large",
                format!("`{name}` holds more than {} members", self.limits.members),
                "pack only the exports",
            );
            return Ok(());
        }
        let mut left = self.limits.bytes.min(self.limits.packed.saturating_mul(16));
        for at in 0..archive.len() {
            let member = match archive.by_index(at) {
                Ok(member) => member,
                Err(error) => {
                    self.refuse(
                        "broken-archive",
                        format!("member {} of `{name}` cannot be read: {error}", at + 1),
                        "pack it again without a password",
                    );
                    continue;
                }
            };
            if member.is_dir() {
                continue;
            }
            let inner = member
                .name()
                .map_or_else(|_| format!("member {}", at + 1), |name| name.into_owned());
            let shown = format!("{name}!{inner}");
            let packed = member.compressed_size().max(1);
            if member.size() > left || swollen(member.size(), packed) {
                self.refuse(
                    "zip-bomb",
                    format!(
                        "`{shown}` unpacks to {} bytes, which is over the limit",
                        member.size()
                    ),
                    "hand in the file unpacked if it is what it says",
                );
                continue;
            }
            let folder = inner.rsplit_once('/').map_or("", |(folder, _)| folder);
            let inner_group = format!("{group}/{name}!{folder}");
            // The size stated in an archive may be a lie: reading stops at the limit, too.
            let mut member = member.take(left.saturating_add(1));
            let mut head = vec![0; 64 << 10];
            let count = read_some(&mut member, &mut head)?;
            head.truncate(count);
            let small = self.limits.packed.min(64 << 20);
            if look(&head) == Look::Zip
                || (count as u64) < small && member.get_ref().size() <= small
            {
                let mut bytes = head;
                let room = self.limits.packed.saturating_sub(bytes.len() as u64).saturating_add(1);
                (&mut member).take(room).read_to_end(&mut bytes)?;
                if bytes.len() as u64 > self.limits.packed.min(left) {
                    self.refuse(
                        "zip-bomb",
                        format!("`{shown}` unpacks to more than the limit"),
                        "hand in the file unpacked if it is what it says",
                    );
                    continue;
                }
                left = left.saturating_sub(bytes.len() as u64);
                self.seekable(
                    &shown,
                    &inner_group,
                    Handle::Memory(Cursor::new(bytes.into())),
                    depth + 1,
                )?;
            } else {
                let before = member.limit() + count as u64;
                self.stream(
                    &shown,
                    &inner_group,
                    &head,
                    Cursor::new(head.clone()).chain(&mut member),
                )?;
                left = left.saturating_sub(before - member.limit());
                if member.limit() == 0 {
                    self.refuse(
                        "zip-bomb",
                        format!("`{shown}` unpacks to more than the limit"),
                        "hand in the file unpacked if it is what it says",
                    );
                }
            }
        }
        Ok(())
    }

    /// Whether a workbook keeps to the limits: what is stated, and what is held in memory as it really unpacks.
    fn fits(&mut self, name: &str, archive: &mut zip::ZipArchive<Handle>) -> io::Result<bool> {
        let mut total: u64 = 0;
        let mut bomb = false;
        for at in 0..archive.len() {
            let Ok(member) = archive.by_index_raw(at) else { continue };
            total = total.saturating_add(member.size());
            bomb |= swollen(member.size(), member.compressed_size());
        }
        let texts = match archive.by_name("xl/sharedStrings.xml") {
            Ok(member) => io::copy(&mut member.take(self.limits.texts + 1), &mut io::sink())?,
            Err(_) => 0,
        };
        if bomb || total > self.limits.bytes || texts > self.limits.texts {
            self.refuse(
                "zip-bomb",
                format!("the workbook `{name}` unpacks to more than the limit"),
                "export only the tabs that are needed",
            );
            return Ok(false);
        }
        Ok(true)
    }

    fn workbook(&mut self, name: &str, handle: Handle) -> io::Result<()> {
        let file = self.file(name, name);
        let mut export = Export::default();
        match workbook::read(
            self.store,
            file,
            &mut export,
            BufReader::with_capacity(64 << 10, Counted::new(handle, self.watch)),
            self.limits.cells,
        ) {
            Ok(0) => self.refuse(
                "unrecognised",
                format!("no sheet of the workbook `{name}` is known"),
                "hand in the workbook RVTools writes with `Export all to Excel`",
            ),
            Ok(_) => {}
            Err(error) => self.refuse(
                "broken-workbook",
                format!("the workbook `{name}` cannot be read: {error}"),
                "save or export it again",
            ),
        }
        export.close(self.store);
        Ok(())
    }
}

/// Whether something large shrank more than any export does.
fn swollen(size: u64, packed: u64) -> bool {
    size > (64 << 20) && size / packed.max(1) > 250
}

fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match reader.read(&mut buffer[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}
