"""Makes spiceroute/products.csv, prices.csv and orders.csv from the table below.

    python3 tenants/make_spices.py

Every good is sold by the pack and by the case, and each of the two is a product of its own. All of it is invented, and nothing
is drawn by chance: the files are the same each time, byte for byte. The accounts that order stand in spiceroute/customers.csv.
"""

from pathlib import Path

import sheets
from sheets import share

FOLDER = Path(__file__).parent / "spiceroute"

# A line is: code; name; other names to search for; and one or more packs, each «size price packs-in-a-case».
# «> code» at the end: this is not sold any more, and what is sold instead.
GOODS = {
    "Whole spices": """
        CUM; Cumin seeds; jeera zeera; 100g 0.95 10, 400g 2.85 10, 1kg 6.40 6
        COR; Coriander seeds; dhania dhaniya; 100g 0.75 10, 400g 1.95 10, 1kg 4.20 6
        MUS; Black mustard seeds; rai sarson; 100g 0.70 10
        FEN; Fennel seeds; saunf sonf; 100g 0.85 10
        FGK; Fenugreek seeds; methi dana; 100g 0.70 10
        GCD; Green cardamom; elaichi elachi; 50g 2.95 12, 200g 10.80 6
        BCD; Black cardamom; badi elaichi moti; 50g 2.20 12
        CLO; Cloves; laung lavang; 50g 1.35 12
        CIN; Cinnamon sticks; dalchini cassia; 50g 0.95 12
        BPC; Black peppercorns; kali mirch; 100g 1.65 10, 400g 5.60 10
        STA; Star anise; badian chakra phool; 50g 1.25 12
        BAY; Bay leaves; tej patta; 25g 0.65 12
        RCH; Dried red chillies; lal mirch sabut; 100g 1.25 10
        NIG; Nigella seeds; kalonji onion seed; 100g 0.90 10
        AJW; Carom seeds; ajwain bishops weed; 100g 0.95 10
    """,
    "Ground spices": """
        TUR; Turmeric powder; haldi; 100g 0.85 10, 400g 2.40 10, 1kg 5.10 6
        CHP; Chilli powder, hot; lal mirch mirchi; 100g 0.95 10, 400g 2.75 10, 1kg 6.10 6
        KAS; Kashmiri chilli powder; deghi mirch mild red; 100g 1.25 10
        CUP; Cumin powder; jeera zeera; 100g 1.05 10
        COP; Coriander powder; dhania dhaniya; 100g 0.80 10, 400g 2.20 10
        GAR; Garam masala; mixed spice; 100g 1.35 10, 400g 4.25 10
        CUR; Madras curry powder; mild medium; 100g 1.10 10
        PAP; Paprika; sweet red pepper; 100g 1.00 10
        GIN; Ground ginger; adrak sonth; 100g 1.15 10
        TAN; Tandoori masala; tikka marinade; 100g 1.30 10, 400g 3.85 10
        TNX; Tandoori masala, old recipe; tikka marinade; 400g 3.60 10 > TAN-400
        BIR; Biryani masala; pulao; 100g 1.35 10
        JRK; Jerk seasoning; jamaican allspice pimento; 100g 1.40 10
    """,
    "Rice": """
        BAS; Extra-long basmati rice; chawal sella; 1kg 2.65 10, 5kg 11.20 4, 10kg 20.90 2, 20kg 39.50 2
        GSE; Golden sella basmati rice; parboiled chawal; 5kg 10.40 4, 20kg 36.90 2
        JAS; Thai jasmine rice; fragrant; 1kg 2.35 10, 5kg 10.10 4, 20kg 36.40 2
        LGR; Easy-cook long-grain rice; american parboiled; 1kg 1.65 10, 10kg 13.60 2
        SON; Sona masoori rice; south indian; 10kg 18.20 2
        IDL; Idli rice; dosa parboiled; 5kg 8.90 4
    """,
    "Pulses": """
        MAS; Red split lentils; masoor dal daal; 500g 1.05 12, 2kg 3.70 6, 5kg 8.60 4
        CHA; Chana dal; split chickpea daal; 500g 1.15 12
        MUN; Moong dal; yellow split mung daal; 500g 1.25 12, 2kg 4.60 6
        URD; Urid dal, washed; urad black gram daal; 500g 1.45 12
        TOO; Toor dal; arhar pigeon pea daal; 500g 1.40 12, 2kg 5.10 6
        CHI; Chickpeas, dried; kabuli chana garbanzo; 500g 1.20 12, 2kg 4.20 6
        KID; Red kidney beans, dried; rajma; 500g 1.25 12
        BEP; Black-eyed beans, dried; lobia cowpea; 500g 1.15 12
        TCH; Chickpeas in water; tinned kabuli chana; 400g 0.62 24, 2500g 2.95 6
        TKI; Kidney beans in water; tinned rajma; 400g 0.62 24
    """,
    "Flour": """
        CHF; Chapatti flour, medium; atta roti wheat; 1.5kg 1.95 6, 10kg 8.90 2
        GRM; Gram flour; besan chickpea; 500g 1.10 12, 2kg 3.90 6
        RIF; Rice flour; chawal ka atta; 500g 1.05 12
        SEM; Semolina, coarse; suji sooji rava; 500g 0.95 12
        COF; Cornflour; maize starch; 500g 1.15 12, 3kg 5.40 4
        PLF; Plain flour; maida; 1.5kg 1.35 6, 16kg 10.80 2
        YAM; Pounded yam flour; iyan fufu; 1.5kg 6.40 6
    """,
    "Oils & ghee": """
        VEG; Vegetable oil; rapeseed frying; 1l 2.10 12, 5l 9.20 4, 20l 34.50 2
        SUN; Sunflower oil; frying; 5l 10.40 4
        MOI; Mustard oil; sarson ka tel; 1l 4.20 12
        SES; Sesame oil, toasted; gingelly til; 500ml 3.60 12
        PAL; Palm oil; red zomi dende; 1l 3.95 12
        GHE; Butter ghee; desi clarified; 500g 6.20 12, 2kg 22.40 6
        VGH; Vegetable ghee; dalda vanaspati; 15kg 48.50 2
    """,
    "Nuts & fruit": """
        ALM; Almonds, whole; badam; 300g 3.20 10, 1kg 9.60 6
        CAS; Cashew nuts; kaju; 300g 3.60 10, 1kg 10.90 6
        PIS; Pistachio kernels; pista; 100g 2.90 12
        PEA; Peanuts, raw pink; groundnut moongphali; 375g 1.20 10
        SUL; Sultanas; kishmish raisins; 300g 1.40 10
        DAT; Medjool dates; khajoor; 900g 7.40 6
        DES; Desiccated coconut; nariyal copra; 300g 1.60 10
        TAM; Tamarind block; imli; 200g 1.05 12
    """,
    "Sauces & pickles": """
        LIM; Lime pickle; achar nimbu; 300g 1.60 6, 1kg 4.30 6
        MAN; Mango pickle; achar aam; 300g 1.60 6, 1kg 4.30 6
        MCH; Mango chutney; sweet relish; 340g 1.75 6, 3kg 9.40 4
        TMP; Tomato purée; paste concentrate; 800g 1.70 12
        PLU; Plum tomatoes, peeled; tinned pomodori; 400g 0.68 24, 2550g 3.20 6
        COC; Coconut milk; nariyal santan; 400ml 1.15 12, 2900ml 7.90 6
        SOY; Dark soy sauce; shoyu; 150ml 1.05 12
        SCS; Sweet chilli sauce; dipping; 700ml 2.60 12
        GGP; Ginger & garlic paste; adrak lehsun; 1kg 3.10 6
        MIN; Mint sauce, concentrated; pudina raita; 2l 5.80 4
        PEP; Scotch bonnet pepper sauce; hot caribbean; 150ml 1.95 12
    """,
    "Snacks": """
        BOM; Bombay mix; chevda namkeen; 325g 1.30 12, 1kg 3.60 6
        POP; Poppadoms, plain; papad; 200g 1.45 12
        POC; Poppadoms, cracked black pepper; papad; 200g 1.45 12
        SEV; Sev, thin; namkeen gathia; 300g 1.25 12
        PLC; Plantain chips, chilli; platano; 75g 0.60 20
        RUS; Cake rusks; khari toast; 550g 2.20 10
        SAL; Salted peanuts; groundnut; 200g 0.95 20
    """,
    "Drinks": """
        MAJ; Mango juice drink; aam; 1l 1.05 12
        GGB; Ginger beer; pop; 330ml 0.52 24
        COL; Cola; pop; 330ml 0.48 24
        WAT; Still water; mineral; 500ml 0.24 24
        LAS; Mango lassi; yoghurt; 250ml 0.85 12
        GUA; Guava nectar; amrood; 1l 1.15 12
    """,
    "Takeaway packaging": """
        CT5; Plastic container with lid, 500 ml; tub box; 250pcs 17.80 2
        CT6; Plastic container with lid, 650 ml; tub box; 250pcs 19.40 2
        FO2; Foil container no. 2; aluminium tray; 100pcs 4.90 10
        FO6; Foil container no. 6A; aluminium tray; 100pcs 6.20 5
        LID; Board lids for no. 6A; foil cover; 100pcs 3.40 5
        PBX; Pizza box, 12 inch; brown board; 100pcs 13.90 2
        CAR; Vest carrier bags, white; plastic; 100pcs 1.60 10
        PPB; Brown paper carrier bags; handles; 250pcs 21.50 2
        NAP; White napkins, 2-ply; serviettes; 500pcs 4.80 4
        WFK; Wooden forks; cutlery birch; 100pcs 2.10 10
        CLI; Cling film, 45 cm; catering wrap; 300m 6.90 6
        FOI; Kitchen foil, 45 cm; aluminium catering; 75m 7.80 6
    """,
    "Cleaning": """
        WUL; Washing-up liquid; dish soap; 5l 5.20 4
        BLE; Thick bleach; disinfectant; 5l 4.10 4
        DEG; Kitchen degreaser; oven cleaner spray; 750ml 2.60 6
        BLR; Blue roll, 2-ply; wiping paper centrefeed; 6pcs 8.40 2
        SCO; Steel scourers; scrubber; 10pcs 1.90 12
        REF; Refuse sacks, heavy duty; bin bags liners; 200pcs 14.60 2
        GLV; Vinyl gloves, medium; powder free; 100pcs 4.20 10
    """,
}

