"""Makes fromagerie/products.csv, prices.csv and orders.csv from the table below.

    python3 tenants/make_cheeses.py

Prices are in euros, net. All of it is invented, and nothing is drawn by chance: the files are the same each time, byte for
byte. The accounts that order stand in fromagerie/customers.csv.
"""

from pathlib import Path

import sheets
from sheets import share

FOLDER = Path(__file__).parent / "fromagerie"

# A line is: code; name; what it is; other names to search for; and one or more cuts, each «letter: how it is sold, kg, price».
CHEESES = {
    "Pâtes pressées cuites": """
        COM08; Comté AOP, 8 mois; lait cru de vache; comte; M: meule, 36, 468.00; Q: quart de meule, 9, 121.50; P: pièce, 2.5, 35.00
        COM18; Comté AOP, 18 mois; lait cru de vache; comte vieux; M: meule, 36, 612.00; Q: quart de meule, 9, 157.50; P: pièce, 2.5, 45.25
        COM30; Comté AOP, 30 mois; lait cru de vache; comte extra vieux; Q: quart de meule, 9, 198.00; P: pièce, 2.5, 56.50
        BEA12; Beaufort AOP, 12 mois; lait cru de vache; chalet alpage; Q: quart de meule, 10, 215.00; P: pièce, 2.5, 55.00
        GRU10; Gruyère IGP, 10 mois; lait cru de vache; gruyere france; Q: quart de meule, 10, 139.00; P: pièce, 2.5, 36.00
        EMM03; Emmental grand cru; lait cru de vache; emmenthal; Q: quart de meule, 17, 170.00; P: pièce, 2.5, 26.50
        ABO06; Abondance AOP; lait cru de vache; savoie; M: meule, 10, 168.00; D: demi-meule, 5, 86.50
    """,
    "Pâtes pressées non cuites": """
        MOR02; Morbier AOP; lait cru de vache, raie cendrée; cendre; M: meule, 6.5, 84.50; D: demi-meule, 3.25, 43.50
        RAC03; Raclette au lait cru; lait cru de vache; raclette; M: meule, 6, 78.00; D: demi-meule, 3, 40.50; P: tranches, 1, 15.80
        RAP03; Raclette au poivre; lait cru de vache; raclette poivree; D: demi-meule, 3, 43.50
        RAF03; Raclette fumée; lait cru de vache; raclette fumee; D: demi-meule, 3, 43.50
        REB01; Reblochon fermier AOP; lait cru de vache; savoie tartiflette; E: pièce entière, 0.5, 8.40; C: carton de 6, 3, 48.00
        TOM03; Tomme de Savoie IGP; lait cru de vache; tome; M: meule, 1.5, 21.75; D: demi-meule, 0.75, 11.20
        SNE02; Saint-Nectaire fermier AOP; lait cru de vache; auvergne; M: meule, 1.7, 25.50
        OSS06; Ossau-Iraty AOP, 6 mois; lait cru de brebis; basque brebis; M: meule, 4.5, 99.00; D: demi-meule, 2.25, 51.00
        MIM12; Mimolette vieille, 12 mois; lait de vache; boule de lille; D: demi-boule, 1.5, 34.50
        SAL06; Salers AOP, 6 mois; lait cru de vache; auvergne cantal; P: pièce, 2.5, 44.50
        CAN06; Cantal entre-deux AOP; lait cru de vache; auvergne; P: pièce, 2.5, 37.50
    """,
    "Pâtes molles": """
        MDO01; Mont d'Or AOP, petit; lait cru de vache, boîte en épicéa; vacherin haut-doubs; E: boîte, 0.5, 8.90; C: carton de 6, 3, 51.00
        MDO02; Mont d'Or AOP, grand; lait cru de vache, boîte en épicéa; vacherin haut-doubs; E: boîte, 2, 32.00
        CAM01; Camembert de Normandie AOP; lait cru de vache; normandie; E: boîte, 0.25, 4.10; C: carton de 12, 3, 46.80
        BRI01; Brie de Meaux AOP; lait cru de vache; brie; M: meule, 2.8, 42.00; D: demi-meule, 1.4, 21.80
        EPO01; Époisses AOP; lait de vache, lavé au marc; epoisses bourgogne; E: boîte, 0.25, 6.20; C: carton de 6, 1.5, 35.40
        MUN01; Munster AOP; lait cru de vache; alsace gerome; E: pièce entière, 0.5, 7.60
        LAN01; Langres AOP; lait de vache; champagne; E: pièce entière, 0.18, 4.20; C: carton de 6, 1.08, 24.00
        CAN01; Cancoillotte nature; lait de vache; cancoyotte metton; E: pot, 0.25, 2.45; C: carton de 12, 3, 27.60
        CAN02; Cancoillotte à l'ail; lait de vache; cancoyotte metton; E: pot, 0.25, 2.55; C: carton de 12, 3, 28.80
    """,
    "Chèvres & brebis": """
        CRO01; Crottin de Chavignol AOP; lait cru de chèvre; chevre; E: pièce entière, 0.06, 1.95; C: plateau de 24, 1.44, 44.40
        SMT01; Sainte-Maure de Touraine AOP; lait cru de chèvre, cendré; chevre buche; E: bûche, 0.25, 5.40; C: carton de 6, 1.5, 31.20
        VAL01; Valençay AOP; lait cru de chèvre, cendré; chevre pyramide valencay; E: pièce entière, 0.22, 5.60
        SEL01; Selles-sur-Cher AOP; lait cru de chèvre, cendré; chevre; E: pièce entière, 0.15, 4.30
        ROC01; Roquefort AOP; lait cru de brebis; bleu; M: pain, 2.6, 62.40; D: demi-pain, 1.3, 32.00
    """,
    "Bleus": """
        BGE01; Bleu de Gex AOP; lait cru de vache; haut-jura septmoncel; M: meule, 7, 98.00; D: demi-meule, 3.5, 50.75
        FOU01; Fourme d'Ambert AOP; lait de vache; auvergne; M: pièce entière, 2.2, 31.90
        SAS01; Bleu du Vercors-Sassenage AOP; lait de vache; isere; M: meule, 4, 64.00; D: demi-meule, 2, 33.00
        BAU01; Bleu d'Auvergne AOP; lait de vache; auvergne; D: demi-pain, 1.25, 17.90
    """,
    "Crémerie": """
        BEU01; Beurre de baratte doux; lait de vache; beurre; E: plaquette, 0.25, 2.60; C: carton de 20, 5, 49.00
        BEU02; Beurre de baratte demi-sel; lait de vache; beurre sale; E: plaquette, 0.25, 2.60; C: carton de 20, 5, 49.00
        BEU03; Beurre de baratte, motte; lait de vache; beurre restaurant; S: motte, 5, 47.00
        CRE01; Crème crue épaisse; lait de vache; creme fraiche; S: seau, 5, 31.50
        FRB01; Fromage blanc fermier; lait de vache; faisselle; S: seau, 5, 16.50
    """,
}

