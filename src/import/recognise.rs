//! Decides by content what each JSON element is, and hands it to the mapper of its kind.
//!
//! Owns envelopes beyond plain lists (worked examples, query tables, error bodies, property updates), pages, and the traps
//! that show inside an element: lost depth, times. Knows no fact.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Severity};
use crate::import::arm;
use crate::import::azure::{self, Source};
use crate::import::coerce::{self, Stamp};
use crate::import::element::{Element, Members};
use crate::import::govc;
use crate::import::json::{Around, Sink};
use crate::import::site;
use crate::import::store::{LIST, OBJECTS, SINGLE, Store};
use crate::import::view::View;

/// Receives the elements of one file.
pub struct Recogniser<'a> {
    store: &'a mut Store,
    file: usize,
    what: BTreeMap<&'static str, usize>,
    page: Option<(&'static str, String)>,
    /// Elements that are nothing known, with the keys of the first.
    strange: usize,
    strange_keys: Option<(String, String)>,
    lost: Option<String>,
    updates: Members<'static>,
    newest: Option<i64>,
    answered_empty: bool,
    listed: bool,
}

impl<'a> Recogniser<'a> {
    /// For one file.
    pub fn new(store: &'a mut Store, file: usize) -> Self {
        Self {
            store,
            file,
            what: BTreeMap::new(),
            page: None,
            strange: 0,
            strange_keys: None,
            lost: None,
            updates: Members::new(),
            newest: None,
            answered_empty: false,
            listed: false,
        }
    }

    /// Everything has been read; `cut_off` says that the text ended too early. Whether there were lists of Azure, of which a
    /// file holds one.
    pub fn finish(mut self, cut_off: bool) -> bool {
        let listed = self.listed;
        // A stream of VMware is no page, but what it tells ends just the same.
        let stream = (!self.what.is_empty()).then(|| (OBJECTS, String::new()));
        if cut_off && let Some(page) = self.page.take().or(stream) {
            let pages = self.store.pages.entry(page).or_default();
            pages.cut = true;
            pages.file = self.file;
        }
        let name =
            self.store.files.get(self.file).map(|file| file.name.to_string()).unwrap_or_default();
        if let Some(at) = &self.lost {
            self.store.diagnostics.push(
                Diagnostic::new(
                    Severity::Error,
                    "depth-lost",
                    format!(
                        "`{name}` lost its nested objects at `{at}`: type names are in their place"
                    ),
                )
                .help("export again with `ConvertTo-Json -Depth 10`"),
            );
        }
        for (what, kind) in [("device lists", "devices"), ("snapshot trees", "snapshots")] {
            if self.what.contains_key(what) {
                self.store.diagnostics.push(
                    Diagnostic::new(
                        Severity::Note,
                        "nameless",
                        format!("`{name}` lists {kind} without saying of which VM"),
                    )
                    .help("it is not used: `govc vm.info -json` says the same with names"),
                );
            }
        }
        if self.strange > 0 {
            let (at, keys) = self.strange_keys.clone().unwrap_or_default();
            let nothing = self.what.is_empty();
            let severity = if nothing { Severity::Error } else { Severity::Note };
            let message = if nothing {
                format!("`{name}` is JSON, but nothing in it is known")
            } else {
                format!("{} elements of `{name}` are nothing known", self.strange)
            };
            self.store.diagnostics.push(
                Diagnostic::new(severity, "unrecognised", message)
                    .note("at", if at.is_empty() { "the top of the document".to_owned() } else { at })
                    .note("keys", keys)
                    .help("hand in answers of Azure Site Recovery, Resource Graph or `az vm`, RVTools exports, or `govc … -json`"),
            );
        } else if self.what.is_empty() && self.answered_empty {
            self.store.diagnostics.push(
                Diagnostic::new(
                    Severity::Note,
                    "empty-list",
                    format!("`{name}` is an empty list; it does not say of what"),
                )
                .help("nothing is concluded from it"),
            );
        }
        if let Some(info) = self.store.files.get_mut(self.file) {
            for (what, count) in self.what {
                *info.what.entry(what).or_default() += count;
            }
            info.zoned = self.newest.is_some();
            info.captured = info.captured.max(self.newest);
        }
        listed
    }

