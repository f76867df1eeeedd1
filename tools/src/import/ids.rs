//! Ids derived from a row, the same whenever the same file is imported.

use ledger::model::CommandId;

/// The id that these values get under a mapping's name: derived from the name and each value, every one of them after its
/// length in bytes as eight bytes, most significant first.
pub fn of_values<'a>(name: &str, values: impl IntoIterator<Item = &'a [u8]>) -> CommandId {
    derive("ledger/import/columns/v1", name, values)
}

/// The id of a row of a batch.
pub fn of_row(name: &str, batch: &str, row: u64) -> CommandId {
    derive("ledger/import/row/v1", name, [batch.as_bytes(), row.to_string().as_bytes()])
}

fn derive<'a>(domain: &str, name: &str, values: impl IntoIterator<Item = &'a [u8]>) -> CommandId {
    let mut content = Vec::new();
    let mut add = |value: &[u8]| {
        content.extend_from_slice(&(value.len() as u64).to_be_bytes());
        content.extend_from_slice(value);
    };
    add(name.as_bytes());
    values.into_iter().for_each(add);
    CommandId::derived(domain, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_run_into_each_other() {
        let id = |values: &[&str]| of_values("m", values.iter().map(|value| value.as_bytes()));
        assert_ne!(id(&["ab", "c"]), id(&["a", "bc"]));
        assert_ne!(id(&["a"]), id(&["a", ""]));
        assert_ne!(of_row("m", "f", 1), of_row("m", "f", 2));
        assert_ne!(of_row("m", "f1", 1), of_row("m", "f", 11));
    }

    #[test]
    fn derived_ids_never_change() {
        // Ids are idempotency keys for ever: a new version must derive the same ones.
        assert_eq!(of_values("acquirer", [b"A-1".as_slice()]).to_string(), "e9a552d7-8a9e-a240-e6fc-7a1e33319cc0");
        assert_eq!(of_row("acquirer", "0703.csv", 1).to_string(), "45497034-ab28-da22-6509-fc7bfd550aee");
    }
}
