//! A power cut, or a kill, at every single change of the disk.

use super::*;

/// A short life with rotation, several writes in flight, a watermark and a reopening. Gives back what was acknowledged.
fn live(disk: &SimDisk, options: JournalOptions, book: &mut Book) -> u64 {
    let mut acknowledged = 0;
    let mut run = || -> Result<(), Error> {
        for life in 0..2 {
            let (mut writer, recovered) = open(disk, options)?;
            book.cut(recovered.last_sequence);
            let mut filler = writer.filler();
            for step in 0..30 {
                book.append(&mut writer, 1 + step % 3, 300)?;
                if step % 4 == 3 {
                    book.append(&mut writer, 1, 1500)?;
                }
                acknowledged = writer.pump()?.durable_through;
                if step % 5 == 0 {
                    filler.step()?;
                }
            }
            acknowledged = writer.drain()?.durable_through;
            writer.watermark()?;
            book.append(&mut writer, 1, 10)?;
            acknowledged = writer.drain()?.durable_through;
            if life == 0 {
                writer.close()?;
            }
        }
        Ok(())
    };
    let _ = run();
    acknowledged
}

fn options() -> JournalOptions {
    small(8192, 1024, 3)
}

fn changes_of_a_life() -> u64 {
    let disk = SimDisk::new(7);
    let mut book = Book::default();
    assert_eq!(live(&disk, options(), &mut book), book.last(), "nothing fails without a crash");
    let changes = disk.changes();
    assert!(changes > 100 && book.last() > 40, "{changes} changes, {} events", book.last());
    changes
}

#[test]
fn a_power_cut_at_every_change_loses_nothing_that_was_acknowledged() {
    for at in 1..=changes_of_a_life() {
        let disk = SimDisk::new(7);
        disk.crash_after(at);
        let mut book = Book::default();
        let acknowledged = live(&disk, options(), &mut book);
        for seed in 0..12 {
            let mut book = book.clone();
            assert_whole(&disk.crash(seed), options(), &mut book, acknowledged);
        }
    }
}

#[test]
fn a_kill_at_every_change_and_a_power_cut_after_it_lose_nothing_that_was_acknowledged() {
    for at in 1..=changes_of_a_life() {
        let disk = SimDisk::new(7);
        disk.crash_after(at);
        let mut book = Book::default();
        let acknowledged = live(&disk, options(), &mut book);
        for seed in 0..6 {
            let mut book = book.clone();
            let killed = disk.kill(seed);
            let (mut writer, recovered) = open(&killed, options()).unwrap();
            assert!(recovered.last_sequence >= acknowledged);
            book.cut(recovered.last_sequence);
            book.append(&mut writer, 1, 100).unwrap();
            let acknowledged = writer.drain().unwrap().durable_through;
            assert_whole(&killed.crash(seed), options(), &mut book, acknowledged);
        }
    }
}

#[test]
fn a_power_cut_at_every_change_of_a_recovery_is_recovered_the_same_way() {
    let whole = changes_of_a_life();
    for at in (1..=whole).step_by(7) {
        let disk = SimDisk::new(7);
        disk.crash_after(at);
        let mut book = Book::default();
        let acknowledged = live(&disk, options(), &mut book);
        let crashed = disk.crash(at);
        let changes = {
            let disk = crashed.crash(0);
            let before = disk.changes();
            drop(open(&disk, options()));
            disk.changes() - before
        };
        for inside in 1..=changes {
            let disk = crashed.crash(0);
            disk.crash_after(disk.changes() + inside);
            drop(open(&disk, options()));
            let again = if inside % 2 == 0 { disk.crash(inside) } else { disk.kill(inside) };
            let mut book = book.clone();
            assert_whole(&again, options(), &mut book, acknowledged);
        }
    }
}
