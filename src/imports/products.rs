//! Rows of products. They are known by their SKUs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cells::{AT_ONCE, Batch, Found, Known, Sight, Undone, cell, meant};
use super::{Cells, Kind, fields_of};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::ids::ProductId;
use crate::office_products::Typed;
use crate::products::{self, Measure, NewProduct, Standing, Status};
use crate::tax::{TaxClass, rate_of};
use crate::values::Sku;

pub(super) fn known(mut cells: Cells) -> Result<Known, (Cells, FieldErrors)> {
    match Sku::parse(cell(&cells, "sku")) {
        Ok(sku) => {
            cells.insert("sku".to_owned(), sku.as_str().to_owned());
            Ok(Known { key: sku.key(), of_account: String::new(), cells })
        }
        Err(why) => {
            let mut wrong = FieldErrors::new();
            wrong.add("sku", why.to_string());
            Err((cells, wrong))
        }
    }
}

pub(super) async fn look_for(tx: &mut Tx<Office>, sight: &Sight, rows: &[Known]) -> Result<Found> {
    let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
    let standing = products::standing(tx, &keys).await?;
    let standing = standing.into_iter().map(|(key, Standing { product, .. })| (key, as_cells(&product, sight)));
    Ok(Found { standing: standing.collect(), wrong: HashMap::new() })
}

/// As a form shows a product, by the words of the fields.
fn as_cells(product: &NewProduct, sight: &Sight) -> Cells {
    let mut typed = Typed::of(product, sight.currency);
    let fields = fields_of(Kind::Products).iter();
    fields.filter_map(|field| Some((field.word.to_owned(), std::mem::take(slot(&mut typed, field.word)?)))).collect()
}

fn slot<'t>(typed: &'t mut Typed, word: &str) -> Option<&'t mut String> {
    Some(match word {
        "sku" => &mut typed.sku,
        "name" => &mut typed.name,
        "category" => &mut typed.category,
        "pack" => &mut typed.pack,
        "content" => &mut typed.content,
        "measure" => &mut typed.measure,
        "barcode" => &mut typed.barcode,
        "vat" => &mut typed.tax_class,
        "price" => &mut typed.price,
        "cost" => &mut typed.cost,
        "minimum" => &mut typed.minimum,
        "multiple" => &mut typed.multiple,
        "stock" => &mut typed.stock,
        "low_at" => &mut typed.low_at,
        "back_orders" => &mut typed.back_orders,
        "status" => &mut typed.status,
        "replaced_by" => &mut typed.replaced_by,
        "keywords" => &mut typed.keywords,
        "description" => &mut typed.description,
        _ => return None,
    })
}

/// The word of each field by which a form would say what is wrong with it.
fn word_of(field: &str) -> &str {
    if field == "tax_class" { "vat" } else { field }
}

fn product_of(sight: &Sight, standing: &Cells, said: &Cells) -> Result<NewProduct> {
    let mut typed = Typed::empty();
    for (word, text) in standing.iter().chain(said.iter().filter(|(word, _)| standing.is_empty() || word.as_str() != "sku")) {
        let text = understood(sight, word, text);
        // What is always something stays as it is where nothing is said.
        let is_always = matches!(word.as_str(), "vat" | "status" | "minimum" | "multiple");
        if let Some(slot) = slot(&mut typed, word)
            && !(is_always && text.is_empty())
        {
            *slot = text;
        }
    }
    typed.read(sight.currency, sight.mark).map_err(|error| {
        let mut wrong = FieldErrors::new();
        for (field, why) in error.fields().iter() {
            wrong.add(word_of(field).to_owned(), why);
        }
        Error::Invalid(wrong)
    })
}

pub(super) fn merged(sight: &Sight, standing: &Cells, said: &Cells) -> Result<Cells> {
    product_of(sight, standing, said).map(|product| as_cells(&product, sight))
}

/// What people write for what forms choose from.
fn understood(sight: &Sight, word: &str, text: &str) -> String {
    let chosen = match word {
        "vat" => meant(text, &TAX_CLASSES).or_else(|| class_at(sight, text)).map(TaxClass::word),
        "measure" => meant(text, &MEASURES).map(Measure::word),
        "status" => meant(text, &STATUSES).map(Status::word),
        // A spreadsheet takes a long number for a number, and a whole one for one with decimals.
        "stock" | "low_at" | "back_orders" | "minimum" | "multiple" => return without_decimals(text),
        _ => None,
    };
    chosen.map_or_else(|| text.trim().to_owned(), str::to_owned)
}

