//! Commands, events and answers as JSON.
