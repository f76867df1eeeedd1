//! Making currencies, actors and stores known.

use super::Case;
use super::controls::{self, Refusal};
use super::names::Named;
use crate::command::{DefineCurrency, OpenStore, RegisterActor};
use crate::event::{ActorRegistered, Body, CurrencyDefined, StoreOpened};
use crate::model::{AccountKind, Actor, ActorNumber, Currency, CurrencyNumber, OperationKind, Store, StoreNumber};
use crate::rejection::Rejection;

pub(super) fn define_currency(case: &Case<'_>, action: &DefineCurrency) -> Result<Body, Rejection> {
    if case.state.currency_by_code(action.code).is_some() {
        return Err(Rejection::CurrencyExists { currency: action.code });
    }
    let number = u16::try_from(case.state.currencies().len()).map_err(|_| Rejection::CurrenciesExhausted)?;
    let currency = Currency { code: action.code, exponent: action.exponent };
    Ok(Body::CurrencyDefined(CurrencyDefined { number: CurrencyNumber(number), currency }))
}

pub(super) fn register_actor(case: &Case<'_>, action: &RegisterActor) -> Result<Body, Rejection> {
    if case.state.actor_by_principal(&action.principal).is_some() {
        return Err(Rejection::ActorExists);
    }
    let actor =
        Actor { principal: action.principal.to_string(), kind: action.kind, authenticated_by: action.authenticated_by };
    Ok(Body::ActorRegistered(ActorRegistered { number: ActorNumber(case.state.actor_count() as u32 + 1), actor }))
}

pub(super) fn open_store(case: &Case<'_>, action: &OpenStore) -> Result<Body, Refusal> {
    if case.state.store_by_code(&action.code).is_some() {
        return Err(Rejection::StoreExists.into());
    }
    let payable = Named::find(case.state, &action.payable, None)?;
    payable.check_open()?;
    payable.check_kind(AccountKind::Liability)?;
    let store = Store { code: action.code.clone(), payable: payable.number };
    let opened = StoreOpened { number: StoreNumber(case.state.store_count() as u32 + 1), store };
    controls::pass_halts(case, OperationKind::OpenStore, || Body::StoreOpened(opened.clone()))?;
    Ok(Body::StoreOpened(opened))
}
