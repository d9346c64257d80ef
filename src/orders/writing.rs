//! An order is written down with its lines and its first event, in one statement however many lines there are.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::document::{Counted, Priced};
use super::number::OrderNumber;
use super::placing::{Line, Placing, Sender, is_tracked};
use crate::db::{TenantDoor, Tx};
use crate::error::{Error, Result};
use crate::ids::{OrderEventId, OrderId};
use crate::order_days::{Choice, Method};
use crate::tax::TaxCountry;

/// An order that is about to be written down.
pub(super) struct Draft<'a> {
    pub sender: &'a Sender<'a>,
    pub placing: &'a Placing,
    pub lines: &'a [Line],
    pub wanted: Option<Choice>,
    pub priced: &'a [Priced],
    pub counted: &'a Counted,
    pub order: OrderId,
    pub event: OrderEventId,
    pub now: DateTime<Utc>,
}

/// The columns of the lines, one list each.
#[derive(Default)]
struct Columns {
    places: Vec<i16>,
    products: Vec<Uuid>,
    texts: [Vec<String>; 5],
    basis_points: Vec<i32>,
    units: Vec<i64>,
    from_quantities: Vec<i32>,
    until: Vec<Option<NaiveDate>>,
    ordered: Vec<i32>,
    reserved: Vec<i32>,
    nets: Vec<i64>,
    taxes: Vec<Option<i64>>,
}

impl Columns {
    fn of(draft: &Draft<'_>) -> Self {
        let mut columns = Self::default();
        for (at, ((line, priced), (net_minor, tax_minor))) in draft.lines.iter().zip(draft.priced).zip(&draft.counted.lines).enumerate() {
            let (goods, price) = (&line.goods, &line.price);
            let quantity = i32::try_from(line.quantity).unwrap_or(i32::MAX);
            columns.places.push(i16::try_from(at + 1).unwrap_or(i16::MAX));
            columns.products.push(goods.product_id.uuid());
            let texts = [goods.sku.as_str(), &goods.name, &goods.pack, goods.tax_class.word(), price.source.word()];
            columns.texts.iter_mut().zip(texts).for_each(|(column, text)| column.push(text.to_owned()));
            columns.basis_points.push(i32::try_from(priced.basis_points).unwrap_or_default());
            columns.units.push(price.unit_minor);
            columns.from_quantities.push(i32::try_from(price.from_quantity).unwrap_or(i32::MAX));
            columns.until.push(price.valid_until);
            columns.ordered.push(quantity);
            columns.reserved.push(if is_tracked(goods) { quantity } else { 0 });
            columns.nets.push(*net_minor);
            columns.taxes.push(*tax_minor);
        }
        columns
    }
}

/// Of the numbers that are tried, hardly ever is even one taken.
const TRIES: usize = 5;

/// Writes it down, under a number that is free.
pub(super) async fn write_down<D: TenantDoor>(tx: &mut Tx<D>, draft: &Draft<'_>) -> Result<OrderNumber> {
    let columns = Columns::of(draft);
    for _ in 0..TRIES {
        let number = OrderNumber::random(draft.sender.business_name, &mut rand::rng());
        if try_number(tx, draft, &columns, &number).await? {
            return Ok(number);
        }
    }
    Err(Error::Internal(anyhow::anyhow!("no free number was found for an order")))
}

async fn try_number<D: TenantDoor>(tx: &mut Tx<D>, draft: &Draft<'_>, columns: &Columns, number: &OrderNumber) -> Result<bool> {
    let Draft { sender, placing, counted, order, event, now, wanted, .. } = draft;
    let [skus, names, packs, classes, sources] = &columns.texts;
    // One for all of them: whose it is depends on the two countries alone.
    let tax_country = draft.lines.first().map_or(TaxCountry::Export, |line| line.goods.tax_rate(sender.terms).country).word();
    let made = sqlx::query_scalar!(
        r#"with made as (
             insert into orders (tenant_id, order_id, account_id, number, status, status_since, placed_at, placed_by_kind, placed_by,
                                 placed_by_name, reference, note, currency, vat_rounding, tax_country, net_minor, tax_minor,
                                 method, wanted_day, closes_at)
             values ($1, $2, $3, $4, 'submitted', $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $32, $33, $34)
             on conflict (tenant_id, number) do nothing returning order_id),
           lines as (
             insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points,
                                      unit_minor, price_source, price_from_quantity, price_valid_until, ordered, reserved, net_minor, tax_minor)
             select $1, m.order_id, l.line, $3, l.product_id, l.sku, l.name, l.pack, l.tax_class, l.tax_basis_points,
                    l.unit_minor, l.price_source, l.price_from_quantity, l.price_valid_until, l.ordered, l.reserved, l.net_minor, l.tax_minor
               from made m
              cross join unnest($16::smallint[], $17::uuid[], $18::text[], $19::text[], $20::text[], $21::text[], $22::int[], $23::bigint[],
                                $24::text[], $25::int[], $26::date[], $27::int[], $28::int[], $29::bigint[], $30::bigint[])
                 as l (line, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                       price_source, price_from_quantity, price_valid_until, ordered, reserved, net_minor, tax_minor)),
           events as (
             insert into order_events (tenant_id, order_id, event_id, account_id, at, actor_kind, actor_id, actor_name, move, to_status)
             select $1, m.order_id, $31, $3, $5, $6, $7, $8, 'submitted', 'submitted' from made m)
           select count(*) as "made!" from made"#,
        tx.tenant().uuid(),
        order.uuid(),
        sender.account.uuid(),
        number.as_str(),
        *now,
        sender.by.actor().kind(),
        sender.by.id(),
        sender.by.name(),
        placing.reference,
        placing.note,
        sender.terms.currency.as_str(),
        sender.terms.rounding.word(),
        tax_country,
        counted.totals.net_minor,
        counted.totals.tax_minor,
        &columns.places[..],
        &columns.products[..],
        &skus[..],
        &names[..],
        &packs[..],
        &classes[..],
        &columns.basis_points[..],
        &columns.units[..],
        &sources[..],
        &columns.from_quantities[..],
        &columns.until[..] as _,
        &columns.ordered[..],
        &columns.reserved[..],
        &columns.nets[..],
        &columns.taxes[..] as _,
        event.uuid(),
        wanted.map_or(Method::Delivery, |choice| choice.method).word(),
        wanted.map(|choice| choice.day),
        wanted.map(|choice| choice.closes_at)
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(made == 1)
}
