//! Descriptions by chance: keys that are left out, `unknown`, nothing, `none`, marked lists, values that meet one another.

use crate::naive::model::{Given, Schema, Ty, Value};
use crate::naive::pack::literal;
use crate::support::faults::Dice;

/// A description of an environment.
pub fn environment(dice: &mut Dice, schema: &Schema) -> Given {
    // How many of a hundred facts are not known: from few to many.
    let gaps = [0, 4, 12, 30][dice.roll(4)];
    let mut maker =
        Maker { dice, schema, gaps, made: vec![Vec::new(); schema.types.len()], refers: false };
    // First all keys are given out, so that everything can refer to everything.
    let mut given = maker.row(0);
    maker.refers = true;
    maker.refer(&mut given);
    given
}

struct Maker<'d, 's> {
    dice: &'d mut Dice,
    schema: &'s Schema,
    gaps: usize,
    /// The keys of each type.
    made: Vec<Vec<String>>,
    refers: bool,
}

impl Maker<'_, '_> {
    fn row(&mut self, ty: usize) -> Given {
        let schema = self.schema;
        let fields = schema.types[ty].fields.iter().map(|field| {
            if field.ty == Ty::Key {
                let key = format!("{}{}", ["x", "a", "b", "c"][ty], self.made[ty].len());
                self.made[ty].push(key.clone());
                return Given::Value(key.clone(), Value::Text(key));
            }
            if matches!(field.ty, Ty::All(..) | Ty::One(..)) {
                return Given::Missing;
            }
            let gap = match field.name.as_str() {
                "asOf" => self.dice.roll(20) == 0,
                _ if ty == 0 => self.dice.roll(200) < self.gaps,
                _ => self.dice.roll(100) < self.gaps,
            };
            if gap {
                return self.gap(&field.ty);
            }
            self.given(&field.ty)
        });
        Given::Row(ty, fields.collect())
    }

    fn gap(&mut self, ty: &Ty) -> Given {
        match self.dice.roll(6) {
            0 | 1 => Given::Unknown,
            2 => Given::Nothing(["null", "~", ""][self.dice.roll(3)]),
            3 if matches!(ty.present(), Ty::Text | Ty::Nocase) => Given::Nothing("\"\""),
            _ => Given::Missing,
        }
    }

    fn given(&mut self, ty: &Ty) -> Given {
        match ty {
            Ty::OrNone(_) if self.dice.roll(3) == 0 => Given::None,
            Ty::OrNone(inner) => self.given(inner),
            Ty::List(element, _) => {
                let length = [0, 1, 2, 2, 3][self.dice.roll(5)];
                let mut items: Vec<Given> = (0..length).map(|_| self.given(element)).collect();
                if self.dice.roll(200) < self.gaps {
                    let mark = [Given::Unknown, Given::Nothing("null")][self.dice.roll(2)].clone();
                    let at = self.dice.roll(items.len() + 1);
                    items.insert(at, mark);
                }
                Given::List(items)
            }
            Ty::Row(ty) => self.row(*ty),
            Ty::Ref(ty) => Given::Ref(*ty, String::new()),
            scalar => {
                let (written, value) = literal(self.dice, scalar);
                Given::Value(written, value)
            }
        }
    }

    /// Chooses what references refer to; where there is nothing, they are unknown.
    fn refer(&mut self, given: &mut Given) {
        match given {
            Given::Ref(ty, key) => match self.made[*ty].len() {
                0 => *given = Given::Unknown,
                some => key.clone_from(&self.made[*ty][self.dice.roll(some)]),
            },
            Given::Row(_, fields) => fields.iter_mut().for_each(|field| self.refer(field)),
            Given::List(items) => items.iter_mut().for_each(|item| self.refer(item)),
            _ => {}
        }
    }
}
