//! Logos that are uploaded: what is taken and drawn anew, and what is refused, each with its reason.

use std::io::{Cursor, Write};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use http::{Method, StatusCode};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use crate::house::{Answer, Browser, House};

const LOGO: &str = "/api/v1/office/settings/logo";

fn as_file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("memory");
    bytes.into_inner()
}

/// Red at the left and blue at the right.
fn two_colours(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 0, 0]) } else { Rgb([0, 0, 220]) }).into()
}

/// A plain picture.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    as_file(&two_colours(width, height), ImageFormat::Png)
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    let mut sum = Crc::new();
    sum.update(&body);
    [&u32::try_from(data.len()).expect("small").to_be_bytes(), body.as_slice(), &sum.sum().to_be_bytes()].concat()
}

/// A PNG whose head promises so many pixels, with a few kilobytes of nothing behind it.
fn bomb(side: u32) -> Vec<u8> {
    let head = [&side.to_be_bytes(), &side.to_be_bytes(), [8, 6, 0, 0, 0].as_slice()].concat();
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&vec![0; 4 * 1024 * 1024]).expect("memory");
    let data = packed.finish().expect("memory");
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &head), chunk(b"IDAT", &data), chunk(b"IEND", &[])].concat()
}

/// A JPEG with what a camera writes beside it: that it was held upright, and where.
fn photograph() -> Vec<u8> {
    let plain = as_file(&two_colours(60, 40), ImageFormat::Jpeg);
    let head = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let exif = [head.as_slice(), b"51.5N 0.1W at the back door"].concat();
    let length = u16::try_from(exif.len() + 2).expect("small").to_be_bytes();
    [&plain[..2], &[0xFF, 0xE1], &length, &exif, &plain[2..]].concat()
}

async fn put(browser: &Browser, bytes: Vec<u8>) -> Answer {
    browser.send_bytes(Method::PUT, LOGO, "image/png", bytes).await
}

async fn upload(browser: &Browser, bytes: &[u8]) -> Answer {
    upload_to(browser, "/office/settings/logo", bytes).await
}

/// Nothing but a colour that cannot be seen.
pub fn transparent_png(width: u32, height: u32) -> Vec<u8> {
    as_file(&RgbaImage::from_pixel(width, height, Rgba([0, 0, 220, 0])).into(), ImageFormat::Png)
}

/// Sends a file as the page's form does.
pub async fn upload_to(browser: &Browser, path: &str, bytes: &[u8]) -> Answer {
    upload_part(browser, path, "logo", bytes).await
}

