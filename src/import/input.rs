//! What is handed in, where its bytes are, and what reading it may cost.
//!
//! Owns the opening of inputs. Does not look into them.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// One thing handed in.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name as shown.
    pub name: String,
    /// What it holds.
    pub content: Content,
}

/// Where the bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    /// Here.
    Bytes(Arc<[u8]>),
    /// In a file, opened when its turn comes.
    Path(PathBuf),
}

/// What one import may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one file, and of everything unpacked from one archive.
    pub bytes: u64,
    /// Bytes of one JSON element, which is held as a whole.
    pub element: u64,
    /// Bytes of one workbook or archive inside an archive, which is held as a whole.
    pub packed: u64,
    /// Bytes of the shared texts of one workbook, which are held as a whole.
    pub texts: u64,
    /// Cells of one workbook.
    pub cells: u64,
    /// Members of one archive.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 8 << 30,
            element: 64 << 20,
            packed: 256 << 20,
            texts: 512 << 20,
            cells: 200_000_000,
            members: 10_000,
        }
    }
}

/// The bytes of an input, which may be read more than once.
pub enum Handle {
    /// Here.
    Memory(Cursor<Arc<[u8]>>),
    /// In an open file.
    File(File),
}

impl Read for Handle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Handle::Memory(cursor) => cursor.read(buffer),
            Handle::File(file) => file.read(buffer),
        }
    }
}

impl Seek for Handle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Handle::Memory(cursor) => cursor.seek(to),
            Handle::File(file) => file.seek(to),
        }
    }
}

/// The digest of the content.
pub fn digest(input: &Input) -> io::Result<Vec<u8>> {
    digest_of(&mut open(input)?)
}

/// The digest of what is read from here on.
pub fn digest_of(handle: &mut Handle) -> io::Result<Vec<u8>> {
    let mut hasher = Sha256::new();
    io::copy(&mut BufReader::with_capacity(256 << 10, handle), &mut HashWriter(&mut hasher))?;
    Ok(hasher.finalize().to_vec())
}

/// Opens an input.
pub fn open(input: &Input) -> io::Result<Handle> {
    match &input.content {
        Content::Bytes(bytes) => Ok(Handle::Memory(Cursor::new(bytes.clone()))),
        Content::Path(path) => File::open(path).map(Handle::File),
    }
}

struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
