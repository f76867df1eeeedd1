//! The rules of the repository that a compiler does not know: who may use whom, what no file holds, and that the
//! documentation speaks of things that exist. Each check is first tried on something it must refuse.

mod docs;
mod layers;
mod rust;
mod source;
mod tree;
