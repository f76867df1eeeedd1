//! The language of controls and assessments from outside: texts and what they come to, and the page that describes it.

mod golden;
mod page;
mod story;