VAT = dict.fromkeys(["Snacks", "Drinks", "Takeaway packaging", "Cleaning"], "standard")
# A can is not sold alone.
MULTIPLE = {"Drinks": 6}

MEASURES = {"kg": ("kg", 1000), "g": ("kg", 1), "ml": ("l", 1), "l": ("l", 1000), "pcs": ("each", 1000), "m": ("m", 1000)}

ON_THE_CASE, COST = 94, 78
LISTS = {"Restaurants": [(1, 92)], "Gold": [(1, 95), (10, 91)]}
OWN_ACCOUNT, OWN_PRICES, OWN = "SR-1003", 8, 88

ORDERS, DAYS = 120, 60


def main() -> None:
    products = list(products_of(GOODS))
    sheets.write(FOLDER / "products.csv", sheets.PRODUCTS, products)
    own = sheets.chosen([product["sku"] for product in products if product["status"] == "listed"], 11, 23, OWN_PRICES)
    prices = list(price_rows(products, own))
    sheets.write(FOLDER / "prices.csv", sheets.PRICES, prices)
    taking = sheets.Taking(prefix="SR", orders=ORDERS, days=DAYS, step=49, tastes=26, reference="PO {}")
    sheets.write(FOLDER / "orders.csv", sheets.ORDERS, sheets.order_rows(taking, FOLDER / "customers.csv", products, prices))


