//! Texts of rules and remedies with their expressions filled in.
//!
//! Owns what a sentence says in place of a value that is not known or not there: `{s.host}` is `the host of web`, or `no
//! host`, where a reader would take `unknown` or `none` for a name. How values are spelled is in `show`.

use crate::builtins::value::{Silent, Value};
use crate::compile::ir::{Expr, Kind, Part, Template};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::show;
use crate::facts::Facts;
use crate::schema::types::Type;

/// Stands for what is not known and no name.
const OPEN: &str = "…";

/// How a value is spelled.
type Spelling = fn(&Value<'_>, &Type, &Facts<'_>) -> String;

impl<'a> Evaluator<'_, 'a, '_> {
    /// A text with its expressions filled in; what is not known or not there is named, long lists are cut.
    pub fn text(&mut self, template: &Template) -> String {
        self.fill(template, &mut |this, expr, value| this.phrased(expr, value, show::value))
    }

    /// The same with every element of every list.
    pub fn whole_text(&mut self, template: &Template) -> String {
        self.fill(template, &mut |this, expr, value| this.phrased(expr, value, show::whole))
    }

    /// The same, with each value spelled by a function.
    pub fn fill(
        &mut self,
        template: &Template,
        spell: &mut dyn FnMut(&mut Self, &Expr, &Value<'a>) -> String,
    ) -> String {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Expr(expr) => {
                    let (value, _) = self.value_of::<Silent>(expr);
                    text.push_str(&spell(self, expr, &value));
                }
            }
        }
        text
    }

    /// The value of an expression, or what a sentence says where there is none.
    fn phrased(&mut self, expr: &Expr, value: &Value<'a>, spell: Spelling) -> String {
        let is_name = matches!(
            expr.ty.present(),
            Type::Ref(_) | Type::RefAny | Type::Text | Type::TextNocase | Type::Row(_)
        );
        match (value, self.field_words(expr)) {
            (Value::None, Some((words, _))) => format!("no {words}"),
            (Value::Unknown, Some((words, None))) if is_name => format!("the {words}"),
            (Value::Unknown, Some((words, Some(base)))) if is_name => {
                let (owner, _) = self.value_of::<Silent>(base);
                format!("the {words} of {}", self.phrased(base, &owner, spell))
            }
            (Value::Unknown, _) => OPEN.to_owned(),
            _ => spell(value, &expr.ty, self.facts),
        }
    }

    /// The words for a field, with those of the records that it is in: `rack position` for `rack.position`; and whose
    /// it is, where it is not one of the environment.
    fn field_words<'e>(&self, expr: &'e Expr) -> Option<(String, Option<&'e Expr>)> {
        let Kind::Field { base, owner, field, .. } = &expr.kind else { return None };
        let words = spaced(&self.facts.schema().ty(*owner).fields[*field].name);
        let Some(base) = base.as_deref() else { return Some((words, None)) };
        match (base.ty.present(), self.field_words(base)) {
            // A record has no name of its own.
            (Type::Row(_), Some((outer, base))) => Some((format!("{outer} {words}"), base)),
            _ => Some((words, Some(base))),
        }
    }
}

/// The words of a name: `raid level` for `raidLevel`.
fn spaced(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for char in name.chars() {
        if char.is_uppercase() && words.ends_with(char::is_lowercase) {
            words.push(' ');
        }
        words.extend(char.to_lowercase());
    }
    words
}
