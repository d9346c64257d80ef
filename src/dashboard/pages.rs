//! The day and the weeks on one page: pictures, and the numbers behind them.

use askama::Template;
use poem::handler;
use uuid::Uuid;

use super::{Figures, Ordered, figures};
use crate::error::Result;
use crate::tenancy::extract::{AnyRole, Decider, GoodsKeeper, Member, RoleRule, Seller, Staff};
use crate::values::Money;
use crate::web::chart::Chart;
use crate::web::{Page, Shell, when};

#[derive(Template)]
#[template(path = "dashboard/index.html")]
struct IndexPage {
    shell: Shell,
    day: String,
    tiles: Vec<(String, &'static str)>,
    /// States of today's orders, with how many there are, and their sum for those who see money.
    today: Vec<(&'static str, i64, String)>,
    charts: Vec<Chart>,
    sellers: Vec<Item>,
    scarce: Vec<Item>,
    more_scarce: i64,
    waiting: Vec<Item>,
    more_waiting: i64,
    sees_money: bool,
    /// Whether they open products,
    keeps_goods: bool,
    /// and requests.
    decides: bool,
}

/// A line of a list.
struct Item {
    id: Uuid,
    name: String,
    about: String,
    /// What is counted, as it is read,
    number: String,
    /// beside what it is worth, or since when.
    more: String,
    /// How long its bar is, of a hundred.
    length: i64,
    is_bad: bool,
}

/// `GET /office/dashboard`
#[handler]
pub async fn index(mut staff: Staff<AnyRole>) -> Result<Page> {
    let (now, zone) = (staff.house.now(), staff.tenant.time_zone);
    let role = staff.session.role;
    let (sees_money, decides) = (Seller::allows(role), Decider::allows(role));
    let found = figures(&mut staff.tx, sees_money, now, zone).await?;
    let member = &staff.member;
    let waiting = found.waiting.first().map_or(0, |first| first.all);
    let scarce = found.scarce.first().map_or(0, |first| first.all);
    Page::of(&IndexPage {
        shell: Shell::of_staff(member, "Dashboard", "dashboard", if decides { waiting } else { 0 }),
        day: now.with_timezone(&zone).format("%A, %-d %B").to_string(),
        tiles: tiles(&found, member, scarce, waiting),
        today: found
            .today
            .iter()
            .map(|state| (name_of(&state.status), state.orders, if sees_money { money(member, state.net_minor) } else { String::new() }))
            .collect(),
        charts: charts(&found, member, sees_money),
        sellers: sellers(&found, member, sees_money),
        scarce: scarce_items(&found),
        more_scarce: scarce - i64::try_from(found.scarce.len()).unwrap_or_default(),
        waiting: if decides { waiting_items(&found, member) } else { Vec::new() },
        more_waiting: waiting - i64::try_from(found.waiting.len()).unwrap_or_default(),
        sees_money,
        keeps_goods: GoodsKeeper::allows(role),
        decides,
    })
}

fn money(member: &Member, minor: i64) -> String {
    Money::new(minor, member.tenant.currency).shown_in(member.tenant.country)
}

fn name_of(status: &str) -> &'static str {
    match status {
        "submitted" => "New",
        "accepted" => "Accepted",
        "amended" => "Amended",
        "picking" => "Being picked",
        "dispatched" => "On its way",
        "delivered" => "Delivered",
        "cancelled" => "Cancelled",
        "declined" => "Declined",
        _ => "Other",
    }
}

fn tiles(found: &Figures, member: &Member, scarce: i64, waiting: i64) -> Vec<(String, &'static str)> {
    let role = member.session.role;
    let today = found.of_today();
    let mut tiles = vec![(today.orders.to_string(), if today.orders == 1 { "order today" } else { "orders today" })];
    if Seller::allows(role) {
        tiles.push((money(member, today.net_minor), "ordered today, ex VAT"));
    }
    tiles.push((scarce.to_string(), running_out(found, scarce)));
    if Decider::allows(role) {
        tiles.push((waiting.to_string(), if waiting == 1 { "request waiting" } else { "requests waiting" }));
    }
    tiles
}

/// What is scarce, and whether any of it is left.
fn running_out(found: &Figures, scarce: i64) -> &'static str {
    let are_all_out = scarce > 0 && found.scarce.iter().all(|item| item.left <= 0);
    match (are_all_out, scarce) {
        (true, 1) => "product out of stock",
        (true, _) => "products out of stock",
        (false, 1) => "product running low",
        (false, _) => "products running low",
    }
}

fn charts(found: &Figures, member: &Member, sees_money: bool) -> Vec<Chart> {
    let all = found
        .weeks
        .iter()
        .fold(Ordered::default(), |all, (_, week)| Ordered { orders: all.orders + week.orders, net_minor: all.net_minor + week.net_minor });
    let of = |number: fn(&Ordered) -> i64| found.weeks.iter().map(|(monday, week)| (*monday, number(week))).collect::<Vec<_>>();
    let weeks = found.weeks.len();
    let mut charts = Vec::new();
    if sees_money {
        let summary = format!("{} ex VAT in {weeks} weeks", money(member, all.net_minor));
        charts.push(Chart::of_weeks("Sales by week", summary, "Ex VAT", &of(|week| week.net_minor), |minor| money(member, minor)));
    }
    let summary = format!("{} order{} in {weeks} weeks", all.orders, if all.orders == 1 { "" } else { "s" });
    charts.push(Chart::of_weeks("Orders by week", summary, "Orders", &of(|week| week.orders), |number| number.to_string()));
    charts
}

fn sellers(found: &Figures, member: &Member, sees_money: bool) -> Vec<Item> {
    let size = |seller: &super::Seller| if sees_money { seller.net_minor } else { seller.quantity };
    let most = found.sellers.iter().map(size).max().unwrap_or(1).max(1);
    let item = |seller: &super::Seller| Item {
        id: seller.product_id,
        name: seller.name.clone(),
        about: seller.sku.clone(),
        number: seller.quantity.to_string(),
        more: if sees_money { money(member, seller.net_minor) } else { String::new() },
        length: (size(seller) * 100 / most).max(1),
        is_bad: false,
    };
    found.sellers.iter().map(item).collect()
}

fn scarce_items(found: &Figures) -> Vec<Item> {
    let item = |scarce: &super::Scarce| Item {
        id: scarce.product_id,
        name: scarce.name.clone(),
        about: scarce.sku.clone(),
        number: scarce.left.to_string(),
        more: scarce.low_at.to_string(),
        length: (scarce.left.max(0) * 100 / scarce.low_at.max(1)).min(100),
        is_bad: scarce.left <= 0,
    };
    found.scarce.iter().map(item).collect()
}

fn waiting_items(found: &Figures, member: &Member) -> Vec<Item> {
    let (now, zone) = (member.house.now(), member.tenant.time_zone);
    let item = |waiting: &super::Waiting| Item {
        id: waiting.request_id,
        name: waiting.business_name.clone(),
        about: when::exact(waiting.created_at, zone),
        number: String::new(),
        more: when::ago(waiting.created_at, now, zone),
        length: 0,
        is_bad: false,
    };
    found.waiting.iter().map(item).collect()
}
