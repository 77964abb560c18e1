//! A line per diagnostic: `file:line:col: error[ABC-001] subject: message`.

use crate::diagnostic::Diagnostic;
use crate::report::sanitise;
use crate::source::Sources;

/// Appends the line of a diagnostic.
pub fn line(out: &mut String, sources: &Sources, diagnostic: &Diagnostic) {
    if let Some(span) = diagnostic.span() {
        let source = sources.get(span.file);
        let position = source.position(span.start);
        let name = sanitise::clean(source.name());
        out.push_str(&format!("{name}:{}:{}: ", position.line, position.column));
    }
    out.push_str(&format!("{}[{}]", diagnostic.severity.word(), sanitise::clean(&diagnostic.code)));
    if let Some(subject) = &diagnostic.subject {
        out.push(' ');
        out.push_str(&sanitise::clean(subject));
    }
    out.push_str(": ");
    out.push_str(&sanitise::clean(&diagnostic.message));
    out.push('\n');
}
