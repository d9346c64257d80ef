//! An order is written down with its lines and its first event, in one statement however many lines there are.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::document::{Counted, Priced, count_up};
use super::moves::Locked;
use super::number::OrderNumber;
use super::placing::{Line, Placing, Sender, is_tracked};
use super::reading;
use crate::db::{Counter, Office, TenantDoor, Tx};
use crate::error::{Error, Result};
use crate::ids::{OrderEventId, OrderId};
use crate::order_days::{Choice, Method};
use crate::tax::TaxCountry;
use crate::tenancy::terms::Terms;

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
    fn of(lines: &[Line], priced: &[Priced], counted: &Counted) -> Self {
        let mut columns = Self::default();
        for (at, ((line, priced), (net_minor, tax_minor))) in lines.iter().zip(priced).zip(&counted.lines).enumerate() {
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
    let columns = Columns::of(draft.lines, draft.priced, draft.counted);
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
                                      unit_minor, price_source, price_from_quantity, price_valid_until, price_list_id, ordered, reserved,
                                      net_minor, tax_minor)
             select $1, m.order_id, l.line, $3, l.product_id, l.sku, l.name, l.pack, l.tax_class, l.tax_basis_points,
                    l.unit_minor, l.price_source, l.price_from_quantity, l.price_valid_until, case when l.price_source = 'list' then $35::uuid end, l.ordered, l.reserved, l.net_minor, l.tax_minor
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
        wanted.map(|choice| choice.closes_at),
        sender.terms.account_list
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(made == 1)
}

/// Adds lines to an order, as they are. What they come to is counted afterwards, with all the others.
pub async fn add_lines(tx: &mut Tx<Office>, order: &Locked, lines: &[&reading::Line]) -> Result<()> {
    for line in lines {
        sqlx::query!(
            "insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                                      price_source, price_from_quantity, price_valid_until, ordered, accepted, picked, substitute_for, why, reserved,
                                      price_list_id, net_minor)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, 0)",
            tx.tenant().uuid(),
            order.order_id,
            line.line,
            order.account_id,
            line.product_id,
            line.sku,
            line.name,
            line.pack,
            line.tax_class,
            line.tax_basis_points,
            line.unit_minor,
            line.price_source,
            line.price_from_quantity,
            line.price_valid_until,
            line.ordered,
            line.accepted,
            line.picked,
            line.substitute_for,
            line.why,
            line.reserved,
            line.price_list_id
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Counts an order up anew after its lines have changed, and writes down what it and they come to.
pub async fn recount(tx: &mut Tx<Office>, order: &mut Locked) -> Result<()> {
    order.lines = reading::lines(tx, &[order.order_id]).await?;
    let priced: Vec<Priced> = order.lines.iter().map(reading::Line::priced).collect();
    let Counted { lines: counted, totals } = count_up(&priced, order.rounding)?;
    let places: Vec<i16> = order.lines.iter().map(|line| line.line).collect();
    let (nets, taxes): (Vec<i64>, Vec<Option<i64>>) = counted.into_iter().unzip();
    sqlx::query!(
        "with counted as (select c.line, c.net_minor, c.tax_minor from unnest($3::smallint[], $4::bigint[], $5::bigint[]) as c (line, net_minor, tax_minor)),
           lines as (
             update order_lines l set net_minor = c.net_minor, tax_minor = c.tax_minor from counted c
              where l.tenant_id = $1 and l.order_id = $2 and l.line = c.line)
         update orders set net_minor = $6, tax_minor = $7 where tenant_id = $1 and order_id = $2",
        tx.tenant().uuid(),
        order.order_id,
        &places[..],
        &nets[..],
        &taxes[..] as _,
        totals.net_minor,
        totals.tax_minor
    )
    .execute(&mut *tx)
    .await?;
    (order.net_minor, order.gross_minor) = (totals.net_minor, totals.gross_minor);
    for (line, net_minor) in order.lines.iter_mut().zip(nets) {
        line.net_minor = net_minor;
    }
    Ok(())
}

/// Puts these lines in the place of those that an order has, which nobody has answered.
pub(super) async fn replace_lines(tx: &mut Tx<Counter>, order: &Locked, lines: &[Line], counted: &Counted, terms: &Terms) -> Result<()> {
    let priced: Vec<Priced> = lines.iter().map(|line| line.priced(terms)).collect();
    let columns = Columns::of(lines, &priced, counted);
    let [skus, names, packs, classes, sources] = &columns.texts;
    sqlx::query!("delete from order_lines where tenant_id = $1 and order_id = $2", tx.tenant().uuid(), order.order_id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into order_lines (tenant_id, order_id, line, account_id, product_id, sku, name, pack, tax_class, tax_basis_points,
                                  unit_minor, price_source, price_from_quantity, price_valid_until, price_list_id, ordered, reserved, net_minor,
                                  tax_minor)
         select $1, $2, l.line, $3, l.product_id, l.sku, l.name, l.pack, l.tax_class, l.tax_basis_points,
                l.unit_minor, l.price_source, l.price_from_quantity, l.price_valid_until, case when l.price_source = 'list' then $19::uuid end, l.ordered, l.reserved, l.net_minor, l.tax_minor
           from unnest($4::smallint[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int[], $11::bigint[],
                       $12::text[], $13::int[], $14::date[], $15::int[], $16::int[], $17::bigint[], $18::bigint[])
             as l (line, product_id, sku, name, pack, tax_class, tax_basis_points, unit_minor,
                   price_source, price_from_quantity, price_valid_until, ordered, reserved, net_minor, tax_minor)",
        tx.tenant().uuid(),
        order.order_id,
        order.account_id,
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
        terms.account_list
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
