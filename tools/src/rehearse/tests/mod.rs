//! What a rehearsal promises.

mod figures;
mod rules;
