//! Reads all inputs: large ones side by side, each into rows of its own, which are put together in the order of the inputs.
//!
//! Owns the order and the threads. The outcome does not depend on which of them is done first.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};

use crate::import::read::{Form, Input, Intake, Limits, digest, examine};
use crate::import::store::Store;
use crate::import::watch::Watch;

/// More threads would only hold more at once.
const THREADS: usize = 4;
/// Less is read before a thread has started.
const SMALL: u64 = 1 << 20;

/// Reads everything into a store.
pub fn read(store: &mut Store, inputs: Vec<Input>, limits: Limits, watch: &Watch) {
    let forms: Vec<(Form, u64)> = inputs.iter().map(examine).collect();
    watch.expect(forms.iter().map(|(_, length)| length).sum());
    let digests = digests(&inputs, &forms);
    let mut alone: Vec<usize> = Vec::new();
    let mut first: HashMap<&[u8], usize> = HashMap::new();
    for (at, (form, _)) in forms.iter().enumerate() {
        // What was handed in twice is not read twice.
        let copy =
            digests[at].as_deref().is_some_and(|digest| *first.entry(digest).or_insert(at) != at);
        if matches!(form, Form::Json | Form::Workbook) && !copy {
            alone.push(at);
        }
    }
    let bytes: u64 = alone.iter().map(|at| forms[*at].1).sum();
    // The longest first, so that no thread is left with one while the others are done.
    alone.sort_by_key(|at| forms[*at].1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if bytes < SMALL { 0 } else { threads.min(THREADS).min(alone.len()) };
    let mut waits = vec![false; inputs.len()];
    if threads > 1 {
        alone.iter().for_each(|at| waits[*at] = true);
    }
    let queue = Mutex::new(alone);
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        for _ in 0..if threads > 1 { threads } else { 0 } {
            let (sender, queue, inputs) = (sender.clone(), &queue, &inputs);
            scope.spawn(move || {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some(at) = next else { break };
                    let mut part = Store::default();
                    let mut intake = Intake::new(&mut part, limits, watch);
                    intake.take(&inputs[at], None);
                    intake.close();
                    // Nobody waits any more if the whole import is given up.
                    if sender.send((at, part)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut ready: BTreeMap<usize, Store> = BTreeMap::new();
        let mut intake = Intake::new(store, limits, watch);
        for (at, input) in inputs.iter().enumerate() {
            if !waits[at] {
                intake.take(input, digests[at].as_deref());
            } else if !intake.is_copy(&input.name, digests[at].as_deref()) {
                while !ready.contains_key(&at) {
                    let Ok((number, part)) = receiver.recv() else { break };
                    ready.insert(number, part);
                }
                if let Some(part) = ready.remove(&at) {
                    intake.absorb(part);
                }
            }
        }
        intake.close();
    });
}

/// The digests of those that may be the same as another: of one length, or perhaps a member of an archive.
fn digests(inputs: &[Input], forms: &[(Form, u64)]) -> Vec<Option<Vec<u8>>> {
    let mut lengths: HashMap<u64, usize> = HashMap::new();
    for (_, length) in forms {
        *lengths.entry(*length).or_default() += 1;
    }
    let archives = forms.iter().any(|(form, _)| *form == Form::Archive);
    let wanted = |length: &u64| {
        *length > 0 && (archives || lengths.get(length).is_some_and(|count| *count > 1))
    };
    let each = inputs.iter().zip(forms);
    each.map(|(input, (_, length))| wanted(length).then(|| digest(input).ok()).flatten()).collect()
}
