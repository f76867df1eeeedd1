//! Uses point one way.

use std::collections::{BTreeMap, BTreeSet};

use super::rust;
use super::tree::{Source, sources};

/// Each module of the library and what it may use of the others, the lowest first. A use is no cycle, because a module may
/// use only what stands above it in this table; the shell at its end is one layer.
const MODULES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("error", &[]),
    ("command", &["model"]),
    // The language of controls, which events keep and rejections point into.
    ("selector", &["model"]),
    ("event", &["model", "selector"]),
    ("rejection", &["model", "selector"]),
    ("outcome", &["model", "event", "rejection"]),
    ("chart", &["model", "command"]),
    // What commands and events become on the disk and on the wire.
    ("codec", &["model", "command", "event", "selector"]),
    // The rules: what is so, what may be, what is asked.
    ("state", &["model", "command", "event", "selector"]),
    ("decide", &["model", "command", "event", "rejection", "selector", "state"]),
    ("query", &["model", "event", "selector", "state"]),
    ("json", &["model", "command", "event", "rejection", "outcome", "state"]),
    // The disk: what is kept, and what can be made again from it.
    ("storage", &["error"]),
    ("journal", &["error", "storage"]),
    ("rebuildable", &["model", "error", "storage"]),
    ("sidecar", &["model", "error", "storage", "rebuildable"]),
    ("checkpoint", &["model", "error", "event", "selector", "state", "storage", "journal", "rebuildable"]),
    ("closing", &["model", "error", "event", "state", "storage", "rebuildable", "checkpoint"]),
    ("index", &["model", "error", "event", "storage", "rebuildable"]),
];

/// Who waits for what, on which thread, in which order: may use everything, and nothing above may use it.
const SHELL: &[&str] = &["engine", "reader", "verification", "ledger", "lib"];

/// What only some folders may name, and why.
const OWNED: &[(&str, &[&str], &str)] = &[
    ("rkyv", &["ledger/src/codec/"], "how an event lies on the disk is the codec's business"),
    ("sled", &["ledger/src/index/"], "sled holds secondary projections and nothing else"),
    (
        "std::fs",
        &["ledger/src/storage/files/", "ledger/src/index/", "ledger/src/engine/init.rs"],
        "files are reached through the storage seam, so that the simulated disk can stand in",
    ),
    (
        "std::thread",
        &["ledger/src/engine/", "ledger/src/storage/", "ledger/src/index/", "ledger/src/ledger.rs"],
        "only the shell knows threads",
    ),
    ("std::net", &[], "the library talks to nobody"),
    ("f32", &[], "money and everything around it is counted in integers"),
    ("f64", &[], "money and everything around it is counted in integers"),
];

fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("ledger/src/")?;
    Some(inside.split_once('/').map_or_else(|| inside.trim_end_matches(".rs"), |(folder, _)| folder))
}

/// What is wrong with one file's uses.
fn wrong_uses(source: &Source) -> Vec<String> {
    let Some(module) = module_of(&source.path) else { return Vec::new() };
    if SHELL.contains(&module) || source.product.is_empty() {
        return Vec::new();
    }
    let Some((_, allowed)) = MODULES.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{}: the module {module} has no place in the table of layers", source.path)];
    };
    let used: BTreeSet<String> = rust::crate_modules(&source.product).into_iter().collect();
    let wrong = |used: &String| used != module && !allowed.contains(&used.as_str());
    used.iter().filter(|used| wrong(used)).map(|used| format!("{}: {module} uses {used}", source.path)).collect()
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let planted = |path: &str, code: &str| Source {
        path: path.to_owned(),
        text: code.to_owned(),
        code: code.to_owned(),
        product: code.to_owned(),
    };
    let wrong = wrong_uses(&planted("ledger/src/journal/writer.rs", "use crate::{error::Error, state::State};"));
    assert_eq!(wrong, ["ledger/src/journal/writer.rs: journal uses state"]);
    assert_eq!(wrong_uses(&planted("ledger/src/decide/form.rs", "use crate::storage::Storage;")).len(), 1);
    assert_eq!(wrong_uses(&planted("ledger/src/state/apply.rs", "crate::decide::decide()")).len(), 1);
    assert_eq!(wrong_uses(&planted("ledger/src/new.rs", "struct New;")).len(), 1);

    let wrong: Vec<String> = sources().iter().flat_map(wrong_uses).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_layers_has_no_cycle_and_names_every_module() {
    let mut seen = BTreeSet::new();
    for (module, allowed) in MODULES {
        for used in *allowed {
            assert!(seen.contains(used), "{module} may use {used}, which does not stand above it");
        }
        seen.insert(module);
    }
    let sources = sources();
    let there: BTreeSet<&str> = sources.iter().filter_map(|source| module_of(&source.path)).collect();
    let gone: Vec<_> = seen.iter().copied().chain(SHELL).filter(|module| !there.contains(*module)).collect();
    assert!(gone.is_empty(), "the table names modules that are not there: {gone:?}");
}

#[test]
fn what_belongs_to_one_place_is_named_nowhere_else() {
    let mut wrong = Vec::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for source in sources().iter().filter(|source| source.path.starts_with("ledger/src/")) {
        for (name, places, why) in OWNED {
            if !rust::names(&source.product, name) {
                continue;
            }
            *used.entry(name).or_default() += 1;
            // Reading JSON says why a number with a point is refused.
            let refuses_floats = *name == "f64" && source.path == "ledger/src/json/value.rs";
            if !refuses_floats && !places.iter().any(|place| source.path.starts_with(place)) {
                wrong.push(format!("{}: names {name}, but {why}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(used.get("rkyv").is_some_and(|files| *files > 1), "rkyv is no longer found where it belongs: {used:?}");
}

/// A crate in the workspace and the ones of it that it may depend on.
const CRATES: &[(&str, &[&str])] =
    &[("ledger", &[]), ("ledger-server", &["ledger"]), ("tools", &["ledger"]), ("benches", &["ledger"])];

#[test]
fn the_crates_around_the_library_use_its_public_names_alone() {
    for (name, allowed) in CRATES {
        let manifest = super::tree::read(&format!("{name}/Cargo.toml"));
        for (other, _) in CRATES {
            let package = if *other == "ledger" { "ledger".to_owned() } else { format!("ledger-{other}") };
            let depends = manifest.lines().any(|line| line.starts_with(&format!("{package} = ")));
            assert!(!depends || allowed.contains(other), "{name} depends on {other}");
        }
        // Public names are all there are, as long as nobody includes a file of another crate.
        let included =
            |source: &&Source| source.path.starts_with(&format!("{name}/")) && source.code.contains("#[path");
        assert!(sources().iter().find(included).is_none(), "{name} includes a file by its path");
    }
}
