//! The server that does not serve yet, run as a process.

use std::process::Command;

#[test]
fn it_says_that_it_does_not_serve_and_what_to_use_instead() {
    for arguments in [&[][..], &["--listen", "127.0.0.1:0"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_ledger-server")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("does not serve yet") && said.contains("`ledger`"), "{said}");
    }
}
