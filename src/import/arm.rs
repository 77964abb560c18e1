//! Reads Azure resource ids: `/subscriptions/…/providers/Microsoft.X/type/name/…`, in any casing.
//!
//! Owns the id grammar only.

/// The segment that follows a type name.
pub fn after<'a>(id: &'a str, kind: &str) -> Option<&'a str> {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case(kind))?;
    parts.next().filter(|name| !name.is_empty())
}

/// The last segment, unless it is empty.
pub fn last(id: &str) -> Option<&str> {
    id.rsplit('/').next().filter(|name| !name.is_empty())
}

/// The id up to and including the segment after a type name, in lower case.
pub fn up_to(id: &str, kind: &str) -> Option<String> {
    let lower = id.to_ascii_lowercase();
    let marker = format!("/{}/", kind.to_ascii_lowercase());
    let start = lower.find(&marker)? + marker.len();
    let end = lower[start..].find('/').map_or(lower.len(), |at| start + at);
    (end > start).then(|| lower[..end].to_owned())
}

/// The vault an id lies in, as a key.
pub fn vault(id: &str) -> Option<String> {
    up_to(id, "vaults")
}

/// The fabric an id lies in, as a key.
pub fn fabric(id: &str) -> Option<String> {
    up_to(id, "replicationFabrics")
}

/// The type of the resource, in lower case: from `type` where it is one, else from the id.
pub fn kind(kind: &str, id: &str) -> Option<String> {
    if kind.contains('/') && kind.to_ascii_lowercase().starts_with("microsoft.") {
        return Some(kind.to_ascii_lowercase());
    }
    let mut parts =
        id.split('/').skip_while(|part| !part.eq_ignore_ascii_case("providers")).skip(1);
    let mut name = parts.next()?.to_ascii_lowercase();
    while let Some(part) = parts.next() {
        name.push('/');
        name.push_str(&part.to_ascii_lowercase());
        parts.next();
    }
    name.contains('/').then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_any_casing() {
        let id = "/Subscriptions/1/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/V1/replicationFabrics/F/x/y";
        assert_eq!(after(id, "VAULTS"), Some("V1"));
        assert_eq!(
            vault(id).as_deref(),
            Some(
                "/subscriptions/1/resourcegroups/rg/providers/microsoft.recoveryservices/vaults/v1"
            )
        );
        assert_eq!(fabric(id).map(|key| key.ends_with("/replicationfabrics/f")), Some(true));
        assert_eq!(
            kind("", id).as_deref(),
            Some("microsoft.recoveryservices/vaults/replicationfabrics/x")
        );
        assert_eq!(last("/a/virtualMachines/"), None);
    }
}
