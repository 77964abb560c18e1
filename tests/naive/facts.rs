//! A description, read as `docs/language.md` says ("What can be described", "Three values"): plain rows, references followed
//! once, inverses found by going through everything.

use std::collections::HashMap;

use crate::naive::model::{Extent, Given, Schema, Ty, Value};

/// A row: the environment, an entity or a record.
#[derive(Debug)]
pub struct Row {
    pub ty: usize,
    /// Its address.
    pub path: String,
    /// In the order of the fields of its type; inverses are worked out when asked for.
    pub values: Vec<Value>,
}

/// All that is known.
#[derive(Debug)]
pub struct World<'s> {
    pub schema: &'s Schema,
    /// The first is the environment.
    pub rows: Vec<Row>,
    pub now: Option<i64>,
}

impl<'s> World<'s> {
    /// Reads a description.
    pub fn read(schema: &'s Schema, given: &Given) -> Self {
        let mut world = World { schema, rows: Vec::new(), now: None };
        let mut keys = HashMap::new();
        world.row(0, String::new(), Some(given), true, &mut keys);
        world.refer(&keys);
        let as_of = schema.types[0].fields.iter().position(|field| field.name == "asOf");
        if let Some(Value::Number(time)) = as_of.map(|at| &world.rows[0].values[at]) {
            world.now = Some(*time);
        }
        world.age();
        world
    }

    /// Makes a row. `described`: whether a default applies to what is left out of it.
    fn row(
        &mut self,
        ty: usize,
        path: String,
        given: Option<&Given>,
        described: bool,
        keys: &mut HashMap<(usize, String), usize>,
    ) -> usize {
        let at = self.rows.len();
        self.rows.push(Row { ty, path: path.clone(), values: Vec::new() });
        let def = &self.schema.types[ty];
        for (number, field) in def.fields.iter().enumerate() {
            let stands = match given {
                Some(Given::Row(_, values)) => &values[number],
                _ => &Given::Missing,
            };
            let path = match path.as_str() {
                "" => field.name.clone(),
                path => format!("{path}/{}", field.name),
            };
            let left_out = matches!(stands, Given::Missing | Given::Nothing(_));
            let value = match (&field.ty, stands) {
                (Ty::Row(inner), _) => {
                    // A record that a written record does not mention is described with it; one that an entity or the
                    // environment does not mention is described by nobody.
                    let in_record = described && ty != 0 && !def.entity;
                    let described = matches!(stands, Given::Row(..)) || (left_out && in_record);
                    Value::Row(self.row(*inner, path, Some(stands), described, keys))
                }
                (_, _) if left_out => match &field.default {
                    Some((_, value)) if described => value.clone(),
                    _ => Value::Unknown,
                },
                (ty, stands) => self.value(ty, path, stands, keys),
            };
            if let (Ty::Key, Value::Text(key)) = (&field.ty, &value) {
                keys.insert((ty, key.clone()), at);
            }
            self.rows[at].values.push(value);
        }
        at
    }

    fn value(
        &mut self,
        ty: &Ty,
        path: String,
        stands: &Given,
        keys: &mut HashMap<(usize, String), usize>,
    ) -> Value {
        match (ty.present(), stands) {
            (_, Given::None) => Value::None,
            (_, Given::Value(_, value)) => value.clone(),
            // Found when all entities are known.
            (_, Given::Ref(ty, key)) => Value::Text(format!("{ty} {key}")),
            (Ty::Row(inner), Given::Row(..)) => {
                Value::Row(self.row(*inner, path, Some(stands), true, keys))
            }
            (Ty::List(element, partial), Given::List(items)) => {
                let mut extent = if *partial { Extent::Partial } else { Extent::Whole };
                let mut values = Vec::new();
                for (number, item) in items.iter().enumerate() {
                    match item {
                        Given::Unknown | Given::Nothing(_) => extent = Extent::Open,
                        item => {
                            let key = match item {
                                Given::Row(ty, fields) => {
                                    let all = self.schema.types[*ty].fields.iter().zip(fields);
                                    all.filter(|(field, _)| field.ty == Ty::Key).find_map(
                                        |(_, given)| match given {
                                            Given::Value(_, Value::Text(key)) => Some(key.clone()),
                                            _ => None,
                                        },
                                    )
                                }
                                _ => None,
                            };
                            let name = key.unwrap_or_else(|| number.to_string());
                            let path = format!("{path}/{name}");
                            values.push(self.value(element, path, item, keys));
                        }
                    }
                }
                Value::List(values, extent)
            }
            _ => Value::Unknown,
        }
    }

