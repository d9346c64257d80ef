//! What somebody looks for. The words they typed first; when those find next to nothing, what they may have meant as well.

use super::words::{self, Slot};
use super::{After, Ask, Remembered, Shelf, shelves};
use crate::db::{Counter, Tx};
use crate::error::Result;
use crate::tenancy::terms::Terms;

/// With fewer found than these somebody may have mistyped, or the wholesaler has.
const FEW: usize = 3;

/// The products that are listed and have every word, in whatever order.
pub(super) async fn found(tx: &mut Tx<Counter>, terms: &Terms, ask: &Ask, remembered: &Remembered) -> Result<Shelf> {
    let slots = words::asked(&ask.query);
    if let After::Corrected(_) = ask.after {
        let (more, _) = corrected(tx, terms, ask, remembered, slots).await?;
        return Ok(more);
    }
    let shelf = shelves::with_words(tx, terms, ask, &slots).await?;
    if shelf.goods.len() >= FEW || ask.after != After::Nothing || slots.is_empty() {
        return Ok(shelf);
    }
    let (more, is_otherwise) = corrected(tx, terms, ask, remembered, slots).await?;
    Ok(if is_otherwise && more.goods.len() > shelf.goods.len() { more } else { shelf })
}

/// The products that have what may have been meant, and whether that is anything else than what was typed.
async fn corrected(tx: &mut Tx<Counter>, terms: &Terms, ask: &Ask, remembered: &Remembered, slots: Vec<Slot>) -> Result<(Shelf, bool)> {
    let vocabulary = remembered.words(tx).await?;
    let (corrected, meant) = correct(slots.clone(), &vocabulary);
    if corrected == slots && ask.after == After::Nothing {
        return Ok((Shelf::default(), false));
    }
    let mut more = shelves::with_words(tx, terms, ask, &corrected).await?;
    if let Some(After::Place(place)) = more.next {
        more.next = Some(After::Corrected(place));
    }
    Ok((Shelf { shown_for: meant, ..more }, true))
}

/// Each word with what may have been meant by it, and all of them as they may have been meant.
fn correct(slots: Vec<Slot>, vocabulary: &str) -> (Vec<Slot>, String) {
    let (mut corrected, mut meant) = (Vec::new(), Vec::new());
    for slot in slots {
        let corrections = words::corrections(&slot.word, vocabulary.split(' '));
        let is_known = vocabulary.split(' ').any(|known| known.starts_with(&slot.word));
        let nearest = corrections.first().filter(|_| !is_known).map(|correction| correction.word.clone());
        meant.push(nearest.unwrap_or_else(|| slot.word.clone()));
        corrected.push(slot.corrected(&corrections));
    }
    (corrected, meant.join(" "))
}
