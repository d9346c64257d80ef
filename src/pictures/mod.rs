//! Pictures of products: drawn anew from what was uploaded, once, in the two sizes in which they are shown, and named by what is
//! in them, so that nobody has to ask whether they are still the same.

pub mod decoding;
pub mod pages;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Rgb, RgbImage, Rgba};
use serde_json::json;
use sha2::{Digest, Sha256};

use self::decoding::PictureError;
use crate::audit::{self, Actor, Event};
use crate::db::{Office, TenantDoor, Tx};
use crate::error::{Error, Result};
use crate::ids::ProductId;
use crate::tenancy::extract::Member;

/// The longest side on a product's own page,
const LARGE: u32 = 480;
/// and in a list.
const SMALL: u32 = 112;
/// Of a hundred: what is lost cannot be seen at these sizes.
const QUALITY: u8 = 82;

/// A picture as it is kept: two JPEGs.
pub struct Picture {
    pub hash: PictureHash,
    pub small: Vec<u8>,
    pub large: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// What a picture is named by: the SHA-256 of the larger.
pub type PictureHash = [u8; 32];

/// In which of its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Small,
    Large,
}

/// Where browsers find it.
pub fn href(hash: &[u8], size: Size) -> String {
    let size = match size {
        Size::Small => "?size=small",
        Size::Large => "",
    };
    format!("/pictures/{}{size}", hex::encode(hash))
}

/// Draws an upload anew.
///
/// # Errors
/// [`Error::Invalid`] about `picture`, with why it is not taken.
pub async fn draw_anew(upload: Vec<u8>) -> Result<Picture> {
    decoding::draw_anew("picture", upload, LARGE, encode).await
}

fn encode(image: &DynamicImage) -> Result<Picture, PictureError> {
    let image = on_paper(image);
    let large = jpeg(&image)?;
    let small = match image.width().max(image.height()) {
        side if side > SMALL => jpeg(&DynamicImage::ImageRgb8(image.clone()).thumbnail(SMALL, SMALL).to_rgb8())?,
        _ => large.clone(),
    };
    Ok(Picture { hash: Sha256::digest(&large).into(), small, large, width: image.width(), height: image.height() })
}

/// A JPEG has nothing to see through: what can be seen through is white.
fn on_paper(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let image = image.to_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *image.get_pixel(x, y);
        let over = |colour: u8| {
            let mixed = (u16::from(colour) * u16::from(alpha) + 255 * (255 - u16::from(alpha)) + 127) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Rgb([over(red), over(green), over(blue)])
    })
}

fn jpeg(image: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(image).map_err(|_| PictureError::Broken)?;
    Ok(bytes)
}

/// Gives a product a picture, in place of the one it had.
///
/// # Errors
/// [`Error::NotFound`] when there is no such product.
pub async fn put(tx: &mut Tx<Office>, member: &Member, product: ProductId, picture: &Picture) -> Result<()> {
    let now = member.house.now();
    sqlx::query!(
        "insert into pictures (tenant_id, picture_hash, small, large, created_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, picture_hash) do nothing",
        tx.tenant().uuid(),
        &picture.hash[..],
        picture.small,
        picture.large,
        now
    )
    .execute(&mut *tx)
    .await?;
    let after = format!("a picture of {} × {} pixels", picture.width, picture.height);
    change(tx, member, product, Some(picture.hash.to_vec()), &after).await
}

/// Takes a product's picture away; where there is none, nothing happens.
///
/// # Errors
/// [`Error::NotFound`] when there is no such product.
pub async fn remove(tx: &mut Tx<Office>, member: &Member, product: ProductId) -> Result<()> {
    change(tx, member, product, None, "none").await
}

async fn change(tx: &mut Tx<Office>, member: &Member, product: ProductId, hash: Option<Vec<u8>>, after: &str) -> Result<()> {
    let (tenant, now) = (tx.tenant().uuid(), member.house.now());
    let before = sqlx::query!(
        "select sku, name, picture_hash from products where tenant_id = $1 and product_id = $2 for no key update",
        tenant,
        product.uuid()
    );
    let before = before.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)?;
    if before.picture_hash == hash {
        return Ok(());
    }
    sqlx::query!(
        "update products set picture_hash = $3, updated_at = $4 where tenant_id = $1 and product_id = $2",
        tenant,
        product.uuid(),
        hash,
        now
    )
    .execute(&mut *tx)
    .await?;
    let had = before.picture_hash.is_some();
    if let Some(old) = before.picture_hash {
        forget(tx, &old).await?;
    }
    let change = json!({ "what": "picture", "before": if had { "a picture" } else { "none" }, "after": after });
    let details = json!({ "sku": before.sku, "name": before.name, "changes": [change] });
    let event =
        Event { actor: Actor::staff(member), action: "product.changed", subject_kind: "product", subject_id: product.uuid(), details };
    audit::record(tx, event, now).await
}

/// A picture that no product has any more goes.
async fn forget(tx: &mut Tx<Office>, hash: &[u8]) -> Result<()> {
    sqlx::query!(
        "delete from pictures where tenant_id = $1 and picture_hash = $2
            and not exists (select from products where tenant_id = $1 and picture_hash = $2)",
        tx.tenant().uuid(),
        hash
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// The JPEG of this name.
///
/// # Errors
/// [`Error::NotFound`] when the tenant has none of this name.
pub async fn find<D: TenantDoor>(tx: &mut Tx<D>, hash: &PictureHash, size: Size) -> Result<Vec<u8>> {
    let found = sqlx::query_scalar!(
        r#"select case when $3 then small else large end as "jpeg!" from pictures where tenant_id = $1 and picture_hash = $2"#,
        tx.tenant().uuid(),
        &hash[..],
        size == Size::Small
    );
    found.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
}
