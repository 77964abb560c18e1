//! Compiles the shipped rule packs into the binary: each folder below `rules/` is a pack.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("rules");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut table = String::from("pub(super) const SHIPPED: &[(&str, &[(&str, &str)])] = &[\n");
    for pack in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        let _ = writeln!(table, "    ({:?}, &[", name(&pack));
        for file in files(&pack)? {
            println!("cargo:rerun-if-changed={}", file.display());
            let shown =
                file.strip_prefix(&root).unwrap_or(&file).display().to_string().replace('\\', "/");
            let _ = writeln!(
                table,
                "        ({:?}, include_str!({:?})),",
                format!("rules/{shown}"),
                file
            );
        }
        table.push_str("    ]),\n");
    }
    table.push_str("];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("packs.rs"), table)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "gate" || extension == "md")
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
