//! Durable writes between their submission and their completion, in an order that is chosen.

use super::fault::{Fault, Operation};
use super::machine::Machine;
use super::{PlantedBug, SimFile};
use crate::storage::{Completion, Ticket, WriteBuffer, names};
use std::collections::VecDeque;
use std::io;

#[derive(Debug)]
struct Flight {
    ticket: Ticket,
    file: SimFile,
    offset: u64,
    buffer: WriteBuffer,
    /// It may complete when the clock reads this.
    due: u64,
}

/// What is in flight, and what has landed and waits to be collected.
#[derive(Debug, Default)]
pub(super) struct Flights {
    in_flight: Vec<Flight>,
    landed: VecDeque<Completion>,
    next_ticket: u64,
    /// Operations and polls so far.
    clock: u64,
    /// Nothing lands until the test says so.
    pub(super) by_hand: bool,
    /// A completion has become available since the last time anybody asked.
    wakes: bool,
}

impl Flights {
    /// Time passes with every operation and every poll.
    pub(super) fn tick(&mut self) {
        self.clock += 1;
        self.wakes |= !self.by_hand && self.in_flight.iter().any(|flight| flight.due == self.clock);
    }

    /// What is in flight ends now, with an error: whoever waits for it is to hear of that.
    pub(super) fn wake_if_any(&mut self) {
        self.wakes |= !self.in_flight.is_empty();
    }

    pub(super) fn take_wake(&mut self) -> bool {
        std::mem::take(&mut self.wakes)
    }

    pub(super) fn tickets(&self) -> Vec<Ticket> {
        self.in_flight.iter().map(|flight| flight.ticket).collect()
    }
}

impl Machine {
    pub(super) fn submit(&mut self, file: &SimFile, offset: u64, buffer: WriteBuffer) -> io::Result<Ticket> {
        names::may_submit(file.open_for, offset, buffer.len(), self.block_bytes)?;
        let delay = match self.begin(Operation::Submit)? {
            Some(Fault::Delay(operations)) => operations,
            Some(fault) => return Err(fault.error()),
            None => 0,
        };
        let ticket = Ticket(self.flights.next_ticket);
        self.content(file)?.submit(ticket, offset, buffer.as_slice());
        self.flights.next_ticket += 1;
        let due = self.flights.clock + delay;
        self.flights.in_flight.push(Flight { ticket, file: file.clone(), offset, buffer, due });
        self.flights.wakes |= !self.flights.by_hand && delay == 0;
        Ok(ticket)
    }

    /// The next completion. A poll (`waits` is false) finds only what is due; waiting lets time pass.
    pub(super) fn next_completion(&mut self, waits: bool) -> Option<Completion> {
        self.flights.tick();
        if let Some(landed) = self.flights.landed.pop_front() {
            return Some(landed);
        }
        if !self.has_power() {
            let flight = self.flights.in_flight.pop()?;
            let result = self.begin(Operation::Complete).map(drop);
            return Some(Completion { ticket: flight.ticket, result, buffer: flight.buffer });
        }
        if self.flights.by_hand {
            return None;
        }
        let flights = &mut self.flights;
        let soonest = flights.in_flight.iter().map(|flight| flight.due).min()?;
        if soonest > flights.clock {
            if !waits {
                return None;
            }
            flights.clock = soonest;
        }
        let due: Vec<usize> =
            (0..flights.in_flight.len()).filter(|place| flights.in_flight[*place].due <= flights.clock).collect();
        let chosen = due[self.rng.below(due.len() as u64) as usize];
        Some(self.land(chosen))
    }

    /// Lets one write end, with or without an error of the test's choice; false when it is not in flight.
    pub(super) fn release(&mut self, ticket: Ticket, error: Option<Fault>) -> bool {
        let Some(place) = self.flights.in_flight.iter().position(|flight| flight.ticket == ticket) else {
            return false;
        };
        if let Some(fault) = error {
            self.faults.force(fault);
        }
        let landed = self.land(place);
        self.flights.landed.push_back(landed);
        self.flights.wakes = true;
        true
    }

    fn land(&mut self, place: usize) -> Completion {
        let Flight { ticket, file, offset, buffer, .. } = self.flights.in_flight.remove(place);
        let result = self.complete(ticket, &file, offset + buffer.len() as u64);
        Completion { ticket, result, buffer }
    }

    fn complete(&mut self, ticket: Ticket, file: &SimFile, end: u64) -> io::Result<()> {
        let fault = self.begin(Operation::Complete)?;
        let len = self.content(file)?.cached().len();
        let room = self.check_room(len, end);
        let ignored = self.bugs.contains(&PlantedBug::CompleteUnsynced);
        match (fault, room) {
            (Some(Fault::Short), _) => {
                let bytes = self.content(file)?.in_flight_bytes(ticket);
                let landed = self.part_of(bytes);
                self.content(file)?.fail(ticket, landed);
                Err(Fault::Short.error())
            }
            (Some(fault), _) => {
                self.content(file)?.fail(ticket, 0);
                Err(fault.error())
            }
            (None, Err(full)) => {
                self.content(file)?.fail(ticket, 0);
                Err(full)
            }
            (None, Ok(())) if ignored => {
                self.content(file)?.complete_unsynced(ticket);
                Ok(())
            }
            (None, Ok(())) => {
                self.content(file)?.complete(ticket);
                Ok(())
            }
        }
    }
}
