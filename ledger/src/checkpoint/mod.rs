//! temporary
use crate::error::Error;
use crate::model::{LedgerId, Sequence};
use crate::rebuildable::{Kind, Unusable};
use crate::state::State;
use crate::storage::Storage;
pub const DIR: &str = "checkpoint";
pub const SUFFIX: &str = ".ckpt";
pub const KIND: Kind = Kind { magic: *b"LDGRCKPT", version: 1, page_bytes: 4096, sections: &[] };
pub struct Newest {
    pub state: Option<State>,
    pub unusable: Vec<Unusable>,
}
pub fn newest<S: Storage>(_: &S, _: LedgerId, _: Sequence) -> Result<Newest, Error> {
    Ok(Newest { state: None, unusable: vec![] })
}
pub fn newest_up_to<S: Storage>(_: &S, _: LedgerId, _: Sequence) -> Result<Option<State>, Error> {
    Ok(None)
}
pub fn write<S: Storage>(_: &S, _: &State) -> Result<(), Error> {
    Ok(())
}
