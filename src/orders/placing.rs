//! What becomes of a basket, or of a list of SKUs: an order, once, however often it is sent.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::SUBMITTED;
use super::document::{Counted, Priced, count_up};
use super::moves::By;
use super::states::Status;
use super::writing::{Draft, write_down};
use crate::audit::{self, Event};
use crate::basket::{self, Misfit};
use crate::catalogue::{self, Goods};
use crate::db::{Counter, TenantDoor, Tx};
use crate::error::{Error, FieldErrors, LineFault, Result};
use crate::idempotency::submission::{Patience, Submission};
use crate::ids::{AccountId, OrderEventId, OrderId};
use crate::jobs::{self, Job, Lane};
use crate::order_days::{self, Method};
use crate::pricing::Price;
use crate::stock::{self, Short, StockMode, Wanted};
use crate::tax::{Rounding, Totals};
use crate::tenancy::extract::Caller;
use crate::tenancy::session::Access;
use crate::tenancy::terms::Terms;
use crate::values::{Money, Quantity, QuantityError, Sku};

/// What is to be ordered. It is the same order when all of it is the same.
#[derive(Debug, Clone, Serialize)]
pub struct Placing {
    pub lines: Lines,
    /// How and when it is wanted; the soonest when it is not said.
    pub day: Option<(Method, NaiveDate)>,
    pub reference: String,
    pub note: String,
}

/// Of what.
#[derive(Debug, Clone, Serialize)]
pub enum Lines {
    /// What is in the account's basket, as it was on the screen: its version, and what one of each product cost.
    Basket { version: i64, seen: BTreeMap<Uuid, i64> },
    /// So many of each of these.
    Listed(Vec<Asked>),
}

/// So many of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub sku: String,
    pub quantity: u32,
}

/// For whom an order is placed, and under which key.
pub struct Sender<'a> {
    pub account: AccountId,
    /// For the audit log, when staff order for it.
    pub account_number: &'a str,
    pub terms: &'a Terms,
    /// Where the days begin and end.
    pub zone: Tz,
    /// In whose name the numbers begin.
    pub business_name: &'a str,
    /// The least that is ordered at once.
    pub least: Money,
    pub by: By<'a>,
    /// Without one, every request is an order of its own.
    pub key: Option<&'a str>,
    pub patience: Patience,
    /// What it came to with VAT when somebody looked at it; a basket says that of each product.
    pub seen_gross_minor: Option<i64>,
}

/// An order that has been placed: what is answered, each time it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    pub number: String,
    pub status: String,
    pub placed_at: DateTime<Utc>,
    pub reference: String,
    pub wanted_day: Option<NaiveDate>,
    pub lines: Vec<PlacedLine>,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub currency: String,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedLine {
    pub sku: String,
    pub quantity: u32,
    pub unit_minor: i64,
    pub net_minor: i64,
}

/// A product that is wanted, with its price.
pub(super) struct Line {
    pub goods: Goods,
    pub quantity: u32,
    pub price: Price,
}

/// Places an order, or answers as it was answered when the same was sent before.
///
/// # Errors
/// [`Error::Invalid`] when something cannot be ordered as it was asked, [`Error::Moved`] when a price or the basket is otherwise
/// than it was seen, [`Error::NotEnough`] when there is not enough there, [`Error::KeyReused`] when the key came with something
/// else before, [`Error::InFlight`] while the same is being placed.
pub async fn submit(tx: &mut Tx<Counter>, sender: &Sender<'_>, placing: &Placing, now: DateTime<Utc>) -> Result<Placed> {
    let Lines::Basket { version, seen } = &placing.lines else { return submit_listed(tx, sender, placing, now).await };
    if let Some(earlier) = earlier(tx, sender, placing).await? {
        return Ok(earlier);
    }
    let lines = of_basket(tx, sender, *version, seen).await?;
    let (order, event, placed) = place(tx, sender, placing, &lines, now).await?;
    basket::begin_anew(tx, sender.account, now).await?;
    tell(tx, sender, order, event, &placed.number, now).await?;
    Ok(placed)
}

