//! Files as Excel in Britain, in Germany and on a Mac writes them, files that are none, and files that are large.

use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};
use http::StatusCode;

use crate::house::{Browser, House};
use crate::imports::{act, chosen, counts, read, upload};

async fn shop() -> (House, Browser) {
    let house = House::open().await;
    house.goods("acme").await;
    let manager = house.staff("acme", "manager").await;
    (house, manager)
}

fn in_letters(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    let (bytes, _, is_lossy) = encoding.encode(text);
    assert!(!is_lossy, "{text}");
    bytes.into_owned()
}

fn in_utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

/// A list as it is written with this between the cells, this before the decimals, and this at the ends of lines.
fn list(separator: char, mark: char, end: &str) -> String {
    let money = |amount: &str| amount.replace('.', &mark.to_string());
    let rows = [
        ["SKU", "Bezeichnung", "Preis", "Inhalt", "Einheit", "Beschreibung"].map(str::to_owned),
        [
            "KÄ-1".to_owned(),
            "Käse für Gäste, groß; der „gute“".to_owned(),
            money("12.50"),
            money("0.4"),
            "kg".to_owned(),
            "Zeile eins\nZeile zwei".to_owned(),
        ],
        ["CR-2".to_owned(), "Crème brûlée – à l’ancienne".to_owned(), money("1250.00"), String::new(), String::new(), String::new()],
        ["TEA-1".to_owned(), "Breakfast tea, 80 bags".to_owned(), money("1.00"), String::new(), String::new(), String::new()],
    ];
    let quoted = |cell: &String| {
        let is_plain = !cell.contains([separator, '"', '\n']);
        if is_plain { cell.clone() } else { format!("\"{}\"", cell.replace('"', "\"\"").replace('\n', end)) }
    };
    rows.map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(&separator.to_string()) + end).concat()
}

#[tokio::test]
async fn the_same_list_is_the_same_however_it_is_written() {
    let (house, manager) = shop().await;
    let german = list(';', ',', "\r\n");
    let corpus: [(&str, Vec<u8>); 12] = [
        ("UTF-8, commas", list(',', '.', "\n").into_bytes()),
        ("UTF-8 with a mark, as Excel's «CSV UTF-8» in Britain", format!("\u{feff}{}", list(',', '.', "\r\n")).into_bytes()),
        ("UTF-8 with a mark, semicolons, as in Germany", format!("\u{feff}{german}").into_bytes()),
        ("Windows, semicolons, decimal commas", in_letters(WINDOWS_1252, &german)),
        ("Windows, commas", in_letters(WINDOWS_1252, &list(',', '.', "\r\n"))),
        ("Mac Roman, semicolons, returns alone", in_letters(MACINTOSH, &list(';', ',', "\r"))),
        ("Mac Roman, commas", in_letters(MACINTOSH, &list(',', '.', "\r"))),
        ("«Unicode text»: UTF-16, tabs", in_utf16(&format!("\u{feff}{}", list('\t', ',', "\r\n")), u16::to_le_bytes)),
        ("UTF-16 the other way", in_utf16(&format!("\u{feff}{}", list('\t', '.', "\r\n")), u16::to_be_bytes)),
        ("UTF-16 without a mark", in_utf16(&list(';', ',', "\r\n"), u16::to_le_bytes)),
        ("with Excel's own first line", format!("sep=;\r\n{german}").into_bytes()),
        ("without an end of the last line, blank lines before it", {
            let text = list(',', '.', "\n");
            let (head, last) = text.trim_end().rsplit_once('\n').expect("lines");
            format!("{head}\n\n,,,,,\n{last}").into_bytes()
        }),
    ];
    for (name, bytes) in corpus {
        let path = read(&house, &manager, "products", &bytes).await;
        assert_eq!(counts(&house).await, "read 2 0 1 0", "{name}: {}", manager.get(&path).await.text);
        let rows: String = house.value("select string_agg(after::text, ' ' order by line) from import_rows where verdict = 'new'").await;
        for said in [
            "\"KÄ-1\"",
            "Käse für Gäste, groß; der „gute“",
            "\"12.50\"",
            "\"0.4\"",
            "Zeile eins\\nZeile zwei",
            "Crème brûlée – à l’ancienne",
            "\"1250.00\"",
        ] {
            assert!(rows.contains(said), "{name}: {said} in {rows}");
        }
    }
}

