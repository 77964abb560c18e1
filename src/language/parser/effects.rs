//! What a remedy does to the facts.

use nom::Parser;
use nom::sequence::preceded;

use crate::language::ast::remedy::{Effect, EffectKind};
use crate::language::error::{Class, Expected};
use crate::language::parser::expressions::{expression, fields, postfix, value};
use crate::language::parser::input::{Parsed, Tokens};
use crate::language::parser::{name, symbol, type_name, word};
use crate::language::token::{Symbol, Word};

/// One effect or several, behind `effect`.
pub fn effects(input: Tokens) -> Parsed<Vec<Effect>> {
    let (mut rest, first) = effect(input)?;
    let mut effects = vec![first];
    while rest.word_ahead(0).is_some_and(|word| Word::EFFECTS.contains(&word)) {
        let (after, next) = effect(rest)?;
        effects.push(next);
        rest = after;
    }
    rest.hope(Expected::class(Class::Effect).and(Expected::class(Class::Operator)));
    Ok((rest, effects))
}

/// One effect.
fn effect(input: Tokens) -> Parsed<Effect> {
    let start = input.here();
    let rest = input.next();
    let (rest, kind) = match input.word_ahead(0) {
        Some(Word::Set) => {
            let value = preceded(symbol(Symbol::Assign), value);
            (postfix, value).map(|(path, value)| EffectKind::Set { path, value }).parse(rest)
        }
        Some(Word::Add) => {
            let list = preceded(word(Word::To), postfix);
            (expression, list).map(|(value, path)| EffectKind::Add { value, path }).parse(rest)
        }
        Some(Word::Remove) => {
            (name, preceded(word(Word::From), postfix), preceded(word(Word::Where), expression))
                .map(|(name, path, filter)| EffectKind::Remove { name, path, filter })
                .parse(rest)
        }
        Some(Word::Create) => (type_name, name, fields)
            .map(|(entity, name, fields)| EffectKind::Create { entity, name, fields })
            .parse(rest),
        _ => input.fail(Expected::class(Class::Effect)),
    }?;
    Ok((rest, Effect { span: rest.since(start), kind }))
}
