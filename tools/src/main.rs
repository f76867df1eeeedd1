//! s
#![allow(dead_code)]
mod rehearse;
fn main() {}
