//! Reading and writing held against each other, against a table of refusals, and against the page that describes them.

mod page;
mod refusals;
mod round_trip;
mod sample;
