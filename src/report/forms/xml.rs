//! Elements with attributes, for the forms that are XML.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document that grows element by element. Writing into memory does not fail.
pub struct Xml(Writer<Vec<u8>>);

/// Names and values; the values are escaped when they are written.
pub type Attributes<'t> = &'t [(&'t str, String)];

impl Default for Xml {
    /// With its declaration.
    fn default() -> Self {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        let _ = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        Self(writer)
    }
}

impl Xml {
    /// Opens an element.
    pub fn open(&mut self, name: &str, attributes: Attributes<'_>) {
        let _ = self.0.write_event(Event::Start(start(name, attributes)));
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self, name: &str) {
        let _ = self.0.write_event(Event::End(BytesEnd::new(name)));
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        let _ = self.0.write_event(Event::Empty(start(name, attributes)));
    }

    /// An element that holds text.
    pub fn text(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        self.open(name, attributes);
        let _ = self.0.write_event(Event::Text(BytesText::new(text)));
        self.close(name);
    }

    /// The document, with a line break at its end.
    pub fn done(self) -> String {
        let mut text = String::from_utf8(self.0.into_inner()).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn start<'t>(name: &'t str, attributes: Attributes<'t>) -> BytesStart<'t> {
    let pairs = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    BytesStart::new(name).with_attributes(pairs)
}
