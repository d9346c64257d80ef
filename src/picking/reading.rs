//! What pickers read of orders.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::orders::{OrderNumber, Status};

/// How many orders are shown at once: the most pressing ones.
const MOST: i64 = 200;

/// Which orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Accepted, and nobody has begun.
    Waiting,
    Picking,
    Dispatched,
}

impl Stage {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Picking, Self::Dispatched];

    /// From a query's word; those that wait when there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is another.
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "" => Ok(Self::Waiting),
            word => Self::ALL
                .into_iter()
                .find(|stage| stage.word() == word)
                .ok_or_else(|| Error::invalid("stage", "There is waiting, picking and dispatched.")),
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Picking => "picking",
            Self::Dispatched => "dispatched",
        }
    }

    /// As a tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Waiting => "To pick",
            Self::Picking => "Being picked",
            Self::Dispatched => "On their way",
        }
    }

    fn statuses(self) -> Vec<String> {
        let statuses: &[Status] = match self {
            Self::Waiting => &[Status::Accepted, Status::Amended],
            Self::Picking => &[Status::Picking],
            Self::Dispatched => &[Status::Dispatched],
        };
        statuses.iter().map(|status| status.word().to_owned()).collect()
    }
}

/// An order in the list.
#[derive(Debug, Clone)]
pub struct Row {
    pub number: String,
    pub status: String,
    pub business_name: String,
    pub town: String,
    pub route: String,
    pub method: String,
    pub wanted_day: Option<NaiveDate>,
    pub lines: i64,
    /// How many of them have been picked.
    pub picked: i64,
}

/// The orders of a stage, what is wanted first before the rest.
pub async fn waiting(tx: &mut Tx<Office>, stage: Stage) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select o.number, o.status, t.business_name, t.town, t.route, o.method, o.wanted_day,
                  (select count(*) from order_lines l where l.tenant_id = $1 and l.order_id = o.order_id) as "lines!",
                  (select count(*) from order_lines l where l.tenant_id = $1 and l.order_id = o.order_id and l.picked is not null) as "picked!"
             from orders o join trade_accounts t on t.tenant_id = $1 and t.account_id = o.account_id
            where o.tenant_id = $1 and o.status = any($2)
            order by o.wanted_day nulls first, o.placed_at, o.order_id limit $3"#,
        tx.tenant().uuid(),
        &stage.statuses(),
        MOST
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// An order without its prices.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub number: String,
    /// Counts what has happened to the order: who has seen an older one may not write over what came since.
    pub revision: i32,
    pub status: Status,
    pub business_name: String,
    pub account_number: String,
    pub town: String,
    pub route: String,
    pub method: String,
    pub wanted_day: Option<NaiveDate>,
    pub reference: String,
    pub note: String,
    pub lines: Vec<SheetLine>,
}

/// A line of it.
#[derive(Debug, Clone)]
pub struct SheetLine {
    pub line: i16,
    pub sku: String,
    pub name: String,
    pub pack: String,
    pub barcode: String,
    pub accepted: i32,
    pub picked: Option<i32>,
    pub delivered: Option<i32>,
    pub substitute_for: Option<i16>,
    pub why: String,
}

/// One order, for whoever picks it.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or nothing of it is to be picked: what nobody has accepted is none of theirs.
pub async fn sheet(tx: &mut Tx<Office>, number: &OrderNumber) -> Result<Sheet> {
    let row = sqlx::query!(
        "select o.order_id, o.number, o.revision, o.status, o.method, o.wanted_day, o.reference, o.note, t.business_name, t.account_number, t.town, t.route
           from orders o join trade_accounts t on t.tenant_id = $1 and t.account_id = o.account_id
          where o.tenant_id = $1 and o.number = $2 and o.status in ('accepted', 'amended', 'picking', 'dispatched', 'delivered')",
        tx.tenant().uuid(),
        number.as_str()
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(Sheet {
        lines: lines(tx, row.order_id).await?,
        status: Status::parse(&row.status).ok_or_else(|| Error::Internal(anyhow::anyhow!("an order's state is unreadable")))?,
        number: row.number,
        revision: row.revision,
        business_name: row.business_name,
        account_number: row.account_number,
        town: row.town,
        route: row.route,
        method: row.method,
        wanted_day: row.wanted_day,
        reference: row.reference,
        note: row.note,
    })
}

async fn lines(tx: &mut Tx<Office>, order: Uuid) -> Result<Vec<SheetLine>> {
    Ok(sqlx::query_as!(
        SheetLine,
        r#"select l.line, l.sku, l.name, l.pack, p.barcode, coalesce(l.accepted, l.ordered) as "accepted!", l.picked, l.delivered,
                  l.substitute_for, l.why
             from order_lines l
             join products p on p.tenant_id = $1 and p.product_id = l.product_id
             left join categories c on c.tenant_id = $1 and c.category_id = p.category_id
            where l.tenant_id = $1 and l.order_id = $2
            order by c.place nulls last, c.name, l.name, l.line"#,
        tx.tenant().uuid(),
        order
    )
    .fetch_all(&mut *tx)
    .await?)
}
