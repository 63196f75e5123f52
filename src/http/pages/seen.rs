//! Saying that somebody has looked at an order's warnings.

use std::sync::Arc;

use poem::http::Uri;
use poem::web::{Data, Path};
use poem::{Response, handler};

use crate::auth::Principal;
use crate::http::address::OrderAddress;
use crate::http::order_responses::{done, or_no_such_order};
use crate::http::{AppState, Error};
use crate::view::Notice;

/// Notes who has seen the warnings; where somebody had before, that stays.
#[handler]
pub async fn mark(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    principal: Principal,
    uri: &Uri,
) -> Result<Response, Error> {
    let OrderAddress { number, list } = OrderAddress::of(&number, uri)?;
    or_no_such_order(state, number, state.db.find_editable(number).await?).await?;
    state.db.mark_warnings_seen(number, &principal.actor(), state.clock.utc()).await?;
    Ok(done(number, &list, Notice::Seen))
}
