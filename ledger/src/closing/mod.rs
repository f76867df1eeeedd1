//! temporary
use crate::error::Error;
pub const DIR: &str = "closing";
pub(crate) fn catch_up<S: crate::storage::Storage>(
    _: &crate::reader::Shared<S>,
    _: &crate::engine::config::Config,
) -> Result<(), Error> {
    Ok(())
}
