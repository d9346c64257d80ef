//! A line that was not ordered: something more, or something instead of what cannot be had.

use super::moves::Locked;
use super::reading::Line;
use crate::catalogue::Goods;
use crate::pricing::{Price, Source};
use crate::products::Status;
use crate::stock::StockMode;
use crate::tenancy::terms::Terms;
use crate::values::{Quantity, Sku};

/// What is to be added.
#[derive(Debug, Clone, Copy)]
pub struct Adding<'a> {
    pub sku: &'a str,
    pub quantity: u32,
    /// The line that it stands for, and is not dearer than.
    pub instead_of: Option<i16>,
}

/// The line that is added, without its number: at its customer's price or, instead of another in the same pack, at the lower of the
/// two; what a case costs says nothing of what one of six in it does. `goods` are those of its SKU at least.
///
/// # Errors
/// Why it cannot be, in words.
pub fn added_line(order: &Locked, adding: &Adding<'_>, goods: &[Goods], terms: &Terms) -> Result<Line, String> {
    let key = Sku::parse(adding.sku).map(|sku| sku.key()).map_err(|why| why.to_string())?;
    let found = goods.iter().find(|goods| Sku::parse(&goods.sku).is_ok_and(|sku| sku.key() == key));
    let goods = found.ok_or("We have no product with this SKU.")?;
    if goods.status == Status::Discontinued {
        return Err("It is not sold any more.".to_owned());
    }
    let quantity = Quantity::new(adding.quantity).map_err(|why| why.to_string())?;
    let original = match adding.instead_of {
        Some(number) => Some(order.lines.iter().find(|line| line.line == number).ok_or("There is no line that it could stand for.")?),
        None => None,
    };
    let own = goods.price(quantity, terms);
    let same_pack = original.filter(|original| original.pack.trim().eq_ignore_ascii_case(goods.pack.trim()));
    let source = |own: &Price| if original.is_some() { "substitute" } else { own.source.word() };
    let (unit_minor, source) = match (&own, same_pack) {
        (None, None) => return Err("It has no price for this customer.".to_owned()),
        (Some(own), None) => (own.unit_minor, source(own)),
        (own, Some(original)) => (own.as_ref().map_or(original.unit_minor, |own| own.unit_minor.min(original.unit_minor)), "substitute"),
    };
    Ok(Line {
        order_id: order.order_id,
        product_id: goods.product_id.uuid(),
        sku: goods.sku.clone(),
        name: goods.name.clone(),
        pack: goods.pack.clone(),
        tax_class: goods.tax_class.word().to_owned(),
        tax_basis_points: i32::try_from(goods.tax_rate(terms).basis_points).unwrap_or_default(),
        unit_minor,
        price_source: source.to_owned(),
        price_from_quantity: own.as_ref().map_or(1, |own| i32::try_from(own.from_quantity).unwrap_or(i32::MAX)),
        price_list_id: (source == Source::List.word()).then_some(terms.account_list),
        price_valid_until: own.and_then(|own| own.valid_until),
        accepted: Some(quantity.as_i32()),
        reserved: if goods.stock_mode == StockMode::Untracked { 0 } else { quantity.as_i32() },
        substitute_for: adding.instead_of,
        ..Line::default()
    })
}