# Code; name; other names to search for; how it is sold; price.
TOOLS = """
    COU01; Couteau à fromage, deux manches; double poignee; pièce; 34.00
    COU02; Couteau à pâte molle, ajouré; camembert; pièce; 18.50
    LYR01; Lyre à fromage; fil bleu roquefort; pièce; 42.00
    FIL01; Fils à couper, acier; lyre rechange; lot de 10; 9.80
    GIR01; Girolle pour Tête de Moine; fleurette frisette; pièce; 39.00
    RAP01; Appareil à raclette, demi-meule; grill; pièce; 148.00
    ETI01; Étiquettes à piquer, ardoise; prix craie; lot de 20; 16.50
    PLA01; Planche en hêtre, 40 cm; plateau; pièce; 21.00
    CLO01; Cloche en verre, 25 cm; presentation; pièce; 29.50
    PAP01; Papier à fromage, 35 × 50 cm; emballage; rame de 500; 38.00
"""

SHARE_OF_COST = 70
LIST, LIST_SHARE = "Restaurants", 94
# Whole wheels by threes, and small pieces by the box.
BREAKS = {"M": (3, 97), "E": (12, 95)}
OWN_ACCOUNT, OWN_PRICES, OWN = "F-0101", 5, 90

ORDERS, DAYS = 40, 45


def main() -> None:
    products = [*cheeses(), *tools()]
    sheets.write(FOLDER / "products.csv", sheets.PRODUCTS, products)
    prices = list(price_rows(products))
    sheets.write(FOLDER / "prices.csv", sheets.PRICES, prices)
    taking = sheets.Taking(prefix="FS", orders=ORDERS, days=DAYS, step=17, tastes=18, reference="Bon {}")
    sheets.write(FOLDER / "orders.csv", sheets.ORDERS, sheets.order_rows(taking, FOLDER / "customers.csv", products, prices))


def fields(table: str, separator: str = ";"):
    for line in filter(None, map(str.strip, table.splitlines())):
        yield [part.strip() for part in line.split(separator)]


def cheeses():
    place = 0
    for category, table in CHEESES.items():
        for code, name, description, keywords, *cuts in fields(table):
            for cut in cuts:
                place += 1
                letter, _, how = cut.partition(":")
                pack, kilograms, price = (part.strip() for part in how.split(","))
                # Each wheel that is matured here is counted; of the rest there is always enough.
                counted = {"stock": 3 + place * 7 % 20, "low_at": 4} if letter in "MQ" else {}
                # The smallest are sold by the half dozen.
                multiple = 6 if letter == "E" and float(kilograms) < 0.2 else 1
                yield counted | {
                    "sku": f"{code}-{letter}",
                    "name": f"{name}, {pack}",
                    "category": category,
                    "pack": pack,
                    "content": kilograms,
                    "measure": "kg",
                    "barcode": sheets.barcode(place),
                    "vat": "reduced",
                    "price": price,
                    "cost": sheets.pounds(share(sheets.minor(price), SHARE_OF_COST)),
                    "minimum": multiple,
                    "multiple": multiple,
                    "status": "listed",
                    "keywords": keywords,
                    "description": f"{description[0].upper()}{description[1:]}.",
                }


def tools():
    for code, name, keywords, pack, price in fields(TOOLS):
        yield {
            "sku": code,
            "name": name,
            "category": "Couteaux & présentation",
            "pack": pack,
            "vat": "standard",
            "price": price,
            "cost": sheets.pounds(share(sheets.minor(price), SHARE_OF_COST)),
            "minimum": 1,
            "multiple": 1,
            "status": "listed",
            "keywords": keywords,
        }


def price_rows(products):
    for product in products:
        if found := BREAKS.get(product["sku"].rpartition("-")[2]):
            yield price(product, *found)
    for product in products:
        yield {"price_list": LIST} | price(product, 1, LIST_SHARE)
    for product in sheets.chosen(products, 3, 13, OWN_PRICES):
        yield {"account_number": OWN_ACCOUNT} | price(product, 1, OWN)


def price(product, from_quantity: int, percent: int) -> dict:
    minor = share(sheets.minor(product["price"]), percent)
    return {"sku": product["sku"], "from_quantity": from_quantity, "price": sheets.pounds(minor)}


if __name__ == "__main__":
    main()