/// Sends a file as the part of a form that has this name.
pub async fn upload_part(browser: &Browser, path: &str, name: &str, bytes: &[u8]) -> Answer {
    let head = format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n");
    let body = [head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
    browser.send_bytes(Method::POST, path, "multipart/form-data; boundary=edge", body).await
}

async fn kept(house: &House) -> Vec<u8> {
    house.value("select logo from tenants where slug = 'acme'").await
}

#[tokio::test]
async fn each_kind_of_picture_is_taken_and_kept_as_a_small_png() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let transparent: DynamicImage = RgbaImage::from_pixel(700, 100, Rgba([0, 0, 220, 0])).into();
    for (file, size) in [
        (png(40, 20), (40, 20)),
        (png(1024, 512), (512, 256)),
        (as_file(&two_colours(1000, 1500), ImageFormat::Jpeg), (341, 512)),
        (as_file(&two_colours(300, 300), ImageFormat::WebP), (300, 300)),
        (as_file(&transparent, ImageFormat::WebP), (512, 73)),
    ] {
        let done = upload(&owner, &file).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/office/settings?done=logo"), "{done:?}");
        let page = owner.get(done.header("location")).await.text;
        assert!(
            page.contains("Your counter shows the new logo now") && page.contains("<img class=\"mark\" src=\"/logos/acme?v="),
            "{page}"
        );
        let kept = kept(&house).await;
        assert!(kept.starts_with(b"\x89PNG"), "always a PNG");
        let drawn = image::load_from_memory(&kept).expect("a picture");
        assert_eq!((drawn.width(), drawn.height()), size);
    }
    assert!(image::load_from_memory(&kept(&house).await).expect("a picture").color().has_alpha(), "what was transparent still is");
    let served = house.browser("acme").get("/logos/acme").await;
    for (name, value) in
        [("content-type", "image/png"), ("x-content-type-options", "nosniff"), ("content-security-policy", "default-src 'none'; sandbox")]
    {
        assert_eq!(served.header(name), value);
    }
    let events = "select count(*) from audit_events where action = 'settings.changed' and details::text like '%a picture of%pixels%'";
    assert_eq!(house.value::<i64>(events).await, 5);
    for _ in 0..2 {
        let gone = owner.form("/office/settings/logo/removal", &[]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{gone:?}");
    }
    assert_eq!(house.browser("acme").get("/logos/acme").await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.value::<i64>("select count(*) from audit_events").await, 6, "what is not there is removed without a word");
}

#[tokio::test]
async fn what_was_in_the_file_beside_the_picture_is_gone() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    assert!(photograph().windows(6).any(|part| part == b"0.1W a"), "it is there before");
    assert_eq!(put(&owner, photograph()).await.status, StatusCode::NO_CONTENT);
    let drawn = kept(&house).await;
    assert!(!drawn.windows(4).any(|part| part == b"Exif" || part == b"eXIf" || part == b"0.1W"));
    let picture = image::load_from_memory(&drawn).expect("a picture").to_rgb8();
    assert_eq!(picture.dimensions(), (40, 60), "turned as the camera was");
    let (top, bottom) = (picture.get_pixel(20, 5), picture.get_pixel(20, 55));
    assert!(top[0] > 150 && top[2] < 80 && bottom[2] > 150 && bottom[0] < 80, "red above, blue below: {top:?} {bottom:?}");
    let polyglot = [png(40, 20), b"<script>alert(1)</script>PK\x03\x04 payload.js".to_vec()].concat();
    let text = chunk(b"tEXt", b"Comment\0<?php system('id') ?>");
    let with_text = [&png(40, 20)[..33], &text, &png(40, 20)[33..]].concat();
    for file in [polyglot, with_text] {
        assert_eq!(put(&owner, file).await.status, StatusCode::NO_CONTENT);
        let drawn = kept(&house).await;
        for part in [b"<script".as_slice(), b"PK\x03\x04", b"<?php", b"tEXt"] {
            assert!(!drawn.windows(part.len()).any(|found| found == part), "{part:?} was kept");
        }
        assert!(drawn.ends_with(b"IEND\xAEB`\x82"), "nothing is behind the picture");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_with_its_reason_and_the_old_logo_stays() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    assert_eq!(put(&owner, png(40, 20)).await.status, StatusCode::NO_CONTENT);
    let before = kept(&house).await;
    let half = |file: Vec<u8>| file[..file.len() / 2].to_vec();
    let jpeg = as_file(&two_colours(200, 200), ImageFormat::Jpeg);
    let preview = [&jpeg[..2], &[0xFF, 0xE2, 0, 8, 0xFF, 0xD9, 0xFF, 0xD9, 0, 0], &jpeg[2..]].concat();
    let heavy = [png(40, 20), vec![0; 2 * 1024 * 1024]].concat();
    let svg = b"\xEF\xBB\xBF <svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    let webp = as_file(&two_colours(200, 200), ImageFormat::WebP);
    for (file, why) in [
        (Vec::new(), "Choose a picture first."),
        (svg, "SVG drawing or a web page"),
        (b"<!doctype html><script>alert(1)</script>".to_vec(), "SVG drawing or a web page"),
        (b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "not a PNG, JPEG or WebP"),
        (b"%PDF-1.7".to_vec(), "not a PNG, JPEG or WebP"),
        (b"hello".to_vec(), "not a PNG, JPEG or WebP"),
        (half(png(200, 200)), "damaged"),
        (half(jpeg.clone()), "damaged"),
        (half(preview), "damaged"),
        (half(webp), "damaged"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>".to_vec(), "damaged"),
        ([jpeg[..20].to_vec(), vec![0xA5; 500]].concat(), "damaged"),
        (heavy, "heavier than 2 MB"),
        (bomb(7_999), "too many"),
    ] {
        let refused = upload(&owner, &file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}: {refused:?}");
        assert!(refused.text.contains(why) && refused.text.contains("id=\"logo-error\""), "{why}: {refused:?}");
        let refused = put(&owner, file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}: {refused:?}");
        assert!(refused.value()["errors"][0]["detail"].as_str().is_some_and(|detail| detail.contains(why)), "{why}: {refused:?}");
    }
    let named = owner.send_bytes(Method::PUT, LOGO, "image/svg+xml", png(40, 20)).await;
    assert_eq!(named.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{named:?}");
    assert_eq!(owner.send_bytes(Method::POST, "/office/settings/logo", "multipart/form-data", vec![1]).await.status.as_u16(), 400);
    assert_eq!(kept(&house).await, before);
    assert_eq!(house.value::<i64>("select count(*) from audit_events").await, 1);
}

/// The most memory that this process has held so far, in megabytes.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("of this process");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("the most");
    line.split_whitespace().nth(1).expect("a number").parse::<u64>().expect("kilobytes") / 1024
}

#[tokio::test]
async fn a_bomb_is_refused_by_its_head_and_nothing_is_unpacked() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let before = most_memory();
    let refused = upload(&owner, &bomb(30_000)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("30000 × 30000 pixels"), "{refused:?}");
    let several = futures_util::future::join_all((0..8).map(|_| put(&owner, bomb(30_000)))).await;
    assert!(several.iter().all(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY), "{several:?}");
    let grown = most_memory() - before;
    assert!(grown < 300, "{grown} MB; one of them would be 3,600");
}

#[tokio::test]
async fn a_large_body_is_read_for_staff_alone_and_only_where_pictures_go() {
    let house = House::open().await;
    let owner = house.staff("acme", "owner").await;
    let large = || [png(40, 20), vec![0; 200 * 1024]].concat();
    assert_eq!(put(&owner, large()).await.status, StatusCode::NO_CONTENT, "what is behind the picture does not matter");
    assert_eq!(put(&house.browser("acme"), large()).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let stranger = house.staff("bravo", "owner").await;
    let elsewhere = house.browser("acme");
    elsewhere.plant("__Host-office", &stranger.cookie("__Host-office").expect("a session"));
    assert_eq!(put(&elsewhere, large()).await.status, StatusCode::PAYLOAD_TOO_LARGE, "nor for the staff of others");
    let settings = owner.send_bytes(Method::PATCH, "/api/v1/office/settings", "application/json", large()).await;
    assert_eq!(settings.status, StatusCode::PAYLOAD_TOO_LARGE);
    let endless = owner.send_bytes(Method::PUT, LOGO, "image/png", vec![0; 4 * 1024 * 1024 + 1]).await;
    assert_eq!(endless.status, StatusCode::PAYLOAD_TOO_LARGE);
}
