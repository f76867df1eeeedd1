//! One script, run on real files in both modes and on the simulated disk: the same answers from each.

use super::{Completion, FileStorage, IoMode, LockError, OpenFor, SimDisk, Storage, WriteBuffer};
use std::io;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_mins(1);

/// Runs `script` on every implementation.
fn on_every_disk(script: &impl Script) {
    for mode in [IoMode::Direct, IoMode::Buffered] {
        let dir = tempfile::tempdir().unwrap();
        script.run(&FileStorage::open(dir.path(), mode, 3).unwrap());
    }
    for block_bytes in [512, 4096] {
        let disk = SimDisk::new(1);
        disk.set_block_bytes(block_bytes);
        script.run(&disk);
    }
}

/// A function over any storage; closures cannot be generic.
trait Script {
    fn run<S: Storage>(&self, disk: &S);
}

macro_rules! conforms {
    ($(#[test] fn $name:ident($disk:ident: &impl Storage) $body:block)*) => { $(
        #[test]
        fn $name() {
            struct This;
            impl Script for This {
                fn run<S: Storage>(&self, $disk: &S) $body
            }
            on_every_disk(&This);
        }
    )* };
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> io::ErrorKind {
    result.unwrap_err().kind()
}

fn contents<S: Storage>(disk: &S, path: &str) -> Vec<u8> {
    let file = disk.open(path, OpenFor::Read).unwrap();
    let mut bytes = vec![0xEE; disk.len(&file).unwrap() as usize + 100];
    let read = disk.read_at(&file, 0, &mut bytes).unwrap();
    bytes.truncate(read);
    bytes
}

fn appended<S: Storage>(disk: &S, path: &str) -> S::File {
    disk.create(path).unwrap();
    disk.open(path, OpenFor::Append).unwrap()
}

fn blocks<S: Storage>(disk: &S, byte: u8, count: usize) -> WriteBuffer {
    let mut buffer = WriteBuffer::with_capacity(count * disk.block_bytes());
    assert!(buffer.push(&vec![byte; count * disk.block_bytes()]));
    buffer
}

fn collect<S: Storage>(disk: &S) -> Vec<Completion> {
    std::iter::from_fn(|| disk.next_completion(PATIENCE)).collect()
}

conforms! {
    #[test]
    fn what_is_written_is_read_back_wherever_it_lies(disk: &impl Storage) {
        let file = disk.create("a").unwrap();
        disk.write_at(&file, 5000, b"later").unwrap();
        disk.write_at(&file, 0, b"first").unwrap();
        disk.write_at(&file, 3, b"").unwrap();
        disk.write_at(&file, 9000, b"").unwrap();
        disk.sync(&file).unwrap();
        assert_eq!(disk.len(&file).unwrap(), 5005);
        let expected = [b"first".as_slice(), &[0; 4995], b"later"].concat();
        assert_eq!(contents(disk, "a"), expected);
        let mut middle = [1; 4];
        assert_eq!(disk.read_at(&file, 5003, &mut middle).unwrap(), 2);
        assert_eq!(&middle, b"er\x01\x01");
        assert_eq!(disk.read_at(&file, 5005, &mut middle).unwrap(), 0);
        assert_eq!(disk.read_at(&file, 1 << 40, &mut middle).unwrap(), 0);
    }

    #[test]
    fn preallocated_space_reads_as_zeros_and_is_never_taken_back(disk: &impl Storage) {
        let file = disk.create("a").unwrap();
        disk.write_at(&file, 0, b"abc").unwrap();
        disk.preallocate(&file, 10_000).unwrap();
        disk.preallocate(&file, 10).unwrap();
        disk.preallocate(&file, 0).unwrap();
        assert_eq!(contents(disk, "a"), [b"abc".as_slice(), &[0; 9997]].concat());
    }

    #[test]
    fn durable_writes_complete_once_each_and_give_their_buffers_back(disk: &impl Storage) {
        let file = appended(disk, "a");
        let block = disk.block_bytes();
        disk.preallocate(&file, 16 * block as u64).unwrap();
        let mut tickets = Vec::new();
        for place in 0..8u8 {
            let offset = u64::from(place) * 2 * block as u64;
            tickets.push(disk.submit(&file, offset, blocks(disk, place + 1, 2)).unwrap());
        }
        let mut completions = collect(disk);
        completions.sort_by_key(|completion| completion.ticket);
        assert_eq!(completions.iter().map(|completion| completion.ticket).collect::<Vec<_>>(), tickets);
        for (place, completion) in completions.iter().enumerate() {
            completion.result.as_ref().unwrap();
            assert_eq!(completion.buffer.as_slice(), vec![place as u8 + 1; 2 * block]);
        }
        let expected: Vec<u8> = (1..=8u8).flat_map(|byte| vec![byte; 2 * block]).collect();
        assert_eq!(contents(disk, "a"), expected);
        assert!(disk.next_completion(Duration::ZERO).is_none());
    }

    #[test]
    fn a_durable_write_past_the_end_extends_the_file(disk: &impl Storage) {
        let file = appended(disk, "a");
        let block = disk.block_bytes();
        disk.submit(&file, block as u64, blocks(disk, 7, 1)).unwrap();
        collect(disk).pop().unwrap().result.unwrap();
        assert_eq!(contents(disk, "a"), [vec![0; block], vec![7; block]].concat());
    }

    #[test]
    fn page_cache_writes_and_durable_writes_of_one_file_see_each_other(disk: &impl Storage) {
        let file = appended(disk, "a");
        let block = disk.block_bytes();
        disk.write_at(&file, 0, &vec![1; 2 * block]).unwrap();
        disk.submit(&file, 0, blocks(disk, 2, 1)).unwrap();
        collect(disk).pop().unwrap().result.unwrap();
        disk.sync(&file).unwrap();
        assert_eq!(contents(disk, "a"), [vec![2; block], vec![1; block]].concat());
    }

    #[test]
    fn only_whole_blocks_are_submitted_and_only_to_a_file_opened_for_append(disk: &impl Storage) {
        let file = appended(disk, "a");
        let one = || blocks(disk, 1, 1);
        let mut odd = WriteBuffer::with_capacity(100);
        assert!(odd.push(b"odd"));
        assert_eq!(kind(disk.submit(&file, 0, odd)), io::ErrorKind::InvalidInput);
        assert_eq!(kind(disk.submit(&file, 0, WriteBuffer::with_capacity(0))), io::ErrorKind::InvalidInput);
        assert_eq!(kind(disk.submit(&file, 100, one())), io::ErrorKind::InvalidInput);
        let plain = disk.open("a", OpenFor::ReadWrite).unwrap();
        assert_eq!(kind(disk.submit(&plain, 0, one())), io::ErrorKind::PermissionDenied);
        assert!(collect(disk).is_empty());
    }

    #[test]
    fn a_file_opened_for_reading_is_not_written(disk: &impl Storage) {
        disk.create("a").unwrap();
        let file = disk.open("a", OpenFor::Read).unwrap();
        assert_eq!(kind(disk.write_at(&file, 0, b"x")), io::ErrorKind::PermissionDenied);
        assert_eq!(kind(disk.preallocate(&file, 10)), io::ErrorKind::PermissionDenied);
        assert_eq!(kind(disk.sync(&file)), io::ErrorKind::PermissionDenied);
        assert_eq!(disk.len(&file).unwrap(), 0);
    }

    #[test]
    fn names_are_listed_by_folder_and_sorted(disk: &impl Storage) {
        disk.create_dir("journal").unwrap();
        disk.create_dir("journal").unwrap();
        for path in ["journal/2", "journal/1", "b", "a"] {
            disk.create(path).unwrap();
        }
        disk.sync_dir("journal").unwrap();
        disk.sync_dir("").unwrap();
        assert_eq!(disk.list("").unwrap(), ["a", "b"]);
        assert_eq!(disk.list("journal").unwrap(), ["1", "2"]);
        assert!(disk.list("nowhere").unwrap().is_empty());
        assert!(disk.list("nowhere/at/all").unwrap().is_empty());
    }

    #[test]
    fn a_rename_replaces_and_open_files_stay_what_they_were(disk: &impl Storage) {
        disk.create_dir("d").unwrap();
        let (old, new) = (disk.create("d/old").unwrap(), disk.create("new").unwrap());
        disk.write_at(&old, 0, b"old").unwrap();
        disk.write_at(&new, 0, b"new").unwrap();
        disk.rename("new", "d/old").unwrap();
        disk.rename("d/old", "d/old").unwrap();
        assert!(disk.list("").unwrap().is_empty());
        assert_eq!(contents(disk, "d/old"), b"new");
        disk.remove("d/old").unwrap();
        let mut bytes = [0; 3];
        assert_eq!(disk.read_at(&old, 0, &mut bytes).unwrap(), 3);
        assert_eq!(&bytes, b"old");
        disk.write_at(&new, 0, b"NEW").unwrap();
        disk.sync(&new).unwrap();
        assert!(disk.list("d").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_done_with_a_name_is_refused_alike(disk: &impl Storage) {
        use io::ErrorKind::{AlreadyExists, InvalidInput, IsADirectory, NotADirectory, NotFound};
        disk.create_dir("d").unwrap();
        disk.create("f").unwrap();
        assert_eq!(kind(disk.create("f")), AlreadyExists);
        assert_eq!(kind(disk.create("d")), AlreadyExists);
        assert_eq!(kind(disk.create("nowhere/f")), NotFound);
        assert_eq!(kind(disk.create("f/f")), NotADirectory);
        assert_eq!(kind(disk.create("../f")), InvalidInput);
        for open_for in [OpenFor::Read, OpenFor::ReadWrite, OpenFor::Append] {
            assert_eq!(kind(disk.open("g", open_for)), NotFound);
            assert_eq!(kind(disk.open("d", open_for)), IsADirectory);
            assert_eq!(kind(disk.open("/f", open_for)), InvalidInput);
        }
        assert_eq!(kind(disk.rename("g", "h")), NotFound);
        assert_eq!(kind(disk.rename("f", "nowhere/f")), NotFound);
        assert_eq!(kind(disk.rename("f", "d")), IsADirectory);
        assert_eq!(kind(disk.rename("d", "e")), IsADirectory);
        assert_eq!(kind(disk.remove("g")), NotFound);
        assert_eq!(kind(disk.remove("d")), IsADirectory);
        assert_eq!(kind(disk.create_dir("f")), NotADirectory);
        assert_eq!(kind(disk.create_dir("nowhere/d")), NotFound);
        assert_eq!(kind(disk.sync_dir("nowhere")), NotFound);
        assert_eq!(kind(disk.list("f")), NotADirectory);
        assert_eq!(kind(disk.list("..")), InvalidInput);
    }

    #[test]
    fn one_holder_has_the_lock_and_dropping_it_frees_it(disk: &impl Storage) {
        let held = disk.lock("LOCK").unwrap();
        let Err(LockError::Held { pid }) = disk.lock("LOCK") else { panic!("taken twice") };
        assert_eq!(pid, Some(std::process::id()));
        drop(held);
        drop(disk.lock("LOCK").unwrap());
        assert_eq!(disk.list("").unwrap(), ["LOCK"]);
    }

    #[test]
    fn a_waker_is_called_for_every_completion_that_can_be_taken(disk: &impl Storage) {
        let file = appended(disk, "a");
        let (woken, wakes) = crossbeam_channel::unbounded();
        disk.on_completion(Box::new(move || woken.send(()).unwrap()));
        for _ in 0..3 {
            disk.submit(&file, 0, blocks(disk, 1, 1)).unwrap();
            wakes.recv_timeout(PATIENCE).unwrap();
            disk.next_completion(Duration::ZERO).unwrap().result.unwrap();
        }
    }

    #[test]
    fn it_tells_its_block_and_its_room(disk: &impl Storage) {
        assert!((512..=65_536).contains(&disk.block_bytes()) && disk.block_bytes().is_power_of_two());
        assert!(disk.free_bytes().unwrap() > 0);
        assert_eq!(disk.io_mode(), disk.io_mode());
    }
}

/// One step of a random script: what to do, to which names, where and with what.
type Step = (u8, usize, usize, u16, u8);

/// What `step` answers, as text that both disks must agree on.
fn answer<S: Storage>(disk: &S, (what, from, to, offset, byte): Step) -> String {
    const NAMES: [&str; 6] = ["a", "b", "d", "d/a", "d/b", "d/d/a"];
    let (from, to) = (NAMES[from % NAMES.len()], NAMES[to % NAMES.len()]);
    let blocks_at = u64::from(offset % 8) * 4096;
    let opened = |open_for| disk.open(from, open_for);
    let text = match what % 10 {
        0 => disk.create(from).map(|_| String::new()),
        1 => opened(OpenFor::ReadWrite)
            .and_then(|file| disk.write_at(&file, offset.into(), &vec![byte; usize::from(byte) * 40]))
            .map(|()| String::new()),
        2 => opened(OpenFor::Append).and_then(|file| {
            let mut buffer = WriteBuffer::with_capacity(8192);
            assert!(buffer.push(&[byte; 8192]));
            disk.submit(&file, blocks_at, buffer)?;
            collect(disk).into_iter().try_for_each(|completion| completion.result)?;
            Ok(String::new())
        }),
        3 => opened(OpenFor::ReadWrite)
            .and_then(|file| disk.preallocate(&file, u64::from(offset) * 2))
            .map(|()| String::new()),
        4 => disk.rename(from, to).map(|()| String::new()),
        5 => disk.remove(from).map(|()| String::new()),
        6 => disk.create_dir(from).map(|()| String::new()),
        7 => disk.list(from).map(|names| names.join(" ")),
        8 => disk.sync_dir(from).map(|()| String::new()),
        _ => opened(OpenFor::Read).map(|_| format!("{:x}", crc32fast::hash(&contents(disk, from)))),
    };
    text.unwrap_or_else(|error| format!("{:?}", error.kind()))
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]
    #[test]
    fn any_script_gets_the_same_answers_from_files_and_from_the_simulated_disk(
        steps in proptest::collection::vec(proptest::prelude::any::<Step>(), 1..60),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let files = FileStorage::open(dir.path(), IoMode::Direct, 2).unwrap();
        let simulated = SimDisk::new(1);
        for step in steps {
            proptest::prop_assert_eq!(answer(&files, step), answer(&simulated, step), "{:?}", step);
        }
    }
}
