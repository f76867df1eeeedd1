//! The tours of the documentation are run as they stand: every block of `sh tour` of a page, in order, in a fresh directory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn tour(page: &str) -> String {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let blocks = text.split("```sh tour\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    blocks.collect::<Vec<_>>().join("\n")
}

fn run(page: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_ledger")).parent().unwrap();
    let mut path = OsString::from(program);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let script = tour(page);
    assert!(script.contains("ledger init "), "{page} has no tour");
    let output = Command::new("sh").args(["-eu", "-c", &script]).env("PATH", path).current_dir(&home).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{page}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tour_of_the_readme_does_what_it_says() {
    let out = run("README.md");
    assert!(out.contains("\"code\":\"insufficient_funds\""), "{out}");
    assert!(out.contains("\"status\":\"replayed\",\"sequence\":22"), "{out}");
    assert!(out.contains("closing balance 1,800"), "{out}");
    assert!(out.contains("\"type\":\"store_opened\""), "{out}");
}

#[test]
fn a_copy_made_as_the_page_of_operations_says_is_whole() {
    let out = run("docs/operations.md");
    assert!(out.contains("nothing is wrong"), "{out}");
}