    /// Turns keys into rows, where the field refers.
    fn refer(&mut self, keys: &HashMap<(usize, String), usize>) {
        let find = |value: &mut Value| {
            if let Value::Text(text) = value
                && let Some((ty, key)) = text.split_once(' ')
            {
                let ty: usize = ty.parse().expect("the number of a type");
                *value = Value::Row(keys[&(ty, key.to_owned())]);
            }
        };
        for row in &mut self.rows {
            let fields = &self.schema.types[row.ty].fields;
            for (field, value) in fields.iter().zip(&mut row.values) {
                match (field.ty.present(), value) {
                    (Ty::Ref(_), value) => find(value),
                    (Ty::List(element, _), Value::List(items, _))
                        if matches!(**element, Ty::Ref(_)) =>
                    {
                        items.iter_mut().for_each(find);
                    }
                    _ => {}
                }
            }
        }
    }

    /// A time that lies further back than its field allows is unknown.
    fn age(&mut self) {
        let Some(now) = self.now else { return };
        for row in &mut self.rows {
            let fields = &self.schema.types[row.ty].fields;
            for (field, value) in fields.iter().zip(&mut row.values) {
                if let (Some(limit), Value::Number(time)) = (field.stale, &*value)
                    && now - time > limit
                {
                    *value = Value::Unknown;
                }
            }
        }
    }

    /// A fact of a row.
    pub fn field(&self, row: usize, name: &str) -> Value {
        let ty = self.rows[row].ty;
        let fields = &self.schema.types[ty].fields;
        let at = fields.iter().position(|field| field.name == name).expect("a field of the type");
        match &fields[at].ty {
            Ty::All(source, by) => self.referring(row, *source, by, false),
            Ty::One(source, by) => self.referring(row, *source, by, true),
            _ => self.rows[row].values[at].clone(),
        }
    }

    fn referring(&self, target: usize, source: usize, by: &str, one: bool) -> Value {
        let mut open = false;
        let mut stated = false;
        self.listed(0, source, &mut open, &mut stated);
        let mut found = Vec::new();
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| row.ty == source) {
            let fields = &self.schema.types[row.ty].fields;
            let by = fields.iter().position(|field| field.name == by).expect("the field");
            match &row.values[by] {
                Value::Row(to) if *to == target => found.push(Value::Row(at)),
                Value::Row(_) | Value::None => {}
                Value::List(items, extent) => {
                    if items.contains(&Value::Row(target)) {
                        found.push(Value::Row(at));
                    } else {
                        // It may refer here, as it does not say all.
                        open |= *extent != Extent::Whole;
                    }
                    open |= *extent != Extent::Whole;
                }
                _ => open = true,
            }
        }
        match (one, found.len()) {
            (true, 0) if open => Value::Unknown,
            (true, 0) => Value::None,
            (true, 1) => found.remove(0),
            (true, _) => Value::Unknown,
            // Nothing at all is known where no list is stated in which they could stand.
            (false, 0) if open && !stated => Value::Unknown,
            (false, _) => Value::List(found, if open { Extent::Open } else { Extent::Whole }),
        }
    }

    /// Goes through all lists below a row in which entities of a type may stand: whether there may be others than are
    /// listed, and whether one of these lists is stated.
    fn listed(&self, row: usize, source: usize, open: &mut bool, stated: &mut bool) {
        let def = &self.schema.types[self.rows[row].ty];
        for (field, value) in def.fields.iter().zip(&self.rows[row].values) {
            if !self.holds(&field.ty, source) {
                continue;
            }
            match value {
                Value::Row(inner) => self.listed(*inner, source, open, stated),
                Value::List(items, extent) => {
                    *stated = true;
                    *open |= *extent != Extent::Whole;
                    for item in items {
                        if let Value::Row(inner) = item {
                            self.listed(*inner, source, open, stated);
                        }
                    }
                }
                Value::None => {}
                _ => *open = true,
            }
        }
    }

    fn holds(&self, ty: &Ty, source: usize) -> bool {
        match ty.present() {
            Ty::List(element, _) => self.holds(element, source),
            Ty::Row(inner) => {
                *inner == source
                    || self.schema.types[*inner].fields.iter().any(|f| self.holds(&f.ty, source))
            }
            _ => false,
        }
    }
}