/// The same for lines that do not lie in a basket, also for staff, who order for somebody.
///
/// # Errors
/// Those of [`submit`]; [`Error::Moved`] when it comes to something else than `sender` has seen.
pub async fn submit_listed<D: TenantDoor>(tx: &mut Tx<D>, sender: &Sender<'_>, placing: &Placing, now: DateTime<Utc>) -> Result<Placed> {
    if let Some(earlier) = earlier(tx, sender, placing).await? {
        return Ok(earlier);
    }
    let Lines::Listed(asked) = &placing.lines else {
        return Err(Error::Internal(anyhow::anyhow!("a basket is its customer's to send")));
    };
    let lines = listed(tx, sender.terms, asked, &HashMap::new()).await?;
    let (order, event, placed) = place(tx, sender, placing, &lines, now).await?;
    if sender.seen_gross_minor.is_some_and(|seen| seen != placed.net_minor.saturating_add(placed.tax_minor)) {
        return Err(Error::Moved(Vec::new()));
    }
    tell(tx, sender, order, event, &placed.number, now).await?;
    Ok(placed)
}

/// What these lines would come to at these terms; nothing is written.
///
/// # Errors
/// Those of [`submit_listed`].
pub async fn worth<D: TenantDoor>(tx: &mut Tx<D>, terms: &Terms, placing: &Placing) -> Result<Totals> {
    let Lines::Listed(asked) = &placing.lines else {
        return Err(Error::Internal(anyhow::anyhow!("a basket knows itself what it is worth")));
    };
    let lines = listed(tx, terms, asked, &HashMap::new()).await?;
    let priced: Vec<Priced> = lines.iter().map(|line| line.priced(terms)).collect();
    Ok(counted(&priced, terms.rounding, Money::zero(terms.currency), terms)?.totals)
}

impl<'a> Sender<'a> {
    /// Somebody of the account's own, under a key.
    pub fn customer(caller: &'a Caller, access: &'a Access, terms: &'a Terms, key: Option<&'a str>, patience: Patience) -> Self {
        Self {
            account: access.account_id,
            account_number: "",
            terms,
            zone: caller.tenant.time_zone,
            business_name: &caller.tenant.business_name,
            least: caller.tenant.minimum_order,
            by: By::Customer(caller),
            key,
            patience,
            seen_gross_minor: None,
        }
    }

