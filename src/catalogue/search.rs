//! What somebody looks for. The words they typed first; when those find next to nothing, what they may have meant as well.

use super::words::{self, Slot};
use super::{After, Ask, Shelf, shelves};
use crate::db::{Counter, Tx};
use crate::error::Result;
use crate::tenancy::terms::Terms;

/// With fewer found than these somebody may have mistyped, or the wholesaler has.
const FEW: usize = 3;

/// The products that are listed and have every word, in whatever order.
pub(super) async fn found(tx: &mut Tx<Counter>, terms: &Terms, ask: &Ask) -> Result<Shelf> {
    let slots = words::asked(&ask.query);
    let shelf = shelves::with_words(tx, terms, ask, &slots).await?;
    if shelf.goods.len() >= FEW || ask.after != After::Nothing || slots.is_empty() {
        return Ok(shelf);
    }
    let vocabulary = vocabulary(tx).await?;
    let (corrected, meant) = correct(slots.clone(), &vocabulary);
    if corrected == slots {
        return Ok(shelf);
    }
    let more = shelves::with_words(tx, terms, ask, &corrected).await?;
    let is_more = more.goods.len() > shelf.goods.len();
    Ok(if is_more { Shelf { shown_for: meant, ..more } } else { shelf })
}

/// Each word with what may have been meant by it, and all of them as they may have been meant.
fn correct(slots: Vec<Slot>, vocabulary: &[String]) -> (Vec<Slot>, String) {
    let (mut corrected, mut meant) = (Vec::new(), Vec::new());
    for slot in slots {
        let corrections = words::corrections(&slot.word, vocabulary.iter().map(String::as_str));
        let is_known = vocabulary.iter().any(|known| known.starts_with(&slot.word));
        let nearest = corrections.first().filter(|_| !is_known).map(|correction| correction.word.clone());
        meant.push(nearest.unwrap_or_else(|| slot.word.clone()));
        corrected.push(slot.corrected(&corrections));
    }
    (corrected, meant.join(" "))
}

/// Every word that a product of this tenant is kept under.
async fn vocabulary(tx: &mut Tx<Counter>) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!("select distinct word from search_words where tenant_id = $1", tx.tenant().uuid()).fetch_all(&mut *tx).await?)
}
