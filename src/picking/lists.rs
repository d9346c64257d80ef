//! The lists that are printed and carried through the shelves: by route, or by category.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::db::{Office, Tx};
use crate::error::{Error, Result};
use crate::order_days::day_in_words;

/// How many orders are on a list: those that are wanted first.
const MOST: i64 = 200;

/// How it is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Order by order, for whoever loads a van.
    Routes,
    /// Product by product, for whoever walks along the shelves.
    Categories,
}

impl Layout {
    /// From a query's word; by route when there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is another.
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "" | "route" => Ok(Self::Routes),
            "category" => Ok(Self::Categories),
            _ => Err(Error::invalid("by", "There is route and category.")),
        }
    }
}

/// A line that is still to be picked.
#[derive(Debug, Clone)]
pub struct ToPick {
    pub number: String,
    pub business_name: String,
    pub town: String,
    pub route: String,
    pub method: String,
    pub wanted_day: Option<NaiveDate>,
    pub note: String,
    pub category: String,
    /// Where the category comes among the others.
    pub place: i32,
    pub sku: String,
    pub name: String,
    pub pack: String,
    pub quantity: i64,
}

/// All that is still to be picked, of orders that were accepted or are being picked; for one day, or all of them.
pub async fn to_pick(tx: &mut Tx<Office>, day: Option<NaiveDate>) -> Result<Vec<ToPick>> {
    Ok(sqlx::query_as!(
        ToPick,
        r#"with wanted as (
             select o.order_id, o.account_id, o.number, o.method, o.wanted_day, o.note, o.placed_at from orders o
              where o.tenant_id = $1 and o.status in ('accepted', 'amended', 'picking') and ($2::date is null or o.wanted_day = $2)
              order by o.wanted_day nulls first, o.placed_at, o.order_id limit $3)
           select w.number, t.business_name, t.town, t.route, w.method, w.wanted_day, w.note, coalesce(c.name, '') as "category!", coalesce(c.place, 0) as "place!",
                  l.sku, l.name, l.pack, coalesce(l.accepted, l.ordered)::bigint as "quantity!"
             from wanted w
             join trade_accounts t on t.tenant_id = $1 and t.account_id = w.account_id
             join order_lines l on l.tenant_id = $1 and l.order_id = w.order_id
             join products p on p.tenant_id = $1 and p.product_id = l.product_id
             left join categories c on c.tenant_id = $1 and c.category_id = p.category_id
            where l.picked is null and coalesce(l.accepted, l.ordered) > 0
            order by w.wanted_day nulls first, w.placed_at, w.order_id, c.place nulls last, c.name, l.name, l.line"#,
        tx.tenant().uuid(),
        day,
        MOST
    )
    .fetch_all(&mut *tx)
    .await?)
}

/// The orders of a route.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// Empty for those that are on none.
    pub name: String,
    pub orders: Vec<Stop>,
}

/// An order on a route.
#[derive(Debug, PartialEq, Eq)]
pub struct Stop {
    pub number: String,
    pub business_name: String,
    pub town: String,
    pub is_collected: bool,
    /// In words; empty where no day was asked for.
    pub day: String,
    pub note: String,
    pub lines: Vec<Item>,
}

/// So many of something.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    pub sku: String,
    pub name: String,
    pub pack: String,
    pub quantity: i64,
    /// For which orders, where it is for several: `3 for AW-7K3-94Q`.
    pub shares: Vec<(String, i64)>,
}

/// The products of a category.
#[derive(Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Empty for those that are in none.
    pub name: String,
    pub items: Vec<Item>,
}

/// Route by route, and in each order by order as they came; what is on no route last.
pub fn by_route(lines: &[ToPick]) -> Vec<Route> {
    let mut routes: BTreeMap<(bool, &str), Vec<Stop>> = BTreeMap::new();
    for line in lines {
        let stops = routes.entry((line.route.is_empty(), &line.route)).or_default();
        let item =
            Item { sku: line.sku.clone(), name: line.name.clone(), pack: line.pack.clone(), quantity: line.quantity, shares: Vec::new() };
        match stops.iter_mut().find(|stop| stop.number == line.number) {
            Some(stop) => stop.lines.push(item),
            None => stops.push(Stop {
                number: line.number.clone(),
                business_name: line.business_name.clone(),
                town: line.town.clone(),
                is_collected: line.method == "collection",
                day: line.wanted_day.map(day_in_words).unwrap_or_default(),
                note: line.note.clone(),
                lines: vec![item],
            }),
        }
    }
    routes.into_iter().map(|((_, name), orders)| Route { name: name.to_owned(), orders }).collect()
}

/// Category by category, and in each product by product with all that is wanted of it; what is in none last.
pub fn by_category(lines: &[ToPick]) -> Vec<Shelf> {
    type Items<'a> = BTreeMap<(&'a str, &'a str), Item>;
    let mut shelves: BTreeMap<(bool, i32, &str), Items<'_>> = BTreeMap::new();
    for line in lines {
        let items = shelves.entry((line.category.is_empty(), line.place, &line.category)).or_default();
        let new = || Item { sku: line.sku.clone(), name: line.name.clone(), pack: line.pack.clone(), quantity: 0, shares: Vec::new() };
        let item = items.entry((&line.name, &line.sku)).or_insert_with(new);
        item.quantity += line.quantity;
        item.shares.push((line.number.clone(), line.quantity));
    }
    let shelf = |((_, _, name), items): ((bool, i32, &str), BTreeMap<_, Item>)| Shelf {
        name: name.to_owned(),
        items: items.into_values().collect(),
    };
    shelves.into_iter().map(shelf).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: &str, route: &str, category: &str, sku: &str, quantity: i64) -> ToPick {
        let text = str::to_owned;
        ToPick {
            number: text(number),
            business_name: format!("Shop of {number}"),
            town: String::new(),
            route: text(route),
            method: text("delivery"),
            wanted_day: None,
            note: String::new(),
            category: text(category),
            place: 0,
            sku: text(sku),
            name: format!("Name of {sku}"),
            pack: String::new(),
            quantity,
        }
    }

    #[test]
    fn each_list_has_every_piece_once() {
        let lines = [
            line("AW-2", "", "Tea", "TEA-1", 2),
            line("AW-1", "North", "Tea", "TEA-1", 3),
            line("AW-1", "North", "", "CUP-1", 4),
            line("AW-3", "North", "Tea", "TEA-1", 1),
        ];
        let routes = by_route(&lines);
        let shown: Vec<(&str, Vec<&str>)> =
            routes.iter().map(|route| (route.name.as_str(), route.orders.iter().map(|stop| stop.number.as_str()).collect())).collect();
        assert_eq!(shown, [("North", vec!["AW-1", "AW-3"]), ("", vec!["AW-2"])]);
        assert_eq!(routes.iter().flat_map(|route| &route.orders).flat_map(|stop| &stop.lines).map(|item| item.quantity).sum::<i64>(), 10);
        let shelves = by_category(&lines);
        let shown: Vec<(&str, Vec<(&str, i64)>)> = shelves
            .iter()
            .map(|shelf| (shelf.name.as_str(), shelf.items.iter().map(|item| (item.sku.as_str(), item.quantity)).collect()))
            .collect();
        assert_eq!(shown, [("Tea", vec![("TEA-1", 6)]), ("", vec![("CUP-1", 4)])]);
        let shares = vec![("AW-2".to_owned(), 2), ("AW-1".to_owned(), 3), ("AW-3".to_owned(), 1)];
        assert_eq!(shelves[0].items[0].shares, shares);
    }
}
