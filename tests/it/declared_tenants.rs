//! Tenants as files: what is read, and every mistake with its file, line and column.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tradecounter::tenants::declared::{self, Declared};

pub const TENANT: &str = r##"business_name = "Acme Gifts"
country = "GB"
currency = "GBP"
time_zone = "Europe/London"
brand_colour = "#1E3A8A"
logo = "logo.svg"
sms_countries = ["GB", "IE"]

[contact]
email = "trade@acme.example"
phone = "+44 20 7946 0107"
address = "Unit 4, London"

[opening]
text = "Gifts for shops."

[[staff]]
email = "owner@acme.example"
name = "Ada Lovelace"
role = "owner"

[[staff]]
email = "picker@acme.example"
name = "Kit Marlowe"
role = "picker"
"##;

pub const CUSTOMERS: &str = "\
account_number,business_name,contact_name,phone,role,town,country
A-1,Corner Shop,Ada King,+447400123456,owner,Leeds,GB
A-1,Corner Shop,Bea King,+447400123465,buyer,Leeds,GB
A-2,\"Plum, Pear & Co\",Cy Pear,+33612345678,owner,Dijon,FR
";

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#1e3a8a"/></svg>"##;

/// A directory of tenants that goes when the test does.
pub struct Tenants(pub PathBuf);