    fn map(&mut self, view: &View<'_>, rank: u8) {
        let source = Source { file: self.file, rank };
        if azure::request(self.store, source, view) {
            self.count("reprotect requests");
            return;
        }
        let id = azure::id(view);
        let kind = arm::kind(view.at("type").as_str(), id);
        let what = match kind.as_deref() {
            Some("microsoft.offazure/vmwaresites/machines") => {
                Some(site::map(self.store, source, view))
            }
            Some(_) => azure::map(self.store, source, view),
            None => govc::map(self.store, self.file, view),
        };
        match what {
            Some(what) => {
                self.count(what);
                if rank == LIST {
                    let scope = arm::vault(id)
                        .or_else(|| arm::up_to(id, "VMwareSites"))
                        .unwrap_or_default();
                    self.page = Some((what, scope));
                    self.listed |= kind.is_some();
                }
            }
            None => {
                self.strange += 1;
                let keys = view.json().and_then(Element::as_object).map(|object| {
                    object
                        .iter()
                        .take(8)
                        .map(|(key, _)| format!("`{key}`"))
                        .collect::<Vec<_>>()
                        .join(", ")
                });
                let at = view.pointer();
                self.strange_keys.get_or_insert((at, keys.unwrap_or_else(|| "none".to_owned())));
            }
        }
    }

    /// One element, and what of it could not be read.
    fn one(&mut self, view: &View<'_>, rank: u8) {
        self.map(view, rank);
        let unread = view.take_unread();
        self.store.unread.extend(unread.into_iter().map(|unread| (self.file, unread)));
    }

    fn count(&mut self, what: &'static str) {
        *self.what.entry(what).or_default() += 1;
    }

    /// An answer that holds a list, as an element of another list: its elements, and the page that it is.
    fn answer(&mut self, view: &View<'_>) -> bool {
        if let Some(items) = view.json().and_then(Element::as_list) {
            for (at, item) in items.iter().enumerate() {
                self.one(&View::new(item, format!("{}/{at}", view.pointer())), LIST);
            }
            return true;
        }
        let list = view.at("value");
        if !list.is_list() || !azure::id(view).is_empty() {
            return false;
        }
        let items = list.items();
        items.iter().for_each(|item| self.one(item, LIST));
        self.turn_page(items.len(), &view.first(&["nextLink", "@odata.nextLink"]), None);
        true
    }

    /// A document that is one object: a worked example, a table, an error, or the thing itself.
    fn whole(&mut self, view: &View<'_>) {
        let body = view.first(&["responses/200/body", "response/body", "body"]);
        if body.is_object() && view.at("id").json().is_none() {
            let list = body.at("value");
            if list.is_list() {
                let items = list.items();
                items.iter().for_each(|item| self.one(item, LIST));
                self.turn_page(items.len(), &body.at("nextLink"), None);
            } else {
                self.one(&body, SINGLE);
            }
            return;
        }
        if view.at("data/columns").json().is_some() && view.at("data/rows").json().is_some() {
            self.table(view);
            return;
        }
        let is_job = || {
            let kind = arm::kind(view.at("type").as_str(), azure::id(view));
            kind.is_some_and(|kind| kind.ends_with("/replicationjobs"))
        };
        if let (Some(code), Some(_)) =
            (view.at("error/code").str(), view.at("error/message").json())
            && !is_job()
        {
            let name = self
                .store
                .files
                .get(self.file)
                .map(|file| file.name.to_string())
                .unwrap_or_default();
            self.count("error answers");
            self.store.diagnostics.push(
                Diagnostic::new(
                    Severity::Error,
                    "error-answer",
                    format!("`{name}` holds an error answer (`{code}`), not an export"),
                )
                .help("run the export again, with rights to read the vault"),
            );
            return;
        }
        // PowerShell writes a list of one as an object; its values are as thin as those of a list.
        let flattened = view.json().and_then(|json| json.get("FriendlyName")).is_some();
        self.one(view, if flattened { LIST } else { SINGLE });
    }

