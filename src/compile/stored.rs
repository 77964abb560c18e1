//! The stored form of a rule set, from which the program starts without compiling its own packs anew.
//!
//! Owns the bytes: how they are written when the program is built ([`store`]), how they are read ([`load`]), and what of
//! them is read only when it is first used ([`Later`]). What is stored is the compiled rule set and nothing else; the
//! parts of it are listed in `shape`. The form has no version: bytes are only ever read by the program that they were
//! built with.
//!
//! INVARIANT: what is read was written by [`store`], so that reading cannot fail; a test reads all that is shipped and
//! compares it with what compiling the texts gives.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::compile::ir::{Define, RuleSet};
use crate::schema::types::Type;
use crate::source::FileId;

mod shape;

/// Something that has a stored form.
pub trait Stored: Sized {
    /// Appends it.
    fn write(&self, to: &mut Writer);
    /// Reads what `write` appended.
    fn read(from: &mut Reader<'_>) -> Self;
}

/// The stored form of a rule set; places are told in the files that are listed, in their order.
pub fn store(rules: &RuleSet, files: &[FileId]) -> Vec<u8> {
    let mut writer = Writer { files: files.to_vec(), ..Writer::default() };
    rules.write(&mut writer);
    let root = std::mem::take(&mut writer.out);
    rules.when.write(&mut writer);
    let shapes = std::mem::take(&mut writer.shapes);
    writer.number(shapes.len() as u64);
    shapes.iter().for_each(|shape| writer.out.extend(shape));
    let defines = std::mem::take(&mut writer.defines);
    let count = defines.keys().max().map_or(0, |last| last + 1);
    writer.number(u64::from(count));
    for id in 0..count {
        writer.block(defines.get(&id).map_or(&[], Vec::as_slice));
    }
    writer.out.extend(root);
    writer.out
}

/// Field and word by which a stored pack is chosen.
pub fn when(bytes: &'static [u8]) -> Option<(String, String)> {
    Reader { pool: &Arc::new(Pool::new(bytes, &[])), at: 0 }.take()
}

/// A stored rule set; `files` are the numbers of its files now, in the order in which they were stored.
pub fn load(bytes: &'static [u8], files: &[FileId]) -> RuleSet {
    let pool = Arc::new(Pool::new(bytes, files));
    let mut reader = Reader { pool: &pool, at: 0 };
    let _when: Option<(String, String)> = reader.take();
    pool.types.get_or_init(|| {
        let count = reader.length();
        (0..count).fold(Vec::with_capacity(count), |mut known, _| {
            known.push(shape::read_type(&mut reader, &known));
            known
        })
    });
    pool.defines.get_or_init(|| {
        let count = reader.length();
        (0..count).map(|_| (reader.skip_block(), OnceLock::new())).collect()
    });
    reader.take()
}

/// What all parts of a stored rule set share.
struct Pool {
    bytes: &'static [u8],
    files: Vec<FileId>,
    types: OnceLock<Vec<Type>>,
    /// Where each definition begins, and the definition once something used it.
    defines: OnceLock<Vec<(usize, OnceLock<Arc<Define>>)>>,
}

impl Pool {
    fn new(bytes: &'static [u8], files: &[FileId]) -> Self {
        Self { bytes, files: files.to_vec(), types: OnceLock::new(), defines: OnceLock::new() }
    }
}

/// Where a stored form is written to.
#[derive(Default)]
pub struct Writer {
    out: Vec<u8>,
    files: Vec<FileId>,
    /// The number of each type that was written, and how it is made of those before it.
    types: FxHashMap<Type, u32>,
    shapes: Vec<Vec<u8>>,
    defines: BTreeMap<u32, Vec<u8>>,
}

impl Writer {
    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    /// A number, seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    fn block(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.out.extend(bytes);
    }

    /// What a function writes, by itself.
    fn aside(&mut self, write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let outer = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, outer)
    }

    /// A type, by its number.
    fn ty(&mut self, ty: &Type) {
        let number = self.types.get(ty).copied().unwrap_or_else(|| {
            let shape = self.aside(|to| shape::write_type(ty, to));
            self.shapes.push(shape);
            let number = self.shapes.len() as u32 - 1;
            self.types.insert(ty.clone(), number);
            number
        });
        self.number(u64::from(number));
    }

    /// A definition, by its number; it is written when first met.
    fn define(&mut self, define: &Define) {
        if !self.defines.contains_key(&define.id) {
            let body = self.aside(|to| define.write(to));
            self.defines.insert(define.id, body);
        }
        self.number(u64::from(define.id));
    }
}

/// Where a stored form is read from.
pub struct Reader<'p> {
    pool: &'p Arc<Pool>,
    at: usize,
}

impl Reader<'_> {
    /// Reads the next thing.
    fn take<T: Stored>(&mut self) -> T {
        T::read(self)
    }

    fn byte(&mut self) -> u8 {
        self.at += 1;
        self.pool.bytes[self.at - 1]
    }

    fn number(&mut self) -> u64 {
        let first = self.byte();
        if first < 0x80 {
            return u64::from(first);
        }
        let (mut number, mut shift) = (u64::from(first & 0x7f), 7);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    fn length(&mut self) -> usize {
        self.number() as usize
    }

    fn text(&mut self) -> &'static str {
        let length = self.length();
        let bytes = &self.pool.bytes[self.at..self.at + length];
        self.at += length;
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Passes over a block; where it begins.
    fn skip_block(&mut self) -> usize {
        let length = self.length();
        self.at += length;
        self.at - length
    }

    fn ty(&mut self) -> &Type {
        let number = self.length();
        &self.pool.types.get().expect("types are read first")[number]
    }

    fn define(&mut self) -> Arc<Define> {
        let number = self.length();
        let (start, define) =
            &self.pool.defines.get().expect("definitions are found first")[number];
        let read = || Arc::new(Reader { pool: self.pool, at: *start }.take());
        Arc::clone(define.get_or_init(read))
    }
}

/// A part of a rule set that is read when it is first used: a check that finds nothing needs no texts and no remedies.
pub struct Later<T> {
    value: OnceLock<T>,
    place: Option<Place>,
}

/// Where a part begins.
#[derive(Clone)]
struct Place {
    pool: Arc<Pool>,
    at: u32,
}

impl<T: Stored> Deref for Later<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(|| {
            let place = self.place.as_ref().expect("a part without value has a place");
            Reader { pool: &place.pool, at: place.at as usize }.take()
        })
    }
}

impl<'l, T: Stored> IntoIterator for &'l Later<Vec<T>> {
    type Item = &'l T;
    type IntoIter = std::slice::Iter<'l, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> From<T> for Later<T> {
    fn from(value: T) -> Self {
        Self { value: OnceLock::from(value), place: None }
    }
}

impl<T: Stored + fmt::Debug> fmt::Debug for Later<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: Stored> Stored for Later<T> {
    fn write(&self, to: &mut Writer) {
        let bytes = to.aside(|to| T::write(self, to));
        to.block(&bytes);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let at = from.skip_block() as u32;
        let place = Place { pool: Arc::clone(from.pool), at };
        Self { value: OnceLock::new(), place: Some(place) }
    }
}