impl Tenants {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("tradecounter-declared-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    /// One tenant without a mistake.
    pub fn with_acme() -> Self {
        let tenants = Self::new();
        tenants.write("acme/tenant.toml", TENANT);
        tenants.write("acme/customers.csv", CUSTOMERS);
        tenants.write("acme/logo.svg", LOGO);
        tenants
    }

    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let file = self.0.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    pub fn read(&self) -> Result<Vec<Declared>, Vec<String>> {
        let here = format!("{}/", self.0.display());
        declared::read(&self.0).map_err(|mistakes| mistakes.to_string().lines().map(|line| line.replace(&here, "")).collect())
    }

    pub fn mistakes(&self) -> Vec<String> {
        self.read().err().unwrap_or_default()
    }
}

impl Drop for Tenants {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is said about a `tenant.toml` in which `from` was replaced by `to`.
fn tenant_mistakes(from: &str, to: &str) -> Vec<String> {
    assert!(TENANT.contains(from), "{from:?}");
    let tenants = Tenants::with_acme();
    tenants.write("acme/tenant.toml", TENANT.replacen(from, to, 1));
    tenants.mistakes()
}

fn customer_mistakes(from: &str, to: &str) -> Vec<String> {
    assert!(CUSTOMERS.contains(from), "{from:?}");
    let tenants = Tenants::with_acme();
    tenants.write("acme/customers.csv", CUSTOMERS.replacen(from, to, 1));
    tenants.mistakes()
}

fn logo_mistakes(logo: impl AsRef<[u8]>) -> Vec<String> {
    let tenants = Tenants::with_acme();
    tenants.write("acme/logo.svg", logo);
    tenants.mistakes()
}

#[test]
fn a_folder_is_read() {
    let tenants = Tenants::with_acme();
    tenants.write("README.md", "not a tenant");
    tenants.write(".hidden/tenant.toml", "");
    let read = tenants.read().unwrap();
    let [acme] = read.as_slice() else { panic!("one tenant") };
    assert_eq!(acme.slug.as_str(), "acme");
    assert_eq!(acme.brand_colour, "#1e3a8a");
    assert_eq!(acme.time_zone.name(), "Europe/London");
    assert_eq!(acme.sms_countries.iter().map(|country| country.as_str()).collect::<Vec<_>>(), ["GB", "IE"]);
    assert_eq!(acme.logo.as_ref().map(|logo| (logo.media_type, logo.bytes.len())), Some(("image/svg+xml", LOGO.len())));
    assert_eq!(acme.staff.iter().map(|person| person.role.word()).collect::<Vec<_>>(), ["owner", "picker"]);
    let customers: Vec<_> = acme.customers.iter().map(|row| (row.account_number.as_str(), row.phone.as_str(), row.role)).collect();
    assert_eq!(customers, [("A-1", "+447400123456", "owner"), ("A-1", "+447400123465", "buyer"), ("A-2", "+33612345678", "owner")]);
    assert_eq!(acme.customers.last().map(|row| row.business_name.as_str()), Some("Plum, Pear & Co"));
}

#[test]
fn the_tenants_of_this_repository_are_without_mistakes() {
    let read = declared::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(read.iter().map(|one| one.slug.as_str()).collect::<Vec<_>>(), ["fromagerie", "spiceroute", "unionjack"]);
    assert!(read.iter().all(|one| one.logo.is_some() && !one.customers.is_empty()));
}

#[test]
fn tenant_toml_says_where_it_is_wrong() {
    for (from, to, mistake) in [
        ("country = \"GB\"", "country = \"UK\"", "2:11: We do not know that country."),
        ("country = \"GB\"", "country = 44", "2:11: `country` takes text in quotation marks"),
        ("country = \"GB\"\n", "", "1:1: `country` is missing"),
        ("currency = \"GBP\"", "currency = \"gbp\"", "3:12: a currency is written as three capital letters, such as GBP"),
        ("currency = \"GBP\"", "currency = \"JPY\"", "3:12: we do not know that currency"),
        ("Europe/London", "London", "4:13: this is no time zone; write its IANA name, such as Europe/London"),
        ("#1E3A8A", "blue", "5:16: a colour is written as #rrggbb, such as #1e3a8a"),
        ("#1E3A8A", "#1é3a8", "5:16: a colour is written as #rrggbb, such as #1e3a8a"),
        ("\"logo.svg\"", "\"../logo.svg\"", "6:8: the logo is a file in this folder; write its name alone"),
        ("[\"GB\", \"IE\"]", "\"GB\"", "7:17: `sms_countries` takes a list"),
        ("[\"GB\", \"IE\"]", "[]", "7:17: codes must be able to go somewhere: name at least one country"),
        ("[\"GB\", \"IE\"]", "[\"GB\", \"GB\"]", "7:24: GB stands here twice"),
        ("[\"GB\", \"IE\"]", "[\"GB\",\n  \"ie\"]", "8:3: A country is written as two capital letters, such as GB."),
        ("trade@acme.example", "trade@", "10:9: Check what stands after the @: it should look like example.com."),
        ("+44 20 7946 0107", "ask for Ada", "11:9: a phone number is written with digits, blanks and + ( ) - ."),
        ("address = \"Unit 4, London\"\n", "", "9:1: `address` is missing in [contact]"),
        ("address =", "adress =", "9:1: `address` is missing in [contact]"),
        ("[opening]\ntext = \"Gifts for shops.\"\n", "", "1:1: `opening` is missing"),
        ("Gifts for shops.", "", "15:8: Please write the opening text."),
        ("name = \"Kit Marlowe\"\n", "", "22:1: `name` is missing in [staff]"),
        ("\"picker\"", "\"boss\"", "25:8: the role is owner, manager, sales or picker"),
        ("picker@acme", "OWNER@acme", "23:9: this e-mail address stands in line 18 already"),
        ("\"owner\"", "\"sales\"", "17:1: nobody of the staff is an owner; at least one must be"),
    ] {
        let said = tenant_mistakes(from, to);
        assert_eq!(said.first().map(String::as_str), Some(format!("acme/tenant.toml:{mistake}").as_str()), "{from:?} → {to:?}: {said:#?}");
    }
}

#[test]
fn a_colour_nothing_can_be_read_on_is_refused() {
    let said = tenant_mistakes("#1E3A8A", "#777777");
    let [mistake] = said.as_slice() else { panic!("{said:?}") };
    assert!(mistake.starts_with("acme/tenant.toml:5:16: neither white nor near-black can be read on #777777"), "{mistake}");
    assert!(mistake.contains("a contrast of 4.47 to 1, and 4.5 is needed"), "{mistake}");
    assert_eq!(tenant_mistakes("#1E3A8A", "#ffd54a"), [""; 0]);
}

#[test]
fn a_key_that_nobody_reads_is_refused_with_those_that_are() {
    assert_eq!(
        tenant_mistakes("country =", "contry ="),
        [
            "acme/tenant.toml:1:1: `country` is missing",
            "acme/tenant.toml:2:1: there is no key `contry` here; the keys are business_name, country, currency, time_zone, \
             brand_colour, logo, sms_countries, contact, opening, staff, prices_shown, stock_shown, vat_rounding, minimum_order, order_day",
        ]
    );
    assert_eq!(tenant_mistakes("role = \"owner\"", "role = \"owner\"\nphone = \"1\"").len(), 1);
}

#[test]
fn customers_csv_says_where_it_is_wrong() {
    for (from, to, mistake) in [
        (
            "contact_name,phone",
            "phone,contact_name",
            "1:3: the first line must be account_number,business_name,contact_name,phone,role,town,country (and price_list,route)",
        ),
        (
            "town,country\n",
            "town\n",
            "1:7: the first line must be account_number,business_name,contact_name,phone,role,town,country (and price_list,route)",
        ),
        ("A-2,", ",", "4:1: Please write the account_number."),
        ("Leeds,GB\nA-2", "Leeds\nA-2", "3:7: this row has 6 fields instead of 7"),
        ("Leeds,GB\nA-2", "Leeds,GB,,\nA-2", "3:8: this row has 9 fields instead of 7"),
        ("Ada King", &"a".repeat(121), "2:3: Please shorten the contact_name to 120 characters."),
        ("Ada King", "\"Ada\nKing\"", "2:3: there is a line break in this field; is a quotation mark missing?"),
        ("+447400123456", "07400 123456", "2:4: write the phone number in full, such as +447400123456"),
        ("+447400123456", "+44 7400 123456", "2:4: write the phone number in full, such as +447400123456"),
        ("+447400123456", "+4474001234", "2:4: That number is too short. Is a digit missing?"),
        ("+447400123456", "+442079460018", "2:4: That is a landline, or an internet phone. We need a mobile number that can get texts."),
        ("+447400123465", "+447400123456", "3:4: this phone stands in line 2 already"),
        ("buyer", "boss", "3:5: the role is owner or buyer"),
        ("Dijon,FR", "Dijon,France", "4:7: A country is written as two capital letters, such as GB."),
        ("A-1,Corner Shop,Bea", "A-1,Corner Stop,Bea", "3:2: the business_name of account A-1 is “Corner Shop” in line 2"),
        ("buyer,Leeds,GB", "buyer,York,GB", "3:6: the town of account A-1 is “Leeds” in line 2"),
        ("buyer,Leeds,GB", "buyer,Leeds,IE", "3:7: the country of account A-1 is “GB” in line 2"),
        ("A-1,Corner Shop,Bea", "\n\nA-1,Corner Stop,Bea", "5:2: the business_name of account A-1 is “Corner Shop” in line 2"),
    ] {
        assert_eq!(customer_mistakes(from, to), [format!("acme/customers.csv:{mistake}")], "{from:?} → {to:?}");
    }
}

#[test]
fn lines_are_counted_whatever_ends_them_and_a_byte_order_mark_is_forgiven() {
    let tenants = Tenants::with_acme();
    let windows = format!("\u{feff}{}", CUSTOMERS.replace('\n', "\r\n"));
    tenants.write("acme/customers.csv", &windows);
    assert_eq!(tenants.mistakes(), [""; 0]);
    tenants.write("acme/customers.csv", windows.replace("Dijon,FR", "Dijon,ZZ"));
    assert_eq!(tenants.mistakes(), ["acme/customers.csv:4:7: We do not know that country."]);
}

#[test]
fn no_mistake_tells_a_phone_number() {
    for phone in ["+442079460018", "07400 123456", "+447400123465"] {
        let said = customer_mistakes("+447400123456", phone).concat();
        assert!(!said.is_empty() && !said.contains(&phone[3..]), "{said}");
    }
}

#[test]
fn a_logo_is_inert_or_refused() {
    let with = |part: &str| LOGO.replace("<rect", &format!("{part}<rect"));
    for (part, place) in [
        ("<script>alert(1)</script>", "1:62"),
        ("<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\"/>", "1:61"),
        ("<foreignObject/>", "1:62"),
        ("<animate attributeName=\"r\"/>", "1:61"),
        ("<g onload=\"alert(1)\"/>", "1:64"),
        ("<g/onload\n=\"alert(1)\"/>", "1:64"),
        ("<g ONCLICK='alert(1)'/>", "1:64"),
        ("<g fill=\"#fff\"onclick=\"alert(1)\"/>", "1:75"),
        ("<use href=\"https://tracker.example/\"/>", "1:61"),
        ("<g xlink:href=\"x\"/>", "1:70"),
        ("<g fill=\"URL(#a)\"/>", "1:70"),
        ("<g fill=\"u&#114;l(#a)\"/>", "1:71"),
        ("<g fill=\"\\75rl(x)\"/>", "1:70"),
        ("<g style=\"fill:red\"/>", "1:64"),
        ("<style>@import 'x'</style>", "1:61"),
        ("\n<![CDATA[x]]>", "2:1"),
    ] {
        let said = logo_mistakes(with(part));
        let expected = format!("acme/logo.svg:{place}: a logo must be inert: take out ");
        assert!(said.iter().any(|line| line.starts_with(&expected)), "{part}: {said:#?}");
    }
    for prolog in ["<?xml-stylesheet href='x'?>", "<!DOCTYPE svg>", "<!DOCTYPE svg [<!ENTITY a \"b\">]>"] {
        assert_ne!(logo_mistakes(format!("{prolog}{LOGO}")), [""; 0], "{prolog}");
    }
    assert_eq!(logo_mistakes(with("<!-- a horizon = a line --><title>on a button</title>")), [""; 0]);
}

#[test]
fn a_logo_is_a_small_picture() {
    assert_eq!(logo_mistakes(b"\x89PNG\r\n\x1a\nand so on"), [""; 0]);
    assert_eq!(logo_mistakes(b"\xff\xd8\xff\xe0 a photograph"), ["acme/logo.svg: this is neither a PNG nor an SVG in UTF-8"]);
    assert_eq!(logo_mistakes("<html></html>"), ["acme/logo.svg: this is neither a PNG nor an SVG"]);
    assert_eq!(logo_mistakes(vec![b' '; 64 * 1024 + 1]), ["acme/logo.svg: this is larger than 64 kB"]);
    assert_eq!(tenant_mistakes("logo.svg", "mark.svg"), ["acme/mark.svg: there is no such file"]);
    assert_eq!(tenant_mistakes("logo = \"logo.svg\"\n", ""), [""; 0]);
}

#[test]
fn a_folder_has_a_name_that_may_be_a_subdomain() {
    for (name, text) in [
        ("Acme", "the folder's name is the subdomain: A subdomain is made of small letters a to z, digits and hyphens."),
        ("ac", "the folder's name is the subdomain: A subdomain has at least 3 characters."),
        ("admin", "this subdomain is kept for ourselves; rename the folder"),
    ] {
        let tenants = Tenants::with_acme();
        fs::rename(tenants.0.join("acme"), tenants.0.join(name)).unwrap();
        assert_eq!(tenants.mistakes(), [format!("{name}: {text}")]);
    }
}

#[test]
fn what_is_not_there_is_said() {
    let tenants = Tenants::new();
    assert!(tenants.mistakes().concat().ends_with(": there is no tenant here; each is a folder with a tenant.toml"));
    tenants.write("acme/notes.txt", "");
    assert_eq!(tenants.mistakes(), ["acme/customers.csv: there is no such file", "acme/tenant.toml: there is no such file"]);
    let nowhere = declared::read(&tenants.0.join("nowhere")).err().map(|mistakes| mistakes.to_string()).unwrap_or_default();
    assert!(nowhere.contains("nowhere: cannot be read: "), "{nowhere}");
    tenants.write("acme/tenant.toml", TENANT.as_bytes());
    tenants.write("acme/logo.svg", LOGO);
    tenants.write("acme/customers.csv", b"account_number,business_name\nA-1,Caf\xe9\n");
    assert_eq!(tenants.mistakes(), ["acme/customers.csv:2:8: from here on this is not UTF-8; save the file as UTF-8"]);
}

#[test]
fn all_mistakes_of_all_tenants_are_told_at_once() {
    let tenants = Tenants::with_acme();
    tenants.write("acme/tenant.toml", TENANT.replace("\"GB\"\n", "\"UK\"\n").replace("GBP", "pounds"));
    tenants.write("acme/customers.csv", CUSTOMERS.replace("owner,Leeds", "boss,Leeds").replace("Dijon,FR", "Dijon,ZZ"));
    tenants.write("other/tenant.toml", "country = \n[contact\n");
    tenants.write("other/customers.csv", "");
    let places: Vec<String> = tenants.mistakes().iter().map(|line| line.split(": ").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(
        places,
        [
            "acme/customers.csv:2:5",
            "acme/customers.csv:4:7",
            "acme/tenant.toml:2:11",
            "acme/tenant.toml:3:12",
            "other/customers.csv:1:1",
            "other/tenant.toml:1:11",
            "other/tenant.toml:2:9",
        ]
    );
}
