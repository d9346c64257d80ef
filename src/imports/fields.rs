//! What the columns of a file may be, and by which headings they are known in English, German and French.

use deunicode::deunicode;

use super::Kind;

/// Something that a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The heading under which the export has it, and the word of the database.
    pub word: &'static str,
    /// As people call it.
    pub name: &'static str,
    /// Without it no row can be read.
    pub is_needed: bool,
    /// Other headings, as [`plain`] makes them, with a semicolon between two.
    others: &'static str,
}

const fn needed(word: &'static str, name: &'static str, others: &'static str) -> Field {
    Field { word, name, is_needed: true, others }
}

const fn field(word: &'static str, name: &'static str, others: &'static str) -> Field {
    Field { word, name, is_needed: false, others }
}

const SKU: &str = "stockcode; stock code; code; product code; item code; item; item no; item number; part number; article number; product \
    no; artikelnummer; artikel nr; artikelnr; art nr; bestellnummer; artikel; ref; reference; code article; code produit; \
    reference article; numero d article";
const PRICE: &str = "unit price; unitprice; net price; sell price; selling price; trade price; price ex vat; price ex; preis; netto; \
    nettopreis; einzelpreis; verkaufspreis; vk; vk netto; prix; prix ht; prix unitaire; tarif; prix de vente; pu ht; prix \
    net";
const ACCOUNT: &str = "account; account no; account code; customer number; customer no; customer code; customer id; kundennummer; kunden nr; \
    kdnr; kd nr; debitor; numero de client; numero client; no client; n client; ndeg client; code client; compte; client";
const LIST: &str = "pricelist; price group; list; preisliste; preisgruppe; liste de prix; tarif client; grille tarifaire";

/// Of products.
const PRODUCTS: &[Field] = &[
    needed("sku", "SKU", SKU),
    field(
        "name",
        "Name",
        "description; title; product; product name; item name; bezeichnung; artikelbezeichnung; produkt; titel; designation; nom; libelle; produit; intitule",
    ),
    field("category", "Category", "group; product group; department; kategorie; warengruppe; artikelgruppe; categorie; famille; rayon"),
    field(
        "pack",
        "Pack",
        "pack size; packing; case; case size; unit; verpackung; gebinde; packung; verpackungseinheit; ve; conditionnement; colisage; unite de vente; emballage",
    ),
    field("content", "Content", "net content; weight; volume; inhalt; menge; gewicht; nettogewicht; contenu; poids; contenance"),
    field("measure", "Measure", "unit of measure; uom; content unit; einheit; masseinheit; mengeneinheit; unite; unite de mesure"),
    field("barcode", "Barcode", "ean; ean13; ean 13; gtin; upc; ean code; strichcode; code barre; code barres; code a barres; gencod"),
    field(
        "vat",
        "VAT",
        "vat rate; vat code; tax; tax rate; tax class; mwst; mwst satz; ust; umsatzsteuer; mehrwertsteuer; steuersatz; tva; taux tva; taux de tva",
    ),
    field("price", "Price", PRICE),
    field(
        "cost",
        "Cost",
        "cost price; buy price; purchase price; ek; einkaufspreis; einstandspreis; prix d achat; prix achat; cout; pa ht",
    ),
    field(
        "minimum",
        "Minimum",
        "min; min qty; minimum quantity; moq; mindestmenge; mindestbestellmenge; quantite minimum; quantite minimale",
    ),
    field("multiple", "Multiple", "order multiple; step; in multiples of; bestelleinheit; staffelung; multiple de; par combien"),
    field(
        "stock",
        "Stock on hand",
        "on hand; quantity; qty; qty on hand; in stock; stock level; bestand; lagerbestand; lager; quantite; stock disponible; en stock",
    ),
    field(
        "low_at",
        "Low at",
        "low; reorder level; reorder point; low stock; meldebestand; mindestbestand; stock minimum; seuil; seuil d alerte; stock d alerte",
    ),
    field(
        "back_orders",
        "Back orders up to",
        "back order limit; backorders; back order; rueckstand; vorbestellbar; nachlieferbar; reliquat; precommande",
    ),
    field("status", "Status", "state; active; listed; zustand; aktiv; statut; etat; actif"),
    field("replaced_by", "Replaced by", "replacement; successor; nachfolger; ersatz; ersetzt durch; remplace par; remplacement"),
    field("keywords", "Keywords", "tags; search words; synonyms; suchbegriffe; schlagworte; stichworte; mots cles; mots clefs"),
    field(
        "description",
        "Description",
        "details; long description; text; notes; beschreibung; langtext; description longue; texte; descriptif",
    ),
];

/// Of prices.
const PRICES: &[Field] = &[
    field("price_list", "Price list", LIST),
    field("account_number", "Account number", ACCOUNT),
    needed("sku", "SKU", SKU),
    field(
        "from_quantity",
        "From quantity",
        "from; from qty; quantity; qty; min qty; break; quantity break; ab; ab menge; menge; staffel; staffelmenge; a partir de; quantite; des; palier",
    ),
    needed("price", "Price", PRICE),
    field(
        "valid_from",
        "First day",
        "from date; start; start date; begins; valid since; gueltig ab; gultig ab; von; beginn; date de debut; debut; valable du; du",
    ),
    field(
        "valid_until",
        "Last day",
        "until; to date; end; end date; ends; valid to; expires; gueltig bis; gultig bis; bis; ende; date de fin; fin; valable jusqu au; au",
    ),
];

