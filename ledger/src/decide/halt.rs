//! Imposing halts, and lifting them.
//!
//! Imposing takes one person, since it only makes things safer; lifting takes two. A selector's names are looked up when the halt
//! is imposed: accounts and stores that come later can only match what is not about names.

use super::Case;
use super::controls::Refusal;
use super::names;
use crate::command::{ImposeHalt, LiftHalt};
use crate::event::{Body, HaltImposed, HaltLifted};
use crate::model::{ActorKind, ActorNumber};
use crate::rejection::Rejection;
use crate::selector::Written;
use crate::state::{HALT_EXCEPTIONS_MAX, HALTS_MAX, State};

pub(super) fn impose(case: &Case<'_>, action: &ImposeHalt) -> Result<Body, Refusal> {
    let selector = compiled(case.state, "selector", &action.selector)?;
    if case.state.halts().filter(|halt| !halt.is_over(case.now)).count() >= HALTS_MAX {
        return Err(Rejection::HaltsExhausted { bound: "64 halts" }.into());
    }
    Ok(Body::HaltImposed(HaltImposed {
        selector,
        reason: action.reason.clone(),
        incident: action.incident,
        starts_at: action.starts_at,
        ends_at: action.ends_at,
    }))
}

pub(super) fn lift(case: &Case<'_>, action: &LiftHalt) -> Result<Body, Refusal> {
    let except = action.except.as_deref().map(|text| compiled(case.state, "except", text)).transpose()?;
    let Some(halt) = case.state.halt(action.halt).filter(|halt| !halt.is_over(case.now)) else {
        let imposed = case.state.halt(action.halt).is_some()
            || case.original.is_some_and(|event| matches!(event.body, Body::HaltImposed(_)));
        return Err(if imposed { Rejection::HaltOver } else { Rejection::HaltUnknown }.into());
    };
    let approved_by = second_person(case, action.approved_by.as_deref())?;
    if except.is_some() && halt.exceptions.len() >= HALT_EXCEPTIONS_MAX {
        return Err(Rejection::HaltsExhausted { bound: "16 exceptions of this halt" }.into());
    }
    Ok(Body::HaltLifted(HaltLifted { halt: action.halt, except, approved_by }))
}

/// A text whose names are all known.
fn compiled(state: &State, field: &'static str, text: &str) -> Result<Written, Rejection> {
    let written = Written::latest(text);
    match written.compile(state) {
        Ok(_) => Ok(written),
        Err(error) => Err(Rejection::SelectorInvalid { field, error: Box::new(error) }),
    }
}

/// Who approves: a registered person, and another one than the registered person who acts.
fn second_person(case: &Case<'_>, approved_by: Option<&str>) -> Result<ActorNumber, Rejection> {
    let state = case.state;
    let person = |number: &ActorNumber| state.actor(*number).is_some_and(|actor| actor.kind == ActorKind::Person);
    let actor = Some(names::actor(state, case.command)?).filter(person);
    let second = approved_by.and_then(|principal| state.actor_by_principal(principal)).filter(person);
    match (actor, second) {
        (Some(first), Some(second)) if first != second => Ok(second),
        _ => Err(Rejection::SecondPersonMissing),
    }
}