const TAX_CLASSES: [(TaxClass, &[&str]); 6] = [
    (TaxClass::Standard, &["standard", "s", "normal", "full", "voll", "regelsatz", "normalsatz", "taux normal", "plein"]),
    (TaxClass::Intermediate, &["intermediate", "intermediaire", "taux intermediaire"]),
    (TaxClass::Reduced, &["reduced", "low", "r", "ermassigt", "ermaessigt", "reduit", "taux reduit"]),
    (TaxClass::SuperReduced, &["super reduced", "super reduit", "taux particulier"]),
    (TaxClass::Zero, &["zero", "z", "null", "nil", "none", "nulle"]),
    (TaxClass::Exempt, &["exempt", "e", "befreit", "steuerfrei", "exonere"]),
];
const MEASURES: [(Measure, &[&str]); 4] = [
    (
        Measure::Each,
        &["each", "ea", "piece", "pieces", "pcs", "pc", "unit", "units", "stk", "st", "stuck", "stueck", "unite", "unites", "pce"],
    ),
    (Measure::Kilogram, &["kg", "kilo", "kilogram", "kilograms", "kilogramm", "kilogramme"]),
    (Measure::Litre, &["l", "litre", "litres", "liter", "ltr"]),
    (Measure::Metre, &["m", "metre", "metres", "meter"]),
];
const STATUSES: [(Status, &[&str]); 3] = [
    (Status::Listed, &["listed", "active", "yes", "y", "1", "true", "aktiv", "ja", "actif", "oui"]),
    (Status::Unlisted, &["unlisted", "hidden", "no", "n", "0", "false", "versteckt", "nein", "masque", "non"]),
    (Status::Discontinued, &["discontinued", "ended", "inactive", "inaktiv", "ausgelaufen", "inactif", "arrete", "supprime"]),
];

/// Of a rate in percent, such as `20 %` or `5,5`, the class that has it at home.
fn class_at(sight: &Sight, text: &str) -> Option<TaxClass> {
    let number = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
    let (whole, decimals) = number.split_once('.').unwrap_or((&number, ""));
    let is_number = !whole.is_empty() && decimals.len() <= 2 && whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit());
    let basis_points: u32 = format!("{whole}{decimals:0<2}").parse().ok().filter(|_| is_number)?;
    let rate = |class: TaxClass| rate_of(&sight.tax_rates, sight.country, sight.country, class, sight.day).basis_points;
    TaxClass::ALL.into_iter().find(|class| rate(*class) == basis_points)
}

fn without_decimals(text: &str) -> String {
    let text = text.trim();
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let is_whole = !decimals.is_empty() && decimals.len() <= 2 && decimals.bytes().all(|byte| byte == b'0');
    if is_whole { whole.to_owned() } else { text.to_owned() }
}

pub(super) async fn put(tx: &mut Tx<Office>, sight: &Sight, rows: &[Cells], now: DateTime<Utc>) -> Result<()> {
    let rows: Vec<NewProduct> = rows.iter().map(|row| product_of(sight, &Cells::new(), row)).collect::<Result<_>>()?;
    products::put_all(tx, &rows, now).await?;
    Ok(())
}