    fn submission(&self, placing: &'a Placing) -> Option<Submission<'a, Placing>> {
        self.key.map(|key| Submission { key, account: self.account, asked: placing, patience: self.patience })
    }
}

async fn earlier<D: TenantDoor>(tx: &mut Tx<D>, sender: &Sender<'_>, placing: &Placing) -> Result<Option<Placed>> {
    match sender.submission(placing) {
        Some(submission) => submission.earlier(tx).await,
        None => Ok(None),
    }
}

/// What is in the basket, when it is as it was seen.
async fn of_basket(tx: &mut Tx<Counter>, sender: &Sender<'_>, version: i64, seen: &BTreeMap<Uuid, i64>) -> Result<Vec<Line>> {
    let held = basket::hold(tx, sender.account).await?;
    if held.version != version || sender.key != Some(held.submission_id.to_string().as_str()) {
        return Err(Error::Moved(Vec::new()));
    }
    let ids: Vec<Uuid> = held.lines.iter().map(|(product, _)| *product).collect();
    let mut goods = catalogue::of_ids(tx, sender.terms, &ids).await?;
    goods.sort_by(|one, other| (&one.name_key, one.product_id).cmp(&(&other.name_key, other.product_id)));
    let (mut lines, mut wrong, mut moved, mut short) = (Vec::new(), FieldErrors::new(), Vec::new(), Vec::new());
    for goods in goods {
        let product = goods.product_id.uuid();
        let quantity = held.lines.iter().find(|(held, _)| *held == product).map_or(0, |(_, quantity)| *quantity);
        match basket::fit(&goods, quantity, sender.terms) {
            (_, Some(Misfit::Short { left })) => short.push(too_few(&goods, i64::from(quantity), left)),
            (Some(price), None) => {
                if seen.get(&product) != Some(&price.unit_minor) {
                    moved.push(LineFault { before_minor: seen.get(&product).copied(), ..dearer(&goods, &price) });
                }
                lines.push(Line { goods, quantity, price });
            }
            (_, Some(misfit)) => wrong.add("lines", format!("{}: {}", goods.name, misfit.in_words(quantity))),
            (None, None) => wrong.add("lines", format!("{}: {}", goods.name, Misfit::NoPrice.in_words(quantity))),
        }
    }
    refuse(wrong, moved, short)?;
    Ok(lines)
}

/// A SKU as it is compared; of what cannot be one, nothing's.
fn key_of(sku: &str) -> String {
    Sku::parse(sku).map(|sku| sku.key()).unwrap_or_default()
}

/// What these SKUs stand for. Of what whoever asks holds of each product already, they may have as many again.
pub(super) async fn listed<D: TenantDoor>(tx: &mut Tx<D>, terms: &Terms, asked: &[Asked], held: &HashMap<Uuid, i64>) -> Result<Vec<Line>> {
    let keys: Vec<String> = asked.iter().map(|asked| key_of(&asked.sku)).collect();
    let mut found = catalogue::of_skus(tx, terms, &keys).await?;
    for goods in &mut found {
        if let Some(stock) = &mut goods.stock {
            stock.reserved -= held.get(&goods.product_id.uuid()).copied().unwrap_or_default();
        }
    }
    let (mut lines, mut wrong, mut short): (Vec<Line>, _, _) = (Vec::new(), FieldErrors::new(), Vec::new());
    // The same SKU twice is one line: what decides is the sum.
    let mut sums: Vec<(usize, &String, u32)> = Vec::new();
    for (at, (asked, key)) in asked.iter().zip(&keys).enumerate() {
        match sums.iter_mut().find(|(_, known, _)| *known == key) {
            Some((_, _, sum)) => *sum = sum.saturating_add(asked.quantity),
            None => sums.push((at, key, asked.quantity)),
        }
    }
    for (at, key, quantity) in sums {
        let Some(goods) = found.iter().find(|goods| key_of(&goods.sku) == *key) else {
            wrong.add(format!("lines[{at}].sku"), "We have no product with this SKU.");
            continue;
        };
        if quantity > Quantity::MOST {
            wrong.add(format!("lines[{at}].quantity"), QuantityError::Range.to_string());
            continue;
        }
        match basket::fit(goods, quantity, terms) {
            (_, Some(Misfit::Short { left })) => short.push(too_few(goods, i64::from(quantity), left)),
            (Some(price), None) => lines.push(Line { goods: goods.clone(), quantity, price }),
            (_, misfit) => {
                let misfit = misfit.unwrap_or(Misfit::NoPrice);
                let field = if misfit.is_about_quantity() { "quantity" } else { "sku" };
                wrong.add(format!("lines[{at}].{field}"), misfit.in_words(quantity));
            }
        }
    }
    refuse(wrong, Vec::new(), short)?;
    Ok(lines)
}

/// What cannot be ordered at all comes before what is otherwise than it was, and that before what there is too little of.
fn refuse(wrong: FieldErrors, moved: Vec<LineFault>, short: Vec<LineFault>) -> Result<()> {
    wrong.or(Some(()))?;
    if !moved.is_empty() {
        return Err(Error::Moved(moved));
    }
    if short.is_empty() { Ok(()) } else { Err(Error::NotEnough(short)) }
}

fn too_few(goods: &Goods, wanted: i64, available: i64) -> LineFault {
    let detail = Misfit::Short { left: available }.in_words(u32::try_from(wanted).unwrap_or(u32::MAX));
    LineFault {
        sku: goods.sku.clone(),
        name: goods.name.clone(),
        detail,
        wanted: Some(wanted),
        available: Some(available),
        ..LineFault::default()
    }
}

fn dearer(goods: &Goods, price: &Price) -> LineFault {
    LineFault {
        sku: goods.sku.clone(),
        name: goods.name.clone(),
        detail: "Its price has changed.".to_owned(),
        now_minor: Some(price.unit_minor),
        ..LineFault::default()
    }
}

/// Reserves what is wanted and writes the order down, with its lines and its first event, in one statement.
async fn place<D: TenantDoor>(
    tx: &mut Tx<D>,
    sender: &Sender<'_>,
    placing: &Placing,
    lines: &[Line],
    now: DateTime<Utc>,
) -> Result<(OrderId, OrderEventId, Placed)> {
    let wanted = order_days::calendar(tx).await?.choose(placing.day, now, sender.zone)?;
    let terms = sender.terms;
    let priced: Vec<Priced> = lines.iter().map(|line| line.priced(terms)).collect();
    let counted = counted(&priced, terms.rounding, sender.least, terms)?;
    let held = lines.iter().filter(|line| is_tracked(&line.goods));
    reserve(tx, lines, &held.map(|line| (line.goods.product_id.uuid(), i64::from(line.quantity))).collect()).await?;
    let (order, event) = (OrderId::new(), OrderEventId::new());
    let draft = Draft { sender, placing, lines, wanted, priced: &priced, counted: &counted, order, event, now };
    let number = write_down(tx, &draft).await?;
    let placed = Placed {
        number: number.as_str().to_owned(),
        status: Status::Submitted.word().to_owned(),
        placed_at: now,
        reference: placing.reference.clone(),
        wanted_day: wanted.map(|choice| choice.day),
        lines: lines
            .iter()
            .zip(&counted.lines)
            .map(|(line, (net_minor, _))| PlacedLine {
                sku: line.goods.sku.clone(),
                quantity: line.quantity,
                unit_minor: line.price.unit_minor,
                net_minor: *net_minor,
            })
            .collect(),
        net_minor: counted.totals.net_minor,
        tax_minor: counted.totals.tax_minor,
        currency: terms.currency.as_str().to_owned(),
    };
    if let Some(submission) = sender.submission(placing) {
        submission.keep(tx, order, &placed, now).await?;
    }
    Ok((order, event, placed))
}

impl Line {
    /// What decides what it comes to.
    pub(super) fn priced(&self, terms: &Terms) -> Priced {
        let basis_points = self.goods.tax_rate(terms).basis_points;
        Priced { quantity: self.quantity, unit_minor: self.price.unit_minor, basis_points }
    }
}

/// What they come to, when it is enough to be ordered at once.
pub(super) fn counted(priced: &[Priced], rounding: Rounding, least: Money, terms: &Terms) -> Result<Counted> {
    if priced.is_empty() {
        return Err(Error::invalid("lines", "There is nothing in it to order."));
    }
    let counted = count_up(priced, rounding)?;
    if counted.totals.net_minor < least.minor {
        return Err(Error::invalid("lines", format!("The least that can be ordered at once is {}.", least.shown_in(terms.at))));
    }
    Ok(counted)
}

/// Whether it is counted.
pub(super) fn is_tracked(goods: &Goods) -> bool {
    goods.stock_mode != StockMode::Untracked
}

/// Reserves so much more of each product, or less.
pub(super) async fn reserve<D: TenantDoor>(tx: &mut Tx<D>, lines: &[Line], changes: &BTreeMap<Uuid, i64>) -> Result<()> {
    let changes = changes.iter().filter(|(_, change)| **change != 0);
    let wanted: Vec<Wanted> = changes.map(|(product, change)| Wanted { product: (*product).into(), change: *change }).collect();
    let short = stock::reserve(tx, &wanted).await?;
    let fault = |short: &Short| {
        let line = lines.iter().find(|line| line.goods.product_id == short.product)?;
        Some(too_few(&line.goods, short.wanted, short.available))
    };
    if short.is_empty() { Ok(()) } else { Err(Error::NotEnough(short.iter().filter_map(fault).collect())) }
}

/// The message that is owed, and the audit log.
async fn tell<D: TenantDoor>(
    tx: &mut Tx<D>,
    sender: &Sender<'_>,
    order: OrderId,
    event: OrderEventId,
    number: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let tenant = tx.tenant();
    jobs::enqueue(tx, Lane::Letters, Job::TellOfOrder(event), Some(tenant), now).await?;
    let details = match sender.by {
        By::Customer(_) => json!({ "number": number }),
        By::Staff(_) => json!({ "number": number, "account_number": sender.account_number }),
    };
    let entry = Event { actor: sender.by.actor(), action: SUBMITTED, subject_kind: "order", subject_id: order.uuid(), details };
    audit::record(tx, entry, now).await
}
