//! Pictures of products, named by what is in them: by the SHA-256 of the larger of the two that are kept.

pub mod pages;

use crate::db::{TenantDoor, Tx};
use crate::error::{Error, Result};

/// What a picture is named by.
pub type PictureHash = [u8; 32];

/// How large it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 112 pixels, for a row of a list.
    Small,
    /// 480 pixels, for a product's own page.
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

/// A picture of this tenant's, a JPEG.
///
/// # Errors
/// [`Error::NotFound`] when there is none of that name.
pub async fn find<D: TenantDoor>(tx: &mut Tx<D>, hash: &PictureHash, size: Size) -> Result<Vec<u8>> {
    let jpeg = sqlx::query_scalar!(
        r#"select case when $3 then small else large end as "jpeg!" from pictures where tenant_id = $1 and picture_hash = $2"#,
        tx.tenant().uuid(),
        &hash[..],
        size == Size::Small
    );
    jpeg.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound)
}
