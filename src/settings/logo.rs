//! Logos that people upload: what is kept is a PNG of at most 512 pixels a side.

use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder};

use crate::error::Result;
use crate::pictures::decoding::{self, PictureError};

/// The longest side of what is kept.
const SIDE: u32 = 512;

/// A picture as it is kept.
pub struct Picture {
    pub png: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// Draws an upload anew.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) about `logo`, with why it is not taken.
pub async fn draw_anew(upload: Vec<u8>) -> Result<Picture> {
    decoding::draw_anew("logo", upload, SIDE, encode).await
}

fn encode(image: &DynamicImage) -> Result<Picture, PictureError> {
    let (width, height) = (image.width(), image.height());
    let mut png = Vec::new();
    let encoder = PngEncoder::new(&mut png);
    let written = if image.color().has_alpha() {
        encoder.write_image(&image.to_rgba8(), width, height, ExtendedColorType::Rgba8)
    } else {
        encoder.write_image(&image.to_rgb8(), width, height, ExtendedColorType::Rgb8)
    };
    written.map_err(|_| PictureError::Broken)?;
    Ok(Picture { png, width, height })
}