def products_of(goods):
    place = 0
    for category, table in goods.items():
        for line in filter(None, map(str.strip, table.splitlines())):
            line, _, instead = (part.strip() for part in line.partition(">"))
            code, name, keywords, packs = (part.strip() for part in line.split(";"))
            for pack in packs.split(","):
                place += 1
                size, price, in_a_case = pack.split()
                yield from pack_and_case(category, code, name, keywords, size, sheets.minor(price), int(in_a_case), instead, place)


def pack_and_case(category, code, name, keywords, size, price, in_a_case, instead, place):
    number, unit = sheets.size_of(size)
    measure, thousandths = MEASURES[unit]
    content = int(number * thousandths)
    words = f"{number.normalize():f} {'pieces' if unit == 'pcs' else unit}"
    sku = f"SR-{code}-{short(number, unit)}"
    both = {
        "category": category,
        "measure": measure,
        "vat": VAT.get(category, "zero"),
        "status": "discontinued" if instead else "listed",
        "keywords": keywords,
    }
    multiple = MULTIPLE.get(category, 1)
    yield both | {
        "sku": sku,
        "name": f"{name}, {words}",
        "pack": words,
        "content": sheets.thousandths(content),
        "barcode": sheets.barcode(place * 2, imported=category == "Drinks"),
        "price": sheets.pounds(price),
        "cost": sheets.pounds(share(price, COST)),
        "minimum": multiple,
        "multiple": multiple,
        "replaced_by": instead and f"SR-{instead}",
    }
    # Every nineteenth case has run out, every eleventh runs out soon, and every seventh may be sold before it has come.
    stock = 0 if place % 19 == 0 else 4 if place % 11 == 0 else 30 + place * 37 % 90
    yield both | {
        "sku": f"{sku}C{in_a_case}",
        "name": f"{name}, case of {in_a_case} × {words}",
        "pack": f"case of {in_a_case}",
        "content": sheets.thousandths(content * in_a_case),
        "barcode": sheets.barcode(place * 2 + 1, imported=category == "Drinks"),
        "price": sheets.pounds(share(price * in_a_case, ON_THE_CASE)),
        "cost": sheets.pounds(share(price * in_a_case, COST)),
        "minimum": 1,
        "multiple": 1,
        "stock": stock,
        "low_at": 10,
        "back_orders": 20 if place % 7 == 0 else "",
        "replaced_by": instead and f"SR-{instead}C{in_a_case}",
    }


def short(number, unit) -> str:
    """400 for 400 g, 5K for 5 kg, 1K5 for 1.5 kg: what the shelf's label says."""
    whole, _, rest = f"{number.normalize():f}".partition(".")
    return whole + {"kg": "K", "l": "L"}.get(unit, "") + rest


def price_rows(products, own):
    for name, breaks in LISTS.items():
        for product in products:
            for from_quantity, percent in breaks:
                price = sheets.pounds(share(sheets.minor(product["price"]), percent))
                yield {"price_list": name, "sku": product["sku"], "from_quantity": from_quantity, "price": price}
    for product in products:
        if product["sku"] in own:
            price = sheets.pounds(share(sheets.minor(product["price"]), OWN))
            yield {"account_number": OWN_ACCOUNT, "sku": product["sku"], "from_quantity": 1, "price": price}


if __name__ == "__main__":
    main()
