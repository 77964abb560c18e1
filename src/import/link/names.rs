//! Names as ids.
//!
//! Owns what of a name is kept, and what earlier versions kept.

use sha2::{Digest, Sha256};

/// A name as an id: as it is, without what no name ends or begins with, or would break a line.
pub fn plain(name: &str) -> String {
    let line: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.trim() {
        "" => "unnamed".to_owned(),
        line => line.to_owned(),
    }
}

/// A name as earlier versions made an id of it: every other sign than letters, digits, dots, dashes and underscores became
/// a dash. Descriptions may hold such ids still.
pub fn dashed(name: &str) -> String {
    let mut id = String::new();
    for c in name.trim().chars() {
        if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') {
            id.push(c);
        } else if !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_matches('-');
    if id.is_empty() { "unnamed".to_owned() } else { id.to_owned() }
}

/// Some hexadecimal digits that tell things of one name apart.
pub fn suffix(key: &str, bytes: usize) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}
