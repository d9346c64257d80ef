//! Many products changed with one stroke, on a desk: what is to become of them, what would become of each, done.

use askama::Template;
use http::StatusCode;
use poem::web::{Form, Query};
use poem::{IntoResponse, Response, handler};
use uuid::Uuid;

use super::{Chosen, Effect, Effects, MOST, TypedChange, apply, effects, how_many};
use crate::categories::{self, Category, CategoryName};
use crate::db::{Office, Tx};
use crate::error::{Error, FieldErrors, Result};
use crate::office_products::Filter;
use crate::office_products::pages::{STATUSES, TAX_CLASSES, filter_of, status_name};
use crate::office_requests;
use crate::products::{NewProduct, Status};
use crate::tenancy::extract::{GoodsKeeper, Member, Staff};
use crate::values::Money;
use crate::values::money::many;
use crate::web::{Page, Redirect, Shell};

/// So many are shown one by one; the rest is counted.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "office_products/bulk.html")]
struct BulkPage {
    shell: Shell,
    /// What the form was sent with, to be sent again: which products are meant.
    hidden: Vec<(&'static str, String)>,
    chosen: String,
    form: TypedChange,
    categories: Vec<Category>,
    statuses: Vec<(&'static str, &'static str)>,
    tax_classes: Vec<(&'static str, &'static str)>,
    wrong: FieldErrors,
    conflict: String,
    /// None before anything is asked for.
    effects: Option<Shown>,
}

/// What would become of them, in words.
struct Shown {
    count: String,
    unchanged: usize,
    rows: Vec<Row>,
    more: usize,
    seen: String,
}

struct Row {
    name: String,
    sku: String,
    changes: Vec<(&'static str, String, String)>,
}

/// A form's field; some come more than once.
type Field = (String, String);

fn field<'f>(fields: &'f [Field], name: &str) -> &'f str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Which products a form means.
fn chosen_of(fields: &[Field]) -> Chosen {
    if field(fields, "which") == "found" {
        return Chosen::Found(filter_of(field(fields, "query"), field(fields, "category_slug"), field(fields, "status_now")));
    }
    let ids = fields.iter().filter(|(name, _)| name == "product").filter_map(|(_, id)| Uuid::parse_str(id).ok());
    Chosen::Ticked(ids.take(MOST).map(Into::into).collect())
}

fn typed_of(fields: &[Field]) -> TypedChange {
    let text = |name| field(fields, name).to_owned();
    TypedChange { status: text("status"), category: text("category"), tax_class: text("tax_class"), percent: text("percent") }
}

/// `GET /office/products/changes/new`
#[handler]
pub async fn new(mut staff: Staff<GoodsKeeper>, Query(fields): Query<Vec<Field>>) -> Result<Response> {
    let chosen = chosen_of(&fields);
    if matches!(&chosen, Chosen::Ticked(ids) if ids.is_empty()) {
        return Ok(Redirect::to("/office/products?done=none-ticked").into_response());
    }
    let page = page_of(&mut staff.tx, &staff.member, &chosen, TypedChange::default()).await?;
    Ok(Page::of(&page)?.into_response())
}

/// `POST /office/products/changes`: shows what would become of them, and does it once that was seen.
#[handler]
pub async fn create(staff: Staff<GoodsKeeper>, Form(fields): Form<Vec<Field>>) -> Result<Response> {
    let (member, chosen, typed) = (staff.member.clone(), chosen_of(&fields), typed_of(&fields));
    let seen = field(&fields, "seen").to_owned();
    let done = if field(&fields, "step") == "apply" {
        staff.write(async |tx, member| apply(tx, member, &chosen, &typed, &seen).await).await.map(Some)
    } else {
        drop(staff);
        Ok(None)
    };
    let (status, wrong, conflict) = match done {
        Ok(Some(count)) => return Ok(Redirect::to(format!("/office/products?done=changed&count={count}")).into_response()),
        Ok(None) => (StatusCode::OK, FieldErrors::new(), String::new()),
        Err(Error::Invalid(wrong)) => (StatusCode::UNPROCESSABLE_ENTITY, wrong, String::new()),
        Err(error @ Error::Conflict(_)) => (StatusCode::CONFLICT, FieldErrors::new(), error.to_string()),
        Err(error) => return Err(error),
    };
    let work = async |tx: &mut Tx<Office>| {
        let mut page = page_of(tx, &member, &chosen, typed.clone()).await?;
        (page.wrong, page.conflict) = (wrong, conflict);
        let mut status = status;
        match effects(tx, &chosen, &typed).await {
            Ok(found) => page.effects = Some(Shown::of(&found, &member)),
            Err(Error::Invalid(wrong)) => (page.wrong, status) = (wrong, StatusCode::UNPROCESSABLE_ENTITY),
            Err(error) => return Err(error),
        }
        Ok((Page::of(&page)?, status))
    };
    let (page, status) = member.house.office(&member.tenant).read(work).await?;
    Ok(page.with_status(status).into_response())
}

async fn page_of(tx: &mut Tx<Office>, member: &Member, chosen: &Chosen, form: TypedChange) -> Result<BulkPage> {
    let waiting = office_requests::waiting(tx, member).await?;
    let (hidden, in_words) = match chosen {
        Chosen::Ticked(ids) => (
            ids.iter().map(|id| ("product", id.to_string())).collect(),
            if ids.len() == 1 { "1 product, which you ticked".to_owned() } else { format!("{} products, which you ticked", ids.len()) },
        ),
        Chosen::Found(filter) => (hidden_of(filter), all_found(filter, how_many(tx, chosen).await?, member)),
    };
    Ok(BulkPage {
        shell: Shell::of_staff(member, "Change several products", "products", waiting),
        hidden,
        chosen: in_words,
        form,
        categories: categories::list(tx).await?,
        statuses: STATUSES.map(|(status, name)| (status.word(), name)).into(),
        tax_classes: TAX_CLASSES.map(|(class, name)| (class.word(), name)).into(),
        wrong: FieldErrors::new(),
        conflict: String::new(),
        effects: None,
    })
}

/// «All 14 products found for “jumbo”».
fn all_found(filter: &Filter, count: usize, member: &Member) -> String {
    let is_all = filter.words.is_empty() && filter.category.is_none() && filter.status.is_none();
    let found = if is_all { "" } else { " found" };
    let words = if filter.words.is_empty() { String::new() } else { format!(" for “{}”", filter.words) };
    match count {
        1 => format!("The 1 product{found}{words}"),
        count if count > MOST => format!("More than {} products{found}{words}", many(MOST, member.tenant.country)),
        count => format!("All {} products{found}{words}", many(count, member.tenant.country)),
    }
}

fn hidden_of(filter: &Filter) -> Vec<(&'static str, String)> {
    vec![
        ("which", "found".to_owned()),
        ("query", filter.words.clone()),
        ("category_slug", filter.category.clone().unwrap_or_default()),
        ("status_now", filter.status.map(|status| status.word().to_owned()).unwrap_or_default()),
    ]
}

impl Shown {
    fn of(effects: &Effects, member: &Member) -> Self {
        let count = effects.changed.len();
        Self {
            count: if count == 1 { "1 product".to_owned() } else { format!("{count} products") },
            unchanged: effects.unchanged,
            rows: effects.changed.iter().take(SHOWN).map(|effect| Row::of(effect, member)).collect(),
            more: count.saturating_sub(SHOWN),
            seen: effects.fingerprint(member.tenant.currency),
        }
    }
}

impl Row {
    fn of(effect: &Effect, member: &Member) -> Self {
        let price = |product: &NewProduct| {
            let shown = |minor| Money::new(minor, member.tenant.currency).shown_in(member.tenant.country);
            product.price_minor.map(shown).unwrap_or_default()
        };
        let category = |product: &NewProduct| product.category.as_ref().map_or("none", CategoryName::as_str).to_owned();
        let class = |product: &NewProduct| {
            TAX_CLASSES.iter().find(|(class, _)| *class == product.tax_class).map_or("", |(_, name)| name).to_owned()
        };
        let status = |product: &NewProduct| status_name(Status::word(product.status)).to_owned();
        let (before, after) = (&effect.before, &effect.after);
        let all = [
            ("Price", price(before), price(after)),
            ("Status", status(before), status(after)),
            ("Category", category(before), category(after)),
            ("VAT", class(before), class(after)),
        ];
        Self {
            name: after.name.clone(),
            sku: after.sku.as_str().to_owned(),
            changes: all.into_iter().filter(|(_, before, after)| before != after).collect(),
        }
    }
}
