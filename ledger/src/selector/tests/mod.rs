//! Properties of the language, against a reading of conditions that shares nothing with the flat form.

mod generate;
mod naive;
mod properties;
