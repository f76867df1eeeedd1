//! The rules of the books: scenarios that an accountant can read, and properties against a model that shares no code.

mod books;
mod expiry;
mod generate;
mod halts;
mod judge;
mod model;
mod operation;
mod properties;
mod scenario;
mod sentence;
