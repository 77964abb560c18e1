//! Packs by chance: a schema of entities, records, lists and inverses, and values that meet one another. What the rules say
//! is `rules`.

use crate::naive::model::{Def, Extent, Field, Schema, Ty, Value, WORDS};
use crate::naive::rules::Writer;
use crate::support::faults::Dice;

/// A pack and its parts.
pub struct Pack {
    pub schema: Schema,
    /// The definitions, in one text.
    pub defines: String,
    /// Each rule.
    pub rules: Vec<String>,
}

impl Pack {
    /// The text of the pack with some of its rules.
    pub fn text(&self, rules: impl Iterator<Item = usize>) -> String {
        let mut text = String::from("pack chance \"A pack by chance\"\n\n");
        text += &self.schema.gate();
        text += "unit E1\n\n";
        text += &self.defines;
        for rule in rules {
            text += &self.rules[rule];
        }
        text
    }
}

/// Texts, versions and so on that meet one another.
pub fn literal(dice: &mut Dice, ty: &Ty) -> (String, Value) {
    let pick = |dice: &mut Dice, of: &[&str]| of[dice.roll(of.len())].to_owned();
    match ty {
        Ty::Text => {
            let text = pick(dice, &["KT", "kt", "ab", "abc"]);
            (format!("\"{text}\""), Value::Text(text))
        }
        Ty::Nocase => {
            let text = pick(dice, &["KT", "kt", "Ab", "aB", "abc"]);
            (format!("\"{text}\""), Value::Nocase(text))
        }
        Ty::Bool => {
            let flag = dice.roll(2) == 0;
            (flag.to_string(), Value::Bool(flag))
        }
        Ty::Int => {
            let number = dice.roll(4) as i64;
            (number.to_string(), Value::Number(number))
        }
        Ty::Size => {
            let (text, number) =
                [("1KiB", 1024), ("1024B", 1024), ("2KiB", 2048), ("1.5KiB", 1536), ("1KB", 1000)]
                    [dice.roll(5)];
            (text.to_owned(), Value::Number(number))
        }
        Ty::Duration => {
            let (text, number) = [
                ("60min", 3_600_000_000),
                ("1h", 3_600_000_000),
                ("30min", 1_800_000_000),
                ("1h30min", 5_400_000_000),
                ("90s", 90_000_000),
            ][dice.roll(5)];
            (text.to_owned(), Value::Number(number))
        }
        Ty::Time => {
            let text = pick(
                dice,
                &[
                    "2026-03-02T12:00:00Z",
                    "2026-03-02T11:00:00Z",
                    "2026-03-02T12:30:00Z",
                    "2026-03-02T10:59:59.1Z",
                    "2026-03-02T12:00:00.9Z",
                ],
            );
            let time = crate::naive::values::time(&text);
            (format!("\"{text}\""), Value::Number(time))
        }
        Ty::Version => {
            let text = pick(dice, &["9.30", "9.30.0", "9.9", "10.0", "6.7u3"]);
            (text.clone(), Value::Version(text))
        }
        Ty::Words(at) => {
            let word = pick(dice, WORDS[*at]);
            (word.clone(), Value::Word(word))
        }
        other => panic!("no literal of {other:?}"),
    }
}

/// The types of single values.
pub const SCALARS: [Ty; 9] = [
    Ty::Text,
    Ty::Nocase,
    Ty::Bool,
    Ty::Int,
    Ty::Size,
    Ty::Duration,
    Ty::Time,
    Ty::Version,
    Ty::Words(0),
];

/// A pack.
pub fn pack(dice: &mut Dice) -> Pack {
    let schema = schema(dice);
    let mut writer = Writer::new(dice, &schema);
    let defines = (0..3).map(|number| writer.define(number)).collect();
    let rules = (0..6).map(|number| writer.rule(number)).collect();
    Pack { schema, defines, rules }
}