#[tokio::test]
async fn what_is_no_list_is_refused_in_words() {
    let (house, manager) = shop().await;
    for (bytes, why) in [
        (b"".to_vec(), "There is nothing in this file."),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml".to_vec(), "This is a workbook."),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0".to_vec(), "This is a workbook."),
        (b"%PDF-1.7".to_vec(), "This is a PDF."),
        (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec(), "This file is no table of text."),
        (b"sku,name\n".to_vec(), "There are no rows in this file below the first"),
    ] {
        let refused = upload(&manager, "products", "list.csv", &bytes).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}: {refused:?}");
        assert!(refused.text.contains(why) && refused.text.contains("<a href=\"#file\">"), "{why}: {refused:?}");
    }
    assert_eq!(upload(&manager, "stamps", "list.csv", b"sku\n1\n").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.value::<i64>("select (select count(*) from imports) + (select count(*) from import_pieces)").await, 0);

    let endless = format!("sku,name\nTEA-1,Tea\nTEA-2,\"never closed\n{}", "x,y\n".repeat(40_000));
    let columns = upload(&manager, "products", "endless.csv", endless.as_bytes()).await.header("location").to_owned();
    let said = chosen(&manager.get(&columns).await.text);
    let path = crate::imports::say(&house, &manager, &columns, &said).await;
    let sent_back = manager.get(&path).await;
    assert_eq!(sent_back.header("location"), columns, "{sent_back:?}");
    let page = manager.get(&columns).await.text;
    assert!(page.contains("This file could not be read to its end.") && page.contains("Row 3 does not end."), "{page}");
}

/// What this process holds in memory, in kilobytes: now, or at most since it was last asked to begin anew.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let found = status.lines().find_map(|found| found.strip_prefix(line)).expect(line);
    found.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_read_in_bounded_memory() {
    let (house, manager) = shop().await;
    let mut list = String::with_capacity(16 * 1024 * 1024);
    list.push_str("price_list,sku,from_quantity,price,valid_from,valid_until,remark\n");
    for at in 0..100_000 {
        // One row of everything, ninety-nine that are wrong in the same way, each with a long remark that is left out.
        let sku = if at % 100 == 0 { "TEA-1" } else { "GONE-1" };
        list.push_str(&format!("Gold,{sku},{},1.25,,,{}\n", at + 1, "x".repeat(130)));
    }
    let columns = upload(&manager, "prices", "large.csv", list.as_bytes()).await.header("location").to_owned();
    let size = list.len() as u64 / 1024;
    drop(list);
    let said = chosen(&manager.get(&columns).await.text);
    let fields: Vec<(&str, &str)> = said.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(manager.form(&columns, &fields).await.status, StatusCode::SEE_OTHER);
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak begins anew");
    let before = memory("VmRSS:");
    house.run_jobs().await;
    let most = memory("VmHWM:");
    assert_eq!(counts(&house).await, "read 999 1 0 99000");
    let taken = most.saturating_sub(before);
    assert!(size > 12_000 && taken < 12_000, "a file of {size} kB was read with {taken} kB");
}

#[tokio::test]
async fn an_amount_that_could_be_either_is_what_somebody_said() {
    let (house, manager) = shop().await;
    for (mark, minor) in [("comma", 125_000), ("point", 0)] {
        let columns = upload(&manager, "products", "list.csv", b"sku;price\nTEA-1;1.250\n").await.header("location").to_owned();
        let mut said = chosen(&manager.get(&columns).await.text);
        assert_eq!(said.last().expect("decimals").1, "comma", "semicolons stand where commas are before decimals");
        said.last_mut().expect("decimals").1 = mark.to_owned();
        let path = crate::imports::say(&house, &manager, &columns, &said).await;
        if minor == 0 {
            assert!(manager.get(&path).await.text.contains("An amount has at most two decimals."));
            continue;
        }
        act(&house, &manager, &path, "application").await;
        let price: i64 = house.value("select minor from prices join products using (tenant_id, product_id) where sku = 'TEA-1' and price_list_id = tenant_id and from_quantity = 1").await;
        assert_eq!(price, minor);
    }
}
