//! Pictures that people upload are drawn anew: what is kept is what this program made of them. Whatever else the file held,
//! before, behind or inside the picture, is gone.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// The heaviest picture that is taken.
pub const HEAVIEST_BYTES: usize = 2 * 1024 * 1024;
/// The heaviest request that is read at all, so that a picture that is somewhat too heavy is told so in its form.
pub const HEAVIEST_UPLOAD_BYTES: usize = 4 * 1024 * 1024;
/// The largest picture that is unpacked: a phone's photograph, and not a bomb.
const LARGEST_SIDE: u32 = 8_000;
const LARGEST_PIXELS: u64 = 16_000_000;
/// Sixteen million pixels of four channels, of one byte each, and as much again to work with.
const LARGEST_ALLOCATION: u64 = 128 * 1024 * 1024;
/// How many are drawn at once in this process; more wait.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Why a file is no picture for us, in words for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("Choose a picture first.")]
    None,
    #[error("That file is heavier than 2 MB. Save the picture smaller, and upload that.")]
    Heavy,
    #[error("That is an SVG drawing or a web page, which can hold programs. Save it as a PNG, and upload that.")]
    Drawing,
    #[error("That is not a PNG, JPEG or WebP picture. Save it as one of these, and upload that.")]
    Kind,
    #[error("That picture has {0} × {1} pixels, which is too many. Make it at most 4000 × 4000, and upload that.")]
    Large(u32, u32),
    #[error("That picture is damaged, or not all of it came. Save it again, and upload that.")]
    Broken,
}

/// Draws an upload anew, on a thread where it holds nobody up: no side of it longer than `side`, and then what `encode` makes of it.
///
/// # Errors
/// [`Error::Invalid`] about the field, with why it is not taken.
pub async fn draw_anew<Drawn: Send + 'static>(
    field: &'static str,
    upload: Vec<u8>,
    side: u32,
    encode: fn(&DynamicImage) -> Result<Drawn, PictureError>,
) -> Result<Drawn> {
    let turn = AT_ONCE.acquire().await.map_err(|closed| Error::Internal(closed.into()))?;
    let drawing = tokio::task::spawn_blocking(move || {
        // Held by the work and not by the request, which may be gone before the work is.
        let _turn = turn;
        encode(&read(&upload, side)?)
    });
    // A decoder that panics has met a file that it cannot read.
    let drawn = drawing.await.unwrap_or(Err(PictureError::Broken));
    drawn.map_err(|why| Error::invalid(field, why.to_string()))
}

fn read(upload: &[u8], side: u32) -> Result<DynamicImage, PictureError> {
    let format = kind_of(upload)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(LARGEST_ALLOCATION);
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    reader.limits(limits);
    // Only the head is read here: how large it would be is known before room is made for it.
    let mut decoder = reader.into_decoder().map_err(|_| PictureError::Broken)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > LARGEST_SIDE || u64::from(width) * u64::from(height) > LARGEST_PIXELS {
        return Err(PictureError::Large(width, height));
    }
    if format == ImageFormat::Jpeg && !ends(upload) {
        return Err(PictureError::Broken);
    }
    // A camera that was held upright says so beside the picture, and what is beside the picture goes.
    let orientation = decoder.orientation().map_err(|_| PictureError::Broken)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| PictureError::Broken)?;
    if width.max(height) > side {
        image = image.thumbnail(side, side);
    }
    image.apply_orientation(orientation);
    Ok(image)
}
/// What the file is by its first bytes, whatever its name and type say.
fn kind_of(upload: &[u8]) -> Result<ImageFormat, PictureError> {
    let first = upload.iter().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF));
    match image::guess_format(upload) {
        _ if upload.is_empty() => Err(PictureError::None),
        _ if upload.len() > HEAVIEST_BYTES => Err(PictureError::Heavy),
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => Ok(format),
        _ if first == Some(&b'<') => Err(PictureError::Drawing),
        _ => Err(PictureError::Kind),
    }
}

/// Whether a JPEG has an end: its decoder paints what did not come grey, and says nothing.
fn ends(jpeg: &[u8]) -> bool {
    let mut at = 2;
    // Segments, each of a length, up to the one that begins the scan; a preview inside one of them has an end of its own.
    while let Some([0xFF, marker, high, low]) = jpeg.get(at..at + 4) {
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
        if *marker == 0xDA {
            return jpeg.get(at..).unwrap_or_default().windows(2).any(|pair| pair == [0xFF, 0xD9]);
        }
    }
    false
}
