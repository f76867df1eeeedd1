//! temporary
pub(crate) fn run<S: crate::storage::Storage>(
    _: &crate::reader::Shared<S>,
    _: &super::config::Config,
    _: &std::path::Path,
    _: &super::background::Common,
) {
}