/// Of customers.
const CUSTOMERS: &[Field] = &[
    needed("account_number", "Account number", ACCOUNT),
    field(
        "business_name",
        "Business name",
        "business; company; company name; customer; customer name; shop; firma; firmenname; kunde; kundenname; societe; raison sociale; entreprise; nom du client; enseigne",
    ),
    field(
        "contact_name",
        "Contact",
        "contact; contact person; person; name; full name; ansprechpartner; kontakt; kontaktperson; interlocuteur; nom du contact; nom",
    ),
    field(
        "phone",
        "Mobile number",
        "mobile; mobile number; phone number; telephone; tel; cell; telefon; handy; handynummer; mobil; mobilnummer; telefonnummer; portable; mobile phone; numero de telephone; gsm",
    ),
    field("role", "Role", "rolle; funktion; fonction"),
    field("town", "Town", "city; place; ort; stadt; ville; commune; localite"),
    field("country", "Country", "country code; land; laendercode; landercode; pays; code pays"),
    field("price_list", "Price list", LIST),
    field("route", "Route", "van; round; delivery route; carrier; tour; liefertour; tournee; livraison"),
];

/// What the columns of a file of this kind may be, in the order of the export.
pub fn fields_of(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Products => PRODUCTS,
        Kind::Prices => PRICES,
        Kind::Customers => CUSTOMERS,
    }
}

/// One of them by its word.
pub fn field_of(kind: Kind, word: &str) -> Option<&'static Field> {
    fields_of(kind).iter().find(|field| field.word == word)
}

/// A heading as it is compared and remembered: small letters and digits, single blanks.
pub fn plain(heading: &str) -> String {
    let small = deunicode(heading).to_lowercase();
    small.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What a heading stands for, by one of the ways to find out.
type Round<'a> = &'a dyn Fn(&String) -> Option<&'static str>;

/// What the columns under these headings most likely are: what was said of them before, else what they are called. Each field is
/// found once; a column that is nothing we know is left out.
pub fn guess(kind: Kind, headings: &[String], said_before: &[(String, String)]) -> Vec<&'static str> {
    let all = fields_of(kind);
    let headings: Vec<String> = headings.iter().map(|heading| plain(heading)).collect();
    let mut found = vec![None; headings.len()];
    let mut taken = Vec::new();
    let is_called = |field: &Field, heading: &String| plain(field.word) == *heading || plain(field.name) == *heading;
    // What is surest first: what somebody said, what it is called here, and then what others call it.
    let rounds: [Round<'_>; 3] = [
        &|heading| {
            let (_, word) = said_before.iter().find(|(before, _)| before == heading)?;
            Some(field_of(kind, word).map_or("", |field| field.word))
        },
        &|heading| all.iter().find(|field| is_called(field, heading)).map(|field| field.word),
        &|heading| all.iter().find(|field| field.others.split("; ").any(|other| other == heading)).map(|field| field.word),
    ];
    for round in rounds {
        for (heading, found) in headings.iter().zip(&mut found) {
            let guessed = if found.is_none() { round(heading) } else { None };
            if let Some(word) = guessed.filter(|word| word.is_empty() || !taken.contains(word)) {
                *found = Some(word);
                taken.push(word);
            }
        }
    }
    let mut found: Vec<&'static str> = found.into_iter().map(Option::unwrap_or_default).collect();
    // What many lists call a description is what a product is called.
    if kind == Kind::Products && !found.contains(&"name") && said_before.iter().all(|(_, word)| word != "description") {
        found.iter_mut().filter(|word| **word == "description").for_each(|word| *word = "name");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(kind: Kind, headings: &str) -> String {
        let headings: Vec<String> = headings.split(';').map(str::to_owned).collect();
        guess(kind, &headings, &[]).join(";")
    }

    #[test]
    fn headings_of_three_countries_are_known() {
        for (kind, headings, expected) in [
            (Kind::Products, "StockCode;Description;Unit Price;Qty", "sku;name;price;stock"),
            (Kind::Products, "Artikel-Nr.;Bezeichnung;Warengruppe;Preis;MwSt;EK;Bestand", "sku;name;category;price;vat;cost;stock"),
            (Kind::Products, "Référence;Désignation;Prix HT;TVA;Conditionnement;Code-barres", "sku;name;price;vat;pack;barcode"),
            (
                Kind::Prices,
                "Preisliste;Artikelnummer;ab Menge;Preis;gültig ab;gültig bis",
                "price_list;sku;from_quantity;price;valid_from;valid_until",
            ),
            (
                Kind::Customers,
                "Kd.-Nr.;Firma;Ansprechpartner;Handy;Ort;Land",
                "account_number;business_name;contact_name;phone;town;country",
            ),
            (Kind::Customers, "N° client;Raison sociale;Portable;Ville;Tournée", "account_number;business_name;phone;town;route"),
        ] {
            assert_eq!(guessed(kind, headings), expected, "{headings}");
        }
    }

    #[test]
    fn each_field_is_found_once_and_by_its_own_name_first() {
        assert_eq!(guessed(Kind::Products, "Description;Name;SKU"), "description;name;sku");
        assert_eq!(guessed(Kind::Products, "code;item;colour"), "sku;;");
        for kind in Kind::ALL {
            let words: Vec<&str> = fields_of(kind).iter().map(|field| field.word).collect();
            assert_eq!(guessed(kind, &words.join(";")), words.join(";"), "what the export has");
        }
    }

    #[test]
    fn what_was_said_before_goes_first() {
        let said = [("code".to_owned(), String::new()), ("colour".to_owned(), "keywords".to_owned())];
        let headings = ["Code", "Item", "Colour"].map(str::to_owned);
        assert_eq!(guess(Kind::Products, &headings, &said), ["", "sku", "keywords"]);
    }

    #[test]
    fn other_headings_are_written_as_they_are_compared() {
        for field in Kind::ALL.into_iter().flat_map(fields_of) {
            for other in field.others.split("; ") {
                assert_eq!(plain(other), other, "of {}", field.word);
            }
        }
    }
}
