//! Completing an environment until something is so.
//!
//! Owns the search: where an outcome is not known, the evaluator names the facts that would decide it; one of them is
//! given each value worth trying, with backtracking, within a bound on evaluations. Knows no rules: what is looked for is
//! a function.

use std::rc::Rc;

use crate::evaluate::truth::Truth;
use crate::facts::SlotId;
use crate::prove::values::Pool;
use crate::prove::world::{Choice, World};

/// Most facts that one example is completed by.
const DEPTH: usize = 60;
/// Most facts that are tried where known facts say no, but others were asked whether they are known.
const DETOURS: usize = 3;

/// An open fact that something depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The fact.
    pub slot: SlotId,
    /// Where it is a list that may leave things out: the fields of the element that was looked for in it.
    pub keys: Option<Rc<Vec<(String, String)>>>,
}

impl From<SlotId> for Ask {
    fn from(slot: SlotId) -> Self {
        Self { slot, keys: None }
    }
}

/// What is seen of an environment.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whether it is as wanted.
    pub truth: Truth,
    /// The open facts that it depends on.
    pub open: Vec<Ask>,
}

impl Look {
    /// It is as wanted.
    pub fn met() -> Self {
        Self { truth: Truth::True, open: Vec::new() }
    }

    /// It is not, whatever else becomes known.
    pub fn never() -> Self {
        Self { truth: Truth::False, open: Vec::new() }
    }
}

/// One search.
pub struct Search<'p> {
    pool: &'p Pool,
    left: usize,
    turn: usize,
    /// How many evaluations it took.
    pub spent: usize,
    /// Whether everything was tried that could be: no bound was met, and the values tried stand for all.
    pub complete: bool,
}

impl<'p> Search<'p> {
    /// A search that may look at an environment about so many times, and once more for what is only asked whether it is known.
    pub fn new(pool: &'p Pool, bound: usize) -> Self {
        Self { pool, left: bound, turn: 0, spent: 0, complete: true }
    }

    /// Completes an environment until the goal is met and `found` says that this is enough; then it stays as it was
    /// found, otherwise it is as it was.
    pub fn run<'a>(
        &mut self,
        world: &mut World<'a>,
        goal: &mut dyn FnMut(&mut World<'a>) -> Look,
        found: &mut dyn FnMut(&mut World<'a>) -> bool,
    ) -> bool {
        let (left, complete) = (self.left, self.complete);
        // Begun with other values it may be near; facts that are only asked whether they are known lead astray mostly,
        // so they come last.
        for (turn, astray, bound) in [
            (0, 0, left / 4),
            (1, 0, left / 4),
            (2, 0, left / 4),
            (0, 0, left),
            (0, 1, left),
            (0, 2, left),
            (0, 4, left),
        ] {
            if self.complete && self.spent > 0 && astray == 0 {
                // Everything was tried already, in another order.
                continue;
            }
            (self.turn, self.left, self.complete) = (turn, bound, complete);
            if self.step(world, goal, found, 0, astray) {
                return true;
            }
        }
        false
    }

    /// One pass over the environments, begun with other values by its number.
    pub fn pass<'a>(
        &mut self,
        world: &mut World<'a>,
        number: usize,
        goal: &mut dyn FnMut(&mut World<'a>) -> Look,
        found: &mut dyn FnMut(&mut World<'a>) -> bool,
    ) -> bool {
        self.turn = number;
        self.step(world, goal, found, 0, 0)
    }

    /// The first environment that meets the goal.
    pub fn first<'a>(
        &mut self,
        world: &mut World<'a>,
        goal: &mut dyn FnMut(&mut World<'a>) -> Look,
    ) -> bool {
        self.run(world, goal, &mut |_| true)
    }

    fn step<'a>(
        &mut self,
        world: &mut World<'a>,
        goal: &mut dyn FnMut(&mut World<'a>) -> Look,
        found: &mut dyn FnMut(&mut World<'a>) -> bool,
        depth: usize,
        astray: usize,
    ) -> bool {
        if self.left == 0 || depth > DEPTH {
            self.complete = false;
            return false;
        }
        self.left -= 1;
        self.spent += 1;
        let look = goal(world);
        if look.truth == Truth::True {
            return found(world);
        }
        let asks = look.open.iter().filter(|ask| world.is_open(ask.slot)).cloned();
        // Where the outcome is not known, whatever decides it gives each of these facts some value.
        let (most, astray) = match look.truth {
            Truth::Unknown => (1, astray),
            _ if astray == 0 => return false,
            _ => (DETOURS, astray - 1),
        };
        let asks: Vec<Ask> = asks.take(most).collect();
        for Ask { slot, keys } in asks {
            let (mut choices, whole) = match keys {
                Some(keys) if world.length(slot).is_some() => (vec![Choice::Like(keys)], false),
                _ => world.choices(slot, self.pool),
            };
            self.complete &= whole;
            if !choices.is_empty() {
                let turn = self.turn % choices.len();
                choices.rotate_left(turn);
            }
            for choice in &choices {
                let mark = world.facts.mark();
                if world.take(slot, choice)
                    && world.is_sound()
                    && self.step(world, goal, found, depth + 1, astray)
                {
                    return true;
                }
                world.facts.rollback(mark);
            }
        }
        false
    }
}
