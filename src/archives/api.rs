//! Everything a wholesaler owns, by the API.

use poem::Body;
use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, OpenApi};

use super::pages::{as_attachment, body};
use super::take_along;
use crate::api::Chapter;
use crate::error::Result;
use crate::tenancy::extract::{Exporter, Fresh, Staff};

pub struct ArchivesApi;

#[derive(ApiResponse)]
pub enum Made {
    /// The archive.
    #[oai(status = 200, content_type = "application/zip")]
    Archive(
        Binary<Body>,
        /// The name for the file.
        #[oai(header = "content-disposition")]
        String,
        /// Its length in bytes.
        #[oai(header = "content-length")]
        u64,
    ),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Chapter::Office")]
impl ArchivesApi {
    /// Take everything along
    ///
    /// Makes an archive of everything the wholesaler owns at this moment, and writes that into the audit log: a ZIP with
    /// `manifest.json`, and of each table its rows as JSON and as CSV. `tradecounter tenant import` restores it elsewhere. One
    /// at a time: while another one is made or fetched the answer is 409. A suspended counter and one that is being closed
    /// can be taken along as well.
    #[oai(path = "/office/export", method = "post")]
    async fn export(&self, staff: Staff<Fresh<Exporter>>) -> Result<Made> {
        let member = staff.leave().await?;
        let archive = take_along(&member).await?;
        let (name, length) = (as_attachment(&archive), archive.bytes);
        Ok(Made::Archive(Binary(body(archive)), name, length))
    }
}
