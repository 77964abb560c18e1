//! Which facts a description of an architecture can hold, as its rules declare them.
//!
//! Owns the reading of the declarations into keys and paths, in their order. The importer has no list of fields of its own:
//! what the rules do not know is not written, and what they learn is asked for.

use std::sync::OnceLock;

use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, Schema, TypeDef, TypeId, TypeKind};
use crate::session::{Inputs, rules};

/// A fact of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its path, as in `azureVm/agent/version`.
    pub path: String,
    /// Whether it need not be there: absence means something.
    pub optional: bool,
}

/// A key of a description with the facts of its entities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The key.
    pub key: String,
    /// Its facts, in the order of their declarations.
    pub fields: Vec<Field>,
}

/// The keys of a description, in the order of their declarations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// All that are written as mappings or lists of them.
    pub sections: Vec<Section>,
}

impl Shape {
    /// The shape of an architecture by its word. Where nothing says which it is: the facts of all.
    pub fn of(architecture: Option<&str>) -> &'static Shape {
        static SHAPES: OnceLock<(Vec<(String, Shape)>, Shape)> = OnceLock::new();
        let (known, all) = SHAPES.get_or_init(|| {
            let known = shipped();
            let mut all = Shape::default();
            known.iter().for_each(|(_, shape)| all.add(shape));
            (known, all)
        });
        known
            .iter()
            .find(|(word, _)| Some(word.as_str()) == architecture)
            .map_or(all, |(_, own)| own)
    }

    /// The facts of the entities of a key.
    pub fn fields(&self, key: &str) -> &[Field] {
        self.sections.iter().find(|own| own.key == key).map_or(&[], |own| &own.fields)
    }

    /// Whether the entities of a key can have a fact.
    pub fn has(&self, key: &str, path: &str) -> bool {
        self.fields(key).iter().any(|field| field.path == path)
    }

    fn add(&mut self, other: &Shape) {
        for section in &other.sections {
            match self.sections.iter_mut().find(|own| own.key == section.key) {
                None => self.sections.push(section.clone()),
                Some(own) => {
                    for field in &section.fields {
                        if !own.fields.iter().any(|known| known.path == field.path) {
                            own.fields.push(field.clone());
                        }
                    }
                }
            }
        }
    }
}

/// The shapes of the shipped rules, by the word by which they are chosen.
fn shipped() -> Vec<(String, Shape)> {
    let inputs = Inputs::shipped();
    let packs = inputs.packs.iter();
    let chosen = packs.filter_map(|pack| {
        let (_, word) = rules::when(&inputs.sources, pack)?;
        Some((word, shape(&rules::ready(&inputs.sources, pack).rules.schema)))
    });
    chosen.collect()
}

fn shape(schema: &Schema) -> Shape {
    let fields = &schema.ty(ENVIRONMENT).fields;
    let sections = fields.iter().filter_map(|field| {
        let ty = field.ty.element().unwrap_or(&field.ty);
        let Type::Row(id) = ty.present() else { return None };
        let mut fields = Vec::new();
        facts(schema, *id, "", false, &mut fields);
        Some(Section { key: field.name.clone(), fields })
    });
    Shape { sections: sections.collect() }
}

/// The stored fields of a type, those of records in place among them; the key is no fact.
fn facts(schema: &Schema, id: TypeId, above: &str, optional: bool, into: &mut Vec<Field>) {
    let TypeDef { fields, key, .. } = schema.ty(id);
    for (at, field) in fields.iter().enumerate() {
        if field.slot.is_none() || *key == Some(at) {
            continue;
        }
        let path = format!("{above}{}", field.name);
        let optional = optional || field.default.is_some();
        match field.ty.present() {
            Type::Row(held) if schema.ty(*held).kind == TypeKind::Record && !is_whole(&path) => {
                facts(schema, *held, &format!("{path}/"), optional, into);
            }
            _ => into.push(Field { path, optional }),
        }
    }
}

/// Records that an import writes as one fact, as it has them from one place.
fn is_whole(path: &str) -> bool {
    matches!(path, "target" | "downtimeWindow" | "account" | "lastBackup")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_that_of_the_declarations() {
        let classic = Shape::of(Some("classic"));
        assert!(classic.has("machines", "azureVm/agent/serviceRunning"));
        assert!(!classic.has("machines", "azureVm/agent/servicesRunning"));
        assert!(!classic.has("machines", "id"));
        assert!(classic.has("request", "items") && classic.has("request", "target"));
        assert!(!classic.has("masterTargets", "reprotects"), "an inverse is never written");
        let modernized = Shape::of(Some("modernized"));
        assert!(modernized.has("appliances", "components/proxy"));
        assert!(modernized.fields("masterTargets").is_empty());
        assert!(Shape::of(None).has("appliances", "cores"));
    }
}