    /// The table form of a query: columns apart from rows.
    fn table(&mut self, view: &View<'_>) {
        let names: Vec<String> = view
            .at("data/columns")
            .items()
            .iter()
            .filter_map(|column| column.at("name").str())
            .collect();
        let rows = view.at("data/rows").json().and_then(Element::as_list).unwrap_or_default();
        for (at, row) in rows.iter().enumerate() {
            let cells = row.as_list().unwrap_or_default().iter().cloned();
            let object = names.iter().map(|name| name.as_str().into()).zip(cells).collect();
            let object = Element::Object(object);
            self.one(&View::new(&object, format!("{}/data/rows/{at}", view.pointer())), LIST);
        }
        let total = view.first(&["totalRecords", "total_records"]).number();
        self.turn_page(rows.len(), &view.at("nextLink"), total.map(|total| total as usize));
    }

    fn turn_page(&mut self, count: usize, next: &View<'_>, total: Option<usize>) {
        let Some(page) = self.page.take() else {
            self.answered_empty |= count == 0;
            return;
        };
        let next = next.str();
        let stated = next.as_deref().and_then(|link| {
            let digits = link.split("totalRecordCount=").nth(1)?;
            digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        });
        let pages = self.store.pages.entry(page).or_default();
        pages.rows += count;
        pages.total = pages.total.max(total).max(stated);
        pages.file = self.file;
        if next.is_some() {
            pages.with_next += 1;
        } else {
            pages.last += 1;
        }
    }

    /// Looks through an element for its newest time and for signs of lost depth.
    fn scan(&mut self, key: &str, value: &Element<'_>, at: &str) {
        match value {
            Element::Text(text) => {
                if self.lost.is_none() && coerce::is_type_name(text) {
                    self.lost = Some(format!("{at}/…/{key}"));
                }
                // Times that lie ahead say nothing about when the export was made.
                let ahead = ["expir", "supportend", "next", "window", "schedul", "releasedate"];
                if text.len() >= 19
                    && (text.as_bytes().get(10) == Some(&b'T') || text.starts_with("/Date("))
                {
                    let key = key.to_ascii_lowercase();
                    if !ahead.iter().any(|word| key.contains(word))
                        && let Some(Stamp::At(time)) = coerce::time(text)
                    {
                        self.newest = self.newest.max(Some(time));
                    }
                }
            }
            Element::List(items) => items.iter().for_each(|item| self.scan(key, item, at)),
            Element::Object(members) => {
                members.iter().for_each(|(key, value)| self.scan(key, value, at));
            }
            _ => {}
        }
    }
}

impl Sink for Recogniser<'_> {
    fn element(&mut self, pointer: String, around: Around<'_>, value: Element<'_>) {
        self.scan("", &value, &pointer);
        let view = View::new(&value, pointer);
        if view.at("op").json().is_some()
            && view.at("val").is_stated()
            && view.at("name").json().is_some()
        {
            if let Some((name, value)) = govc::change_of(&view) {
                govc::put(&mut self.updates, &name, value.clone().into_owned());
            }
            return;
        }
        match around {
            Around::Nothing => self.whole(&view),
            // `jq -s` makes a list of whole answers.
            Around::Array if self.answer(&view) => {}
            _ => self.one(&view, LIST),
        }
    }

    fn end(&mut self, _: &str, beside: Members<'static>, count: usize) {
        if !self.updates.is_empty() {
            let mut members = std::mem::take(&mut self.updates);
            for (part, own) in
                [("datastore", "Datastore"), ("host", "HostSystem"), ("vm", "VirtualMachine")]
            {
                let summary = members.iter().find(|(key, _)| key == "summary");
                let reference = summary.and_then(|(_, summary)| summary.get(part));
                if let Some(value) = reference.and_then(|reference| reference.get("value")) {
                    let own = Element::Text(own.into());
                    let own = vec![("type".into(), own), ("value".into(), value.clone())];
                    members.push(("self".into(), Element::Object(own)));
                    break;
                }
            }
            let object = Element::Object(members);
            self.one(&View::new(&object, ""), SINGLE);
            return;
        }
        let beside = Element::Object(beside);
        let view = View::new(&beside, "");
        let total =
            view.first(&["totalRecords", "total_records"]).number().map(|total| total as usize);
        self.turn_page(
            count,
            &view.first(&["nextLink", "@odata.nextLink", "odata.nextLink"]),
            total,
        );
    }
}