/// Environment, entities `E1` to `E3`, records `R4` and `R5`.
fn schema(dice: &mut Dice) -> Schema {
    let mut types: Vec<Def> = Vec::new();
    let mut names = 0;
    for (at, name) in ["", "E1", "E2", "E3", "R4", "R5"].into_iter().enumerate() {
        let mut fields = Vec::new();
        let mut add = |dice: &mut Dice, ty: Ty| {
            names += 1;
            let name = format!("f{names}");
            let mut field = Field { name, ty, default: None, stale: None };
            if dice.roll(4) == 0 {
                field.default = default(dice, &field.ty);
            }
            if *field.ty.present() == Ty::Time && dice.roll(2) == 0 {
                field.stale = Some(60_000_000 * [30, 60][dice.roll(2)]);
            }
            fields.push(field);
        };
        let partial = |dice: &mut Dice, ty: Ty| Ty::List(Box::new(ty), dice.roll(4) == 0);
        let maybe = |dice: &mut Dice, ty: Ty| if dice.roll(3) == 0 { ty.or_none() } else { ty };
        match at {
            0 => {
                for ty in [1, 2] {
                    let ty = partial(dice, Ty::Row(ty));
                    add(dice, ty);
                }
                // Entities of the third kind stand in a list of the environment, or within others.
                if dice.roll(2) == 0 {
                    let ty = partial(dice, Ty::Row(3));
                    add(dice, ty);
                }
                let ty = maybe(dice, Ty::Row(4));
                add(dice, ty);
            }
            1..=3 => {
                add(dice, Ty::Key);
                fields_of_entity(dice, at, &mut add);
            }
            4 => {
                let ty = maybe(dice, Ty::Row(5));
                add(dice, ty);
                let ty = partial(dice, Ty::Row(5));
                add(dice, ty);
            }
            _ => {}
        }
        for _ in 0..3 {
            let ty = SCALARS[dice.roll(SCALARS.len())].clone();
            let ty = if ty == Ty::Words(0) { Ty::Words(dice.roll(2)) } else { ty };
            let ty = match dice.roll(4) {
                0 => partial(dice, ty),
                _ => ty,
            };
            let ty = if dice.roll(3) == 0 { ty.or_none() } else { ty };
            add(dice, ty);
        }
        // Of each enumeration there is a fact, so that no bare word has to stand where nothing tells what it is; and of the
        // texts without case, so that no literal, which is a text with case, has to stand for one.
        if at == 0 {
            add(dice, Ty::Nocase);
            add(dice, Ty::Words(0));
            add(dice, Ty::Words(1));
        }
        if at > 0 && dice.roll(2) == 0 {
            let ty = Ty::Ref(dice.roll(3) + 1);
            let ty = maybe(dice, ty);
            add(dice, ty);
        }
        if at == 0 {
            fields
                .insert(0, Field { name: "asOf".into(), ty: Ty::Time, default: None, stale: None });
        }
        types.push(Def { name: name.into(), entity: (1..=3).contains(&at), fields });
    }
    invert(dice, &mut types, &mut names);
    Schema { types }
}

fn fields_of_entity(dice: &mut Dice, at: usize, add: &mut impl FnMut(&mut Dice, Ty)) {
    let target = dice.roll(3) + 1;
    match dice.roll(4) {
        0 => add(dice, Ty::Ref(target).list()),
        1 => add(dice, Ty::List(Box::new(Ty::Ref(target)), true)),
        2 => add(dice, Ty::Ref(target).or_none()),
        _ => add(dice, Ty::Ref(target)),
    }
    if at == 1 {
        add(dice, Ty::Row(3).list());
    }
    match dice.roll(3) {
        0 => add(dice, Ty::Row(4).list()),
        1 => add(dice, Ty::Row(4)),
        _ => add(dice, Ty::Row(5).list()),
    }
}

/// Adds an inverse for most references of entities.
fn invert(dice: &mut Dice, types: &mut [Def], names: &mut usize) {
    for source in 1..=3 {
        let fields: Vec<(String, usize)> = types[source]
            .fields
            .iter()
            .filter_map(|field| {
                let target = match field.ty.present() {
                    Ty::Ref(target) => *target,
                    Ty::List(element, _) => match **element {
                        Ty::Ref(target) => target,
                        _ => return None,
                    },
                    _ => return None,
                };
                Some((field.name.clone(), target))
            })
            .collect();
        for (by, target) in fields {
            if dice.roll(4) == 0 {
                continue;
            }
            *names += 1;
            let ty = if dice.roll(3) == 0 { Ty::One(source, by) } else { Ty::All(source, by) };
            let name = format!("f{names}");
            types[target].fields.push(Field { name, ty, default: None, stale: None });
        }
    }
}

fn default(dice: &mut Dice, ty: &Ty) -> Option<(String, Value)> {
    match ty {
        Ty::OrNone(_) => Some(("none".into(), Value::None)),
        // Nothing is listed; a partial list may leave things out all the same.
        Ty::List(_, partial) => {
            let extent = if *partial { Extent::Partial } else { Extent::Whole };
            Some(("[]".into(), Value::List(Vec::new(), extent)))
        }
        Ty::Key | Ty::Ref(_) | Ty::Row(_) | Ty::All(..) | Ty::One(..) => None,
        scalar => Some(literal(dice, scalar)),
    }
}
