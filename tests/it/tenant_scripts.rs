//! The scripts beside the tenants' files make those files again, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::companions::Directory;

/// A few invoices as the data set writes them: two descriptions and two prices of one code, a line without a customer, a customer
/// who buys much for less, and a minimum that can be told from three lines.
const INVOICES: &str = "\u{feff}InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536370,85123,WHITE HANGING HEART T-LIGHT HOLDER ,6,12/1/2010 8:26,2.55,17850,United Kingdom
536370,85123,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
536371,85123,CREAM HANGING HEART T-LIGHT HOLDER,72,12/1/2010 9:02,2.1,12431,Australia
536372,22086,PAPER CHAIN KIT 50'S CHRISTMAS ,3,12/1/2010 9:41,5.91,,United Kingdom
536373,21080,SET/20 RED  RETROSPOT PAPER NAPKINS,1,12/2/2010 10:00,0.85,17850,United Kingdom
";

const PRODUCTS: &str = "\
sku,name,category,pack,content,measure,barcode,vat,price,cost,minimum,multiple,stock,low_at,back_orders,status,replaced_by,keywords,description
21080,Set/20 red retrospot paper napkins,Kitchen & dining,set of 20,20,each,,standard,0.85,0.53,1,1,20,10,,listed,,,
22086,Paper chain kit 50's Christmas,Christmas,single,,,,standard,5.91,3.66,1,1,,,,listed,,,
85123,White hanging heart t-light holder,Candles & lights,single,,,,standard,2.55,1.58,6,6,,,,listed,,,
";

const PRICES: &str = "\
price_list,account_number,sku,from_quantity,price,valid_from,valid_until
,,85123,72,2.10,,
Garden centres,,21080,1,0.80,,
Garden centres,,22086,1,5.56,,
Garden centres,,85123,1,2.40,,
,17850,21080,1,0.77,,
,17850,85123,1,2.30,,
";

const ORDERS: &str = "\
number,account_number,days_ago,time,status,reference,sku,quantity,unit_price
UJ-GPE-EHY,17850,1,08:26,submitted,Invoice 536370,85123,12,2.55
UJ-SCT-KDW,12431,29,09:02,submitted,Invoice 536371,85123,72,2.10
UJ-N2Q-9D9,17850,57,10:00,submitted,Invoice 536373,21080,1,0.85
";

/// The folder as it is, somewhere else.
fn copy_of_tenants(directory: &Directory) -> PathBuf {
    let copied = Command::new("cp").arg("-R").arg(repository()).arg(&directory.0).status();
    assert!(copied.is_ok_and(|status| status.success()));
    directory.join("tenants")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants")
}

/// What a script says, when its words are hashed otherwise than last time.
fn run(script: &Path, arguments: &[&Path], seed: &str) -> Vec<u8> {
    let output = Command::new("python3").arg(script).args(arguments).env("PYTHONHASHSEED", seed).output().expect("Python");
    assert!(output.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn are_the_same(one: &Path, other: &Path, files: &[&str]) {
    for file in files {
        let (one, other) = (fs::read(one.join(file)).expect(file), fs::read(other.join(file)).expect(file));
        assert!(one == other && !one.is_empty(), "{file}");
    }
}

const FILES: [&str; 3] = ["products.csv", "prices.csv", "orders.csv"];

#[test]
fn the_invented_goods_prices_and_orders_are_made_again_byte_for_byte() {
    for (slug, script) in [("spiceroute", "make_spices.py"), ("fromagerie", "make_cheeses.py")] {
        for seed in ["1", "2"] {
            let directory = Directory::new(&format!("{slug}-{seed}"));
            let tenants = copy_of_tenants(&directory);
            for file in FILES {
                fs::remove_file(tenants.join(slug).join(file)).expect(file);
            }
            run(&tenants.join(script), &[], seed);
            are_the_same(&tenants.join(slug), &repository().join(slug), &FILES);
        }
    }
}

/// The invoices themselves are not in this repository: `ONLINE_RETAIL` says where they are.
#[test]
fn the_files_from_the_invoices_are_made_again_byte_for_byte() {
    let Some(invoices) = std::env::var_os("ONLINE_RETAIL").map(PathBuf::from) else { return };
    let directory = Directory::new("invoices");
    let tenants = copy_of_tenants(&directory);
    let customers = run(&tenants.join("make_customers.py"), &[&invoices], "1");
    run(&tenants.join("make_catalogue.py"), &[&invoices], "1");
    fs::write(tenants.join("unionjack/customers.csv"), customers).expect("a file");
    are_the_same(&tenants.join("unionjack"), &repository().join("unionjack"), &[&FILES[..], &["customers.csv"]].concat());
}

#[test]
fn invoices_become_goods_prices_and_orders_in_one_way() {
    for seed in ["1", "2"] {
        let directory = Directory::new(&format!("few-invoices-{seed}"));
        let tenants = copy_of_tenants(&directory);
        let invoices = directory.join("invoices.csv");
        fs::write(&invoices, INVOICES).expect("a file");
        run(&tenants.join("make_catalogue.py"), &[&invoices], seed);
        let made = FILES.map(|file| fs::read_to_string(tenants.join("unionjack").join(file)).expect(file));
        assert_eq!(made, [PRODUCTS, PRICES, ORDERS], "seed {seed}");
    }
}