/// What somebody has ordered, or has given another price, stays.
pub(super) async fn take_away(tx: &mut Tx<Office>, rows: &[Undone], now: DateTime<Utc>) -> Result<Vec<(i32, String)>> {
    let keys: Vec<String> = rows.iter().map(|row| row.known.key.clone()).collect();
    let ids = products::ids_of(tx, &keys).await?;
    let wanted: Vec<Uuid> = ids.values().map(|id| id.uuid()).collect();
    let held = sqlx::query!(
        r#"select w.product_id as "product_id!",
                  exists (select from order_lines l where l.tenant_id = $1 and l.product_id = w.product_id) as "is_ordered!",
                  exists (select from prices r where r.tenant_id = $1 and r.product_id = w.product_id
                             and (r.price_list_id <> $1 or r.from_quantity <> 1)) as "is_priced!"
             from unnest($2::uuid[]) as w (product_id)"#,
        tx.tenant().uuid(),
        &wanted
    )
    .fetch_all(&mut *tx)
    .await?;
    let held: HashMap<ProductId, &str> = held
        .into_iter()
        .filter_map(|row| match (row.is_ordered, row.is_priced) {
            (true, _) => Some((row.product_id.into(), "has been ordered since")),
            (false, true) => Some((row.product_id.into(), "has been given other prices since")),
            (false, false) => None,
        })
        .collect();
    let why = |row: &Undone| Some((row.line, format!("{} {}", cell(&row.known.cells, "sku"), held.get(ids.get(&row.known.key)?)?)));
    let refused: Vec<(i32, String)> = rows.iter().filter_map(why).collect();
    if refused.is_empty() {
        products::remove(tx, &ids.into_values().collect::<Vec<_>>(), now).await?;
    }
    Ok(refused)
}

pub(super) async fn next_batch(tx: &mut Tx<Office>, sight: &Sight, after: &str) -> Result<Batch> {
    let keys = sqlx::query_scalar!(
        "select sku_key from products where tenant_id = $1 and sku_key > $2 order by sku_key limit $3",
        tx.tenant().uuid(),
        after,
        i64::try_from(AT_ONCE).unwrap_or(i64::MAX)
    );
    let keys = keys.fetch_all(&mut *tx).await?;
    let mut standing = products::standing(tx, &keys).await?;
    let rows = keys.iter().filter_map(|key| standing.remove(key)).map(|found| as_cells(&found.product, sight)).collect();
    Ok(Batch { rows, next: keys.last().cloned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{Country, Currency, DecimalMark};

    fn sight() -> Sight {
        Sight {
            currency: Currency::parse("GBP").unwrap(),
            country: Country::parse("GB").unwrap(),
            mark: DecimalMark::Point,
            tax_rates: Vec::new(),
            day: chrono::NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
            lists: [].into(),
        }
    }

    fn row(of: &[(&str, &str)]) -> Cells {
        of.iter().map(|(word, text)| ((*word).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn what_a_file_does_not_say_stays_as_it_is() {
        let first = row(&[
            ("sku", "tea-1"),
            ("name", "Tea"),
            ("price", "£2.50"),
            ("vat", "20 %"),
            ("measure", "kilo"),
            ("content", "0,5"),
            ("stock", "12,00"),
        ]);
        let standing = merged(&sight(), &Cells::new(), &first).unwrap();
        for (word, text) in [
            ("sku", "tea-1"),
            ("price", "2.50"),
            ("vat", "standard"),
            ("measure", "kg"),
            ("content", "0.5"),
            ("stock", "12"),
            ("low_at", "10"),
            ("minimum", "1"),
        ] {
            assert_eq!(cell(&standing, word), text, "{word}");
        }
        assert_eq!(standing.len(), fields_of(Kind::Products).len());
        let later = merged(&sight(), &standing, &row(&[("sku", "TEA-1"), ("price", "3"), ("vat", ""), ("content", "")])).unwrap();
        for (word, text) in [("sku", "tea-1"), ("name", "Tea"), ("price", "3.00"), ("vat", "standard"), ("content", ""), ("stock", "12")] {
            assert_eq!(cell(&later, word), text, "{word}");
        }
        assert_eq!(merged(&sight(), &later, &later).unwrap(), later, "what is written is read as the same");
    }

    #[test]
    fn what_is_wrong_is_said_by_the_names_of_the_columns() {
        let wrong =
            merged(&sight(), &Cells::new(), &row(&[("sku", "1"), ("name", "Tea"), ("vat", "17"), ("price", "free")])).unwrap_err().fields();
        assert!(!wrong.of("vat").is_empty() && !wrong.of("price").is_empty() && wrong.of("tax_class").is_empty(), "{wrong:?}");
    }

    #[test]
    fn rates_are_classes() {
        for (typed, class) in
            [("20", "standard"), ("20%", "standard"), ("5,0 %", "reduced"), ("0", "zero"), ("Zero", "zero"), ("exempt", "exempt")]
        {
            assert_eq!(understood(&sight(), "vat", typed), class, "{typed}");
        }
        assert_eq!(understood(&sight(), "vat", "19"), "19");
    }
}
