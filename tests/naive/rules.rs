//! Definitions and rules by chance: expressions of every kind, each of the type that is wanted.

use std::fmt::Write as _;

use crate::naive::model::{Schema, Ty};
use crate::naive::pack::{SCALARS, literal};
use crate::support::faults::Dice;

/// Writes expressions.
pub struct Writer<'d, 's> {
    dice: &'d mut Dice,
    schema: &'s Schema,
    names: usize,
    /// Name, type of the parameter, type of the value.
    defines: Vec<(String, Option<usize>, Ty)>,
    size: usize,
}

type Scope = Vec<(String, Ty)>;

impl<'d, 's> Writer<'d, 's> {
    pub fn new(dice: &'d mut Dice, schema: &'s Schema) -> Self {
        Writer { dice, schema, names: 0, defines: Vec::new(), size: 0 }
    }

    /// A definition, which may use those before it.
    pub fn define(&mut self, number: usize) -> String {
        self.size = 0;
        let name = format!("d{number}");
        let ty = self.scalar();
        let param = (number < 2).then(|| self.roll(3) + 1);
        let scope: Scope = param.iter().map(|ty| ("p".to_owned(), Ty::Ref(*ty))).collect();
        let body = self.expr(&ty, 2, &scope);
        let params = param.map(|ty| format!("(p: E{ty})")).unwrap_or_default();
        let text = format!("define {name}{params}: {} = {body}\n\n", self.schema.spell(&ty));
        self.defines.push((name, param, ty));
        text
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.dice.roll(sides)
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.dice.roll(of.len())]
    }

    fn new_name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    fn scalar(&mut self) -> Ty {
        match SCALARS[self.roll(SCALARS.len())].clone() {
            Ty::Words(_) => Ty::Words(self.roll(2)),
            ty => ty,
        }
    }

    fn element(&mut self) -> Ty {
        if self.roll(3) == 0 { Ty::Ref(self.roll(3) + 1) } else { self.scalar() }
    }

    /// A rule.
    pub fn rule(&mut self, number: usize) -> String {
        self.size = 0;
        self.names = 0;
        let (kind, condition) =
            [("prerequisite", "require"), ("unsupported", "when"), ("advisory", "when")]
                [self.roll(3)];
        let mut text = format!("{kind} CH-{number} \"By chance\" {{\n");
        let mut scope = Scope::new();
        for _ in 0..[1, 1, 2, 2, 3, 0][self.roll(6)] {
            let name = self.new_name();
            if !scope.is_empty() && self.roll(3) == 0 {
                let ty = self.element();
                let ty = if self.roll(2) == 0 { ty.list() } else { ty };
                let value = self.expr(&ty, 2, &scope);
                _ = writeln!(text, "  let {name} = {value}");
                scope.push((name, ty));
            } else {
                let ty = self.element_of_for(scope.is_empty());
                let list = match self.roll(2) {
                    0 => self.path_to(&ty.clone().list(), &scope),
                    _ => None,
                };
                let list = list.unwrap_or_else(|| self.expr(&ty.clone().list(), 2, &scope));
                _ = writeln!(text, "  for {name} in {list}");
                scope.push((name, ty));
            }
        }
        if self.roll(3) == 0 {
            let filter = self.expr(&Ty::Bool, 2, &scope);
            _ = writeln!(text, "  where {filter}");
        }
        let holds = self.expr(&Ty::Bool, 3, &scope);
        _ = writeln!(text, "  {condition} {holds}");
        if self.roll(4) == 0 {
            let grace = self.expr(&Ty::Time, 1, &scope);
            _ = writeln!(text, "  grace {grace}");
        }
        text += "  because \"by chance\"\n}\n\n";
        text
    }

    fn element_of_for(&mut self, first: bool) -> Ty {
        if first || self.roll(2) == 0 { Ty::Ref(self.roll(3) + 1) } else { self.element() }
    }

    /// All paths that start from what is bound and from the environment.
    fn paths(&self, scope: &Scope) -> Vec<(String, Ty)> {
        let mut found: Vec<(String, Ty)> = scope.clone();
        let fields = self.schema.types[0].fields.iter();
        found.extend(fields.map(|field| (field.name.clone(), field.ty.read())));
        let mut from = 0;
        for _ in 0..2 {
            let to = found.len();
            for at in from..to {
                let (path, ty) = found[at].clone();
                let (row, listed) = match ty.present() {
                    Ty::Ref(row) => (*row, false),
                    Ty::List(element, _) => match element.present() {
                        Ty::Ref(row) => (*row, true),
                        _ => continue,
                    },
                    _ => continue,
                };
                for field in &self.schema.types[row].fields {
                    let ty = field.ty.read();
                    let ty = match (listed, ty.present()) {
                        (true, Ty::List(element, _)) => element.clone().list(),
                        (true, _) => ty.list(),
                        (false, _) => ty,
                    };
                    found.push((format!("{path}.{}", field.name), ty));
                }
            }
            from = to;
        }
        found
    }

    /// A path of a type, which may be `none`.
    fn path_to(&mut self, ty: &Ty, scope: &Scope) -> Option<String> {
        let fits = |found: &Ty| match (found.present(), ty) {
            (Ty::List(found, _), Ty::List(wanted, _)) => found.present() == &**wanted,
            (found, wanted) => found == wanted,
        };
        let mut paths = self.paths(scope);
        paths.retain(|(_, found)| fits(found));
        // What is bound is spoken of more than the environment is.
        let bound = |path: &str| scope.iter().any(|(name, _)| path.starts_with(name.as_str()));
        if self.roll(4) > 0 && paths.iter().any(|(path, _)| bound(path)) {
            paths.retain(|(path, _)| bound(path));
        }
        match paths.len() {
            0 => None,
            some => Some(paths.swap_remove(self.roll(some)).0),
        }
    }

    /// An expression of a type that stands where it is told which type is expected; in parentheses where that matters.
    fn expr(&mut self, ty: &Ty, depth: usize, scope: &Scope) -> String {
        self.size += 1;
        let depth = if self.size > 60 { 0 } else { depth };
        match ty {
            Ty::List(element, _) => self.list(element, depth, scope),
            Ty::Ref(row) => self.reference(*row, depth, scope),
            Ty::Bool => self.condition(depth, scope),
            scalar => self.value(scalar, depth, scope),
        }
    }

    fn leaf(&mut self, ty: &Ty, scope: &Scope) -> String {
        let path = if self.roll(6) > 0 || matches!(ty, Ty::Nocase | Ty::Time | Ty::Words(_)) {
            self.path_to(ty, scope)
        } else {
            None
        };
        match (path, ty) {
            (Some(path), _) => path,
            (None, Ty::Time) => "now".into(),
            (None, ty) => literal(self.dice, ty).0,
        }
    }

    fn value(&mut self, ty: &Ty, depth: usize, scope: &Scope) -> String {
        if depth == 0 {
            return self.leaf(ty, scope);
        }
        let below = depth - 1;
        let number = matches!(ty, Ty::Int | Ty::Size | Ty::Duration);
        match self.roll(12) {
            0 | 1 if number => {
                let operator = self.pick(&["+", "-"]);
                let (a, b) = (self.expr(ty, below, scope), self.expr(ty, below, scope));
                format!("({a} {operator} {b})")
            }
            2 if number => format!("sum({})", self.list(ty, below, scope)),
            2 if *ty == Ty::Text => {
                let other = [Ty::Text, Ty::Nocase, Ty::Version][self.roll(3)].clone();
                let (a, b) = (self.expr(ty, below, scope), self.leaf(&other, scope));
                format!("({a} + {b})")
            }
            3 | 4 if *ty == Ty::Int => {
                let of = self.element();
                let list = self.list(&of, below, scope);
                match self.roll(3) {
                    0 => format!("count({list})"),
                    _ => format!("count(distinct({list}))"),
                }
            }
            0 | 1 if *ty == Ty::Time => {
                let operator = self.pick(&["+", "-"]);
                let (a, b) = (self.expr(ty, below, scope), self.expr(&Ty::Duration, below, scope));
                format!("({a} {operator} {b})")
            }
            3 | 4 if *ty == Ty::Duration => {
                let (a, b) =
                    (self.expr(&Ty::Time, below, scope), self.expr(&Ty::Time, below, scope));
                format!("({a} - {b})")
            }
            3 if *ty == Ty::Text => format!("lower({})", self.expr(ty, below, scope)),
            5 | 6 if number || matches!(ty, Ty::Time | Ty::Version) => {
                let function = self.pick(&["min", "max"]);
                format!("{function}({})", self.list(ty, below, scope))
            }
            7 => {
                let condition = self.condition(below, scope);
                let (a, b) = (self.expr(ty, below, scope), self.expr(ty, below, scope));
                format!("(if {condition} then {a} else {b})")
            }
            8 => {
                let (a, b) = (self.expr(ty, below, scope), self.expr(ty, below, scope));
                format!("({a} otherwise {b})")
            }
            9 => self.defined(ty, below, scope).unwrap_or_else(|| self.leaf(ty, scope)),
            10 => {
                // A field of what is found or called.
                let row = self.roll(3) + 1;
                let fields = &self.schema.types[row].fields;
                let fields = fields.iter().filter(|field| field.ty.present() == ty);
                let names: Vec<String> = fields.map(|field| field.name.clone()).collect();
                match names.len() {
                    0 => self.leaf(ty, scope),
                    some => {
                        let name = &names[self.roll(some)];
                        format!("{}.{name}", self.the(row, below, scope))
                    }
                }
            }
            _ => self.leaf(ty, scope),
        }
    }

    fn defined(&mut self, ty: &Ty, depth: usize, scope: &Scope) -> Option<String> {
        let fitting: Vec<_> = self.defines.iter().filter(|(_, _, found)| found == ty).collect();
        let (name, param, _) = match fitting.len() {
            0 => return None,
            some => fitting[self.dice.roll(some)].clone(),
        };
        Some(match param {
            Some(row) => format!("{name}({})", self.reference(row, depth, scope)),
            None => name,
        })
    }

    fn the(&mut self, row: usize, depth: usize, scope: &Scope) -> String {
        let name = self.new_name();
        let list = self.list(&Ty::Ref(row), depth, scope);
        let mut inner = scope.clone();
        inner.push((name.clone(), Ty::Ref(row)));
        let filter = self.condition(depth, &inner);
        format!("(the {name} in {list} where {filter})")
    }

    fn reference(&mut self, row: usize, depth: usize, scope: &Scope) -> String {
        let ty = Ty::Ref(row);
        if depth > 0 && self.roll(4) == 0 {
            return self.the(row, depth - 1, scope);
        }
        match self.path_to(&ty, scope) {
            Some(path) => path,
            None => self.the(row, 0, scope),
        }
    }

    fn list(&mut self, element: &Ty, depth: usize, scope: &Scope) -> String {
        let ty = element.clone().list();
        let path = |this: &mut Self| match this.path_to(&ty, scope) {
            Some(path) => path,
            None => this.spelled(element, depth, scope),
        };
        if depth == 0 {
            return path(self);
        }
        let below = depth - 1;
        match self.roll(10) {
            0 => self.spelled(element, below, scope),
            1 | 2 => {
                let over = self.element();
                let (name, head, inner) = self.binder(&over, below, scope);
                let body = if over == *element && self.roll(2) == 0 {
                    name
                } else {
                    self.expr(element, below, &inner)
                };
                format!("[{body} for {head}]")
            }
            3 => format!("distinct({})", self.list(element, below, scope)),
            4 => format!("listed({})", self.list(element, below, scope)),
            5 => match element {
                Ty::Ref(row) => self.holders(*row, below, scope),
                _ => path(self),
            },
            6 if self.roll(3) == 0 => {
                let condition = self.condition(below, scope);
                let (a, b) = (self.list(element, below, scope), self.list(element, below, scope));
                format!("(if {condition} then {a} else {b})")
            }
            6 if self.roll(2) == 0 => {
                let (a, b) = (self.list(element, below, scope), self.list(element, below, scope));
                format!("({a} otherwise {b})")
            }
            _ => path(self),
        }
    }

    fn spelled(&mut self, element: &Ty, depth: usize, scope: &Scope) -> String {
        let depth = depth.min(1);
        let items: Vec<String> =
            (0..1 + self.roll(3)).map(|_| self.expr(element, depth, scope)).collect();
        format!("[{}]", items.join(", "))
    }

    /// `x in xs where c`
    fn binder(&mut self, over: &Ty, depth: usize, scope: &Scope) -> (String, String, Scope) {
        let list = self.list(over, depth, scope);
        let name = self.new_name();
        let mut inner = scope.clone();
        inner.push((name.clone(), over.clone()));
        let mut head = format!("{name} in {list}");
        if self.roll(2) == 0 {
            let filter = self.condition(depth, &inner);
            _ = write!(head, " where {filter}");
        }
        (name, head, inner)
    }

    fn holders(&mut self, row: usize, depth: usize, scope: &Scope) -> String {
        let fields = self.schema.types[0].fields.iter();
        let mut lists = fields
            .filter(|field| matches!(&field.ty, Ty::List(element, _) if **element == Ty::Row(row)));
        let Some(list) = lists.next().map(|field| field.name.clone()) else {
            return self.list(&Ty::Ref(row), 0, scope);
        };
        let mut from = list.clone();
        if self.roll(3) == 0 {
            let name = self.new_name();
            let mut inner = scope.clone();
            inner.push((name.clone(), Ty::Ref(row)));
            let filter = self.condition(0, &inner);
            from = format!("[{name} for {name} in {list} where {filter}]");
        }
        let start = vec![("x".to_owned(), Ty::Ref(row).list())];
        let mut paths = self.paths(&start);
        paths.retain(|(path, ty)| {
            let scalar = |ty: &Ty| !matches!(ty.present(), Ty::List(..));
            path.starts_with("x.") && matches!(ty, Ty::List(element, _) if scalar(element))
        });
        let (path, ty) = paths.swap_remove(self.roll(paths.len()));
        let Ty::List(element, _) = ty else { return from };
        let value = match element.present() {
            Ty::Ref(row) => self.reference(*row, depth, scope),
            // Bare words and texts need not be of the type of the list here.
            scalar => match self.path_to(scalar, scope) {
                Some(path) => path,
                None => return from,
            },
        };
        format!("holders({value}, {from}{})", &path[1..])
    }

    fn condition(&mut self, depth: usize, scope: &Scope) -> String {
        self.size += 1;
        let depth = if self.size > 60 { 0 } else { depth };
        let not = if self.roll(4) == 0 { "not " } else { "" };
        if depth == 0 {
            return match self.roll(4) {
                0 => self.leaf(&Ty::Bool, scope),
                1 => {
                    let ty = self.scalar();
                    format!("({} is {not}known)", self.leaf(&ty, scope))
                }
                _ => self.compare(0, scope),
            };
        }
        let below = depth - 1;
        match self.roll(24) {
            0..=3 => {
                let quantifier = self.pick(&["all", "any", "no"]);
                let over = self.element();
                let (_, head, inner) = self.binder(&over, below, scope);
                let body = self.condition(below, &inner);
                format!("({quantifier} {head}: {body})")
            }
            4 | 5 => {
                let of = self.comparable();
                let list = self.list(&of, below, scope);
                let element = self.path_or_expr(&of, below, scope);
                format!("({element} {not}in {list})")
            }
            6 => {
                let of = self.comparable();
                let list = self.list(&of, below, scope);
                let element = self.path_or_expr(&of, below, scope);
                format!("({element} is unique in {list})")
            }
            7 => {
                let of = self.comparable();
                format!("({} are unique)", self.list(&of, below, scope))
            }
            8 => {
                let of = self.comparable();
                format!("({} are equal)", self.list(&of, below, scope))
            }
            9 => {
                let of = self.element();
                format!("({} is {not}empty)", self.list(&of, below, scope))
            }
            10 => {
                let of = self.element();
                let of = if self.roll(2) == 0 { of.list() } else { of };
                format!("({} is {not}known)", self.expr(&of, below, scope))
            }
            11 => {
                let ty = [Ty::Text, Ty::Nocase, Ty::Version][self.roll(3)].clone();
                let pattern = self.pick(&["^k", "t$", "^KT$", "b", "9$"]);
                format!("({} matches \"{pattern}\")", self.expr(&ty, below, scope))
            }
            12 => {
                if self.roll(3) == 0 {
                    let (a, b) = (
                        self.expr(&Ty::Version, below, scope),
                        self.expr(&Ty::Version, below, scope),
                    );
                    return format!("older({a}, {b})");
                }
                let ty = [Ty::Text, Ty::Nocase][self.roll(2)].clone();
                let text = self.expr(&ty, below, scope);
                let start = self.pick(&["\"k\"", "\"A\"", "\"ab\""]);
                format!("startsWith({text}, {start})")
            }
            13 => {
                let (a, b) = (self.condition(below, scope), self.condition(below, scope));
                format!("({a} and {b})")
            }
            14 => {
                let (a, b) = (self.condition(below, scope), self.condition(below, scope));
                format!("({a} or {b})")
            }
            15 => {
                let (a, b) = (self.condition(below, scope), self.condition(below, scope));
                format!("({a} implies {b})")
            }
            16 => format!("(not {})", self.condition(below, scope)),
            17 | 18 => self.value(&Ty::Bool, depth, scope),
            _ => self.compare(below, scope),
        }
    }

    fn comparable(&mut self) -> Ty {
        [
            Ty::Text,
            Ty::Nocase,
            Ty::Int,
            Ty::Version,
            Ty::Version,
            Ty::Words(0),
            Ty::Ref(1),
            Ty::Ref(2),
            Ty::Size,
        ][self.roll(9)]
        .clone()
    }

    fn path_or_expr(&mut self, ty: &Ty, depth: usize, scope: &Scope) -> String {
        match self.path_to(ty, scope) {
            Some(path) if self.roll(3) > 0 => path,
            _ => self.expr(ty, depth, scope),
        }
    }

    fn compare(&mut self, depth: usize, scope: &Scope) -> String {
        let ty = self.element();
        let ordered =
            matches!(ty, Ty::Int | Ty::Size | Ty::Duration | Ty::Time | Ty::Version | Ty::Text);
        let operator = match (ordered, self.roll(2)) {
            (true, 0) => self.pick(&["<", "<=", ">", ">="]),
            _ => self.pick(&["==", "!="]),
        };
        let left = self.path_or_expr(&ty, depth, scope);
        let right = match (self.roll(8), &ty) {
            (0, _) if operator.ends_with('=') && operator.len() == 2 && !ordered => "none".into(),
            (1..=3, Ty::Ref(_)) | (6.., _) => self.expr(&ty, depth, scope),
            (_, Ty::Ref(row)) => self.reference(*row, depth, scope),
            (_, Ty::Nocase) => literal(self.dice, &Ty::Text).0,
            (_, ty) => literal(self.dice, ty).0,
        };
        format!("({left} {operator} {right})")
    }
}
