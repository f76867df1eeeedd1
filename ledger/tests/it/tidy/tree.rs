//! The files of the workspace, read once for each check.

use std::fs;
use std::path::{Path, PathBuf};

use super::rust;

/// What belongs to the repository; anything else at the top (a target folder, somebody's ledger) is left alone.
const PARTS: &[&str] = &[
    ".ci",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "clippy.toml",
    "docs",
    "ledger",
    "ledger-server",
    "rustfmt.toml",
    "tools",
];

/// A file with its path relative to the repository, written with `/`.
#[derive(Debug)]
pub struct Text {
    pub path: String,
    pub text: String,
}

/// A file of Rust.
#[derive(Debug)]
pub struct Source {
    pub path: String,
    pub text: String,
    /// The text without comments and without the insides of strings.
    pub code: String,
    /// `code` without what is compiled for tests alone; empty for a file of tests.
    pub product: String,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text file, sorted by path; golden files and other bytes that are no text are passed over.
pub fn texts() -> Vec<Text> {
    let mut paths = Vec::new();
    for part in PARTS {
        collect(&root().join(part), &mut paths);
    }
    paths.sort();
    let relative = |path: &Path| {
        let parts = path.strip_prefix(root()).unwrap().components();
        parts.map(|part| part.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("/")
    };
    let text = |path: &PathBuf| {
        let text = String::from_utf8(fs::read(path).unwrap()).ok()?;
        Some(Text { path: relative(path), text })
    };
    paths.iter().filter_map(text).collect()
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), into);
        }
    } else if path.is_file() {
        into.push(path.to_owned());
    }
}

/// Every file of Rust.
pub fn sources() -> Vec<Source> {
    let mut sources: Vec<Source> = texts()
        .into_iter()
        .filter(|text| text.path.ends_with(".rs"))
        .map(|Text { path, text }| {
            let code = rust::without_comments_and_strings(&text);
            let product = rust::without_tests(&code);
            Source { path, text, code, product }
        })
        .collect();
    let of_tests: Vec<String> = sources.iter().flat_map(test_modules).collect();
    for source in &mut sources {
        let is_declared_so = of_tests
            .iter()
            .any(|module| source.path == format!("{module}.rs") || source.path.starts_with(&format!("{module}/")));
        if is_declared_so || is_of_tests(&source.path) {
            source.product = String::new();
        }
    }
    assert!(sources.iter().filter(|source| !source.product.is_empty()).count() > 50, "the sources were not found");
    sources
}

/// Whether a path says that its file holds tests or benchmarks.
fn is_of_tests(path: &str) -> bool {
    let inside = |folder: &str| path.contains(&format!("/{folder}/"));
    inside("tests") || path.starts_with("benches/benches/") || path.ends_with("/tests.rs")
}

/// The files, without their suffix, of the modules that a file declares for tests alone.
fn test_modules(source: &Source) -> Vec<String> {
    let folder = match source.path.strip_suffix("/mod.rs") {
        Some(folder) => folder.to_owned(),
        None => match source.path.rsplit_once('/') {
            Some((folder, "lib.rs" | "main.rs")) => folder.to_owned(),
            _ => source.path.trim_end_matches(".rs").to_owned(),
        },
    };
    rust::test_modules(&source.code).into_iter().map(|name| format!("{folder}/{name}")).collect()
}
