//! `check --show-settings`: each setting with its value and where it is from, as TOML.

use crate::cli::settings::file::level_word;
use crate::cli::settings::{Origin, Settings};
use crate::report::sanitise;

impl Settings {
    /// The settings; what is not set is a comment.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String, from: &Origin| {
            let from = match from {
                Origin::Default => "default".to_owned(),
                Origin::Flag(name) | Origin::Variable(name) => (*name).to_owned(),
                Origin::File(place) => place.clone(),
            };
            match text.starts_with('[') {
                true => out.push_str(&format!("\n{text}\n")),
                false => out.push_str(&format!(
                    "{text}  # {}\n",
                    sanitise::harmless(&sanitise::clean(&from))
                )),
            }
        };
        match &self.rules.value {
            Some(folder) => {
                let folder = quoted(&folder.display().to_string());
                line(format!("rules = {folder}"), &self.rules.from);
            }
            None => line("# rules: those of the program".to_owned(), &self.rules.from),
        }
        let ids: Vec<String> = self.skip.value.iter().map(|id| quoted(id)).collect();
        line(format!("skip-rules = [{}]", ids.join(", ")), &self.skip.from);
        line(format!("format = \"{}\"", self.format.value.name()), &self.format.from);
        let files = self.waivers.files.value.iter();
        let files: Vec<String> = files.map(|file| quoted(&file.display().to_string())).collect();
        line(format!("waivers = [{}]", files.join(", ")), &self.waivers.files.from);
        match &self.baseline.value {
            Some(file) => {
                let file = quoted(&file.display().to_string());
                line(format!("baseline = {file}"), &self.baseline.from);
            }
            None => line("# baseline: none".to_owned(), &self.baseline.from),
        }
        if !self.reports.is_empty() {
            line("[reports]".to_owned(), &Origin::Default);
        }
        for report in &self.reports {
            let path = quoted(&report.value.path.display().to_string());
            line(format!("{} = {path}", report.value.form.name()), &report.from);
        }
        if !self.levels.is_empty() {
            line("[levels]".to_owned(), &Origin::Default);
        }
        for level in &self.levels {
            let (id, word) = (quoted(&level.value.0), level_word(level.value.1));
            line(format!("{id} = \"{word}\""), &level.from);
        }
        out
    }
}

/// A text in quotes, as TOML reads it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            // A build server obeys what stands behind two of them.
            '#' if chars.peek() == Some(&'#') => out.push_str("\\u0023"),
            char if sanitise::is_hidden(char) => out.push_str(&format!("\\U{:08X}", char as u32)),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}
