//! Which rules a person means: an id in any case, or a pattern in which `*` is any text.
//!
//! `mt-001` is the rule `MT-001`, and `MT-*` are all rules whose ids begin so.

/// Whether `wanted`, an id or a pattern, means the rule with this id. Case is not minded.
pub fn means(wanted: &str, id: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let id = id.to_lowercase();
    let mut pieces = wanted.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = id.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_means_itself_in_any_case_and_a_star_any_text() {
        for (wanted, id, is) in [
            ("MT-001", "MT-001", true),
            ("mt-001", "MT-001", true),
            ("MT-00", "MT-001", false),
            ("MT-001x", "MT-001", false),
            ("MT-*", "MT-001", true),
            ("mt-*1", "MT-001", true),
            ("*-001", "MT-001", true),
            ("M*-*1", "MT-001", true),
            ("MT-*", "AMT-001", false),
            ("aa*aa", "aaa", false),
            ("*", "MT-001", true),
        ] {
            assert_eq!(means(wanted, id), is, "{wanted} {id}");
        }
    }
}
