//! What `decide` reads, and `apply`.
