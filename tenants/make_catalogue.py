"""Makes unionjack/products.csv, prices.csv and orders.csv from the invoices of the *Online Retail* data set.

    python3 tenants/make_catalogue.py online-retail-sample.csv

From the invoices come every StockCode with its description and its prices, the quantities it is bought in, and the orders.
Categories, packs, minimum quantities and breaks are worked out from them; costs and stock are invented. Nothing is drawn by
chance: the same invoices always give the same files, byte for byte.
"""

import csv
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import sheets

FOLDER = Path(__file__).parent / "unionjack"

# Written like this in a name; all else is in small letters after the first.
PROPER = {
    word.upper(): word
    for word in """
        UK US LED WC FFP TV DIY VIP London Paris Union Jack Christmas Edwardian Victorian Chinese French English Regency Charlie
        Lola Murano Tokyo Scottie Scotty Scandinavian England Mexican Swiss Dutch Las Vegas Provence Tahiti Medina Emily Maria Molly Rosie
        Charlotte Olivia Santa Santas Halloween Easter Valentine Noel Kashmir Coney Island Purdey Suki Spaceboy Babushka
        Boudicca Willie Winkie I I'm A Rex Baroque Columbian Sandlewood
    """.split()
} | {"BAROQUE": "baroque", "A": "a"}

# Other short words beside a digit stay as they are: A5, 3D.
IN_SMALL_LETTERS = {"CM", "OF", "'S"}

# The first rule that matches decides; each is words or phrases as they stand in a name, in the singular or with an s.
RULES = [
    ("Christmas", "christmas, advent, santa, reindeer, snowman, snowmen, bauble, noel, yuletide, tinsel, jingle bell, xmas, pannetone, "
                  "holly, snowy village, snowflake, rocking horse, toadstools, stocking"),
    # What is named after something else: a sign for a kitchen, a notebook with cakes on it.
    ("Signs & clocks", "metal sign, sign blue metal, the chocolate sign, door hanger"),
    ("Garden & outdoors", "doormat, garden marker, garden set, watering can, garden pot"),
    ("Stationery & office", "notebook, mug warmer, diamante pen, rubbers in bag, writing set, pencil eraser"),
    ("Toys & games", "marbles, jigsaw, money bank, money box, card game, party games, feltcraft cushion, toy tidy, garden brush, garden rake, "
                     "garden spade, drawing slate, playhouse, dog toy"),
    ("Jewellery & accessories", "knitting kit"),
    ("Home & decoration", "hot water bottle, bath sponge, soap dish, bell jar, kitchen print, wall art, bathroom bottle, cotton wool"),
    ("Cards, wrap & party", "party bag, gift bag, paper bag, birthday candle, celebration candle, party candle, birthday card, party cone, "
                            "greeting card, card kit, gift box, gift boxes, cocktail parasol, paper parasol, party pizza dish, bunting, "
                            "sticker, gift tape, wrap, bendy straw"),
    ("Candles & lights", "t-light, tealight, candle, candlestick, candleholder, candlestand, candlepot, candelabra, lantern, light, "
                         "nightlight, lamp, lampshade, incense, oil burner, matches, 20light, chocolatecandle, lightbulb, cone in tin"),
    ("Bags & purses", "bag, purse, shopper, handbag, washbag, luggage tag, passport cover, wallet, vippassport cover, mini case, "
                      "umbrella, parasol, hammock, rain hat, rain mac, rain poncho, scarf, slipper shoe"),
    ("Jewellery & accessories", "necklace, neckl36, bracelet, earring, ring crystal, rosebud ring, expandable ring, brooch, bangle, "
                                "hair, hairclip, hairband, keyring, key ring, key fob, jewellery box, lariat, hair comb, butterfly clip, "
                                "headphone, hand warmer, pocket warmer, beads, sewing, knitting kit, measuring tape, tape measure, "
                                "pin cushion, needle set, sew on, iron on, patches, diamante"),
    ("Baking & cake", "cake, cakestand, cupcake, baking, cookie cutter, doily, doilies, cakes, jam, toast its, recipe"),
    ("Kitchen & dining", "mug, cup, teacup, plate, bowl, teapot, tea, coffee, kitchen, cutlery, teaspoon, spoon, ladle, glass jar, jar, "
                         "jug, milk pan, frying pan, pan, napkin, placemat, coaster, tray, bread bin, butter dish, beurre dish, "
                         "egg holder, egg cosy, colander, apron, oven glove, oven mitt, washing up glove, lunch box, snack box, "
                         "snack boxes, food cover, food container, chopstick, beaker, milkshake glass, wine glass, champagne glass, "
                         "tumbler, straw, biscuit tin, biscuit, popcorn holder, squeezer, scale, breakfast set, dinner tray, flask, "
                         "c/cover, table cloth, place setting, platter, condiment, dish, cheese, fridge magnet, magnet, milk bottle, "
                         "sponge, ice lolly"),
    ("Toys & games", "toy, doll, game, jigsaw, playing card, snap card, domino, dominoes, puppet, teddy, skittle, ludo, bingo, harmonica, "
                     "helicopter, marble, spinning top, skipping rope, skipping, rounders, croquet, glider, playhouse, craft, feltcraft, "
                     "felt craft, modelling clay, crayon, chalk, paint set, paint your own, drawing slate, snakes & ladders, "
                     "tattoo, bucket, beach spade, flying disc, space, monster, creepy crawlies, dinosaur, cooking set, tea set, "
                     "children, childrens, childs, kids, baby bib, piggy bank, money bank, money box, stencil, badge, "
                     "stress ball, sporting fun, alphabet block, jigsaw block, tool set, frog, pony, mice, geisha girl, animal, boom box, "
                     "radio, calculator, water bomb, colouring set, disco ball, pirate"),
    ("Cards, wrap & party", "card, wrap, gift tag, gift tape, ribbon, balloon, bunting, party, garland, invite, paper chain, tissue, "
                            "confetti, honeycomb, sticker, postcard, tape, napkins, birthday, barrier tape, silk fan"),
    ("Stationery & office", "pen, pencil, eraser, rubber, notebook, journal, sketchbook, pocket book, address book, stationery, writing set, "
                            "letter rack, calendar, ruler, memo board, memoboard, notelet, envelope, stamp set, bookcover, "
                            "paperweight, p'weight, scissor, mug warmer, notebook set, magazine rack, blackboard, black board, chalkboard, "
                            "spirit level, torch"),
    ("Garden & outdoors", "garden, plant, planter, watering can, herb marker, grow your own, potting shed, bird house, birdhouse, birdcage, "
                          "birds, seed, flowerpower, twine, gnome, thermometer, doormat, lantern, picnic, peg, fire bucket, hen, basket"),
    ("Signs & clocks", "sign, clock, doorsign, number tile, stopmetal sign, letter, block word, door hanger, building block"),
    ("Storage & furniture", "cabinet, drawer, drawerknob, chest, storage, box, boxes, basket, coat rack, hook, hanger, shelf, rack, tidy, "
                            "organiser, sideboard, tin, tins, crate, coathanger, stand, trinket pot, bin, bottle top, ironing board, "
                            "first aid, cotton wool, recycling"),
    ("Home & decoration", "frame, mirror, cushion, throw, quilt, doorstop, hot water bottle, towel, flannel, decoration, hanging, heart, "
                          "wreath, wicker, mobile, curtain, vase, photo, print, wall art, ornament, bathroom, soap, egg, clam shell, shell, "
                          "zinc, star, angel, incense, porcelain rose, slate, tissue box, toilet, metal, pedestal, dressing table, "
                          "wood, wooden, hibiscus, hottie, bell jar, picture, filler pad, photo clip, hat"),
]
OTHERWISE = "More"

PACK = re.compile(r"\b(SET|PACK|BOX|S)(?: OF |/| OF|(?<!S) )(\d+)\b")
MULTIPLES = [48, 24, 12, 10, 6, 4, 3, 2]

LIST_NAME = "Garden centres"
ACCOUNT_WITH_PRICES_OF_ITS_OWN = "17850"
DAYS = 84


@dataclass
class Line:
    invoice: str
    sku: str
    description: str
    quantity: int
    time: str
    minor: int
    account: str


@dataclass
class Product:
    sku: str
    name: str
    minor: int
    multiple: int
    lines: list[Line]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python3 tenants/make_catalogue.py INVOICES.csv")
    # Excel saves the data set with a byte order mark, others without; "utf-8-sig" reads both.
    with open(sys.argv[1], encoding="utf-8-sig", newline="") as invoices:
        lines = [line_of(row) for row in csv.DictReader(invoices)]
    products = products_of(lines)
    orders = order_rows(lines)
    sheets.write(FOLDER / "products.csv", sheets.PRODUCTS, product_rows(products, orders))
    sheets.write(FOLDER / "prices.csv", sheets.PRICES, price_rows(products))
    sheets.write(FOLDER / "orders.csv", sheets.ORDERS, orders)


def line_of(row) -> Line:
    pounds, _, pence = row["UnitPrice"].partition(".")
    return Line(
        invoice=row["InvoiceNo"],
        sku=row["StockCode"],
        description=" ".join(row["Description"].split()),
        quantity=int(row["Quantity"]),
        time=f"{row['InvoiceDate'].split()[1]:0>5}",
        minor=int(pounds) * 100 + int(f"{pence:0<2}"),
        account=row["CustomerID"].strip(),
    )


def products_of(lines: list[Line]) -> list[Product]:
    by_sku = defaultdict(list)
    for line in lines:
        by_sku[line.sku].append(line)
    return [
        Product(
            sku=sku,
            name=most_usual(line.description for line in of_it),
            minor=most_usual(line.minor for line in of_it),
            multiple=multiple_of([line.quantity for line in of_it if line.account]),
            lines=of_it,
        )
        for sku, of_it in sorted(by_sku.items())
    ]


def most_usual(values):
    """Of those that are there equally often, the first in order: the lower price, the description nearer to A."""
    return min(Counter(values).items(), key=lambda counted: (-counted[1], counted[0]))[0]


def multiple_of(quantities: list[int]) -> int:
    """What it is evidently sold in, where enough was sold to tell."""
    if len(quantities) < 3:
        return 1
    return next((multiple for multiple in MULTIPLES if all(quantity % multiple == 0 for quantity in quantities)), 1)


def product_rows(products: list[Product], orders):
    under_way = {order["sku"] for order in orders if order["status"] not in ("delivered", "dispatched")}
    tracked = products[::7]
    # Running out is shown by products that nobody is waiting for.
    quiet = [product.sku for product in tracked if product.sku not in under_way]
    out, low = quiet[10:12], quiet[20:24]
    for product in products:
        kind, number = pack_of(product.name)
        row = {
            "sku": product.sku,
            "name": name_of(product.name),
            "category": category_of(product.name),
            "pack": f"{kind} of {number}" if number > 1 else "single",
            "vat": "standard",
            "price": sheets.pounds(product.minor),
            "cost": sheets.pounds(sheets.share(product.minor, 62)),
            "minimum": product.multiple,
            "multiple": product.multiple,
            "status": "listed",
        }
        if number > 1:
            row |= {"content": number, "measure": "each"}
        if product in tracked:
            largest = max(line.quantity for line in product.lines)
            row["low_at"] = max(10, largest)
            row["stock"] = 0 if product.sku in out else largest if product.sku in low else 20 * largest
        yield row


def pack_of(description: str) -> tuple[str, int]:
    """«set of 6» as the description says it, else a single one."""
    found = PACK.search(description)
    if not found:
        return "single", 1
    kind = {"S": "set"}.get(found[1], found[1].lower())
    return kind, int(found[2])


def name_of(description: str) -> str:
    """In sentence case, but for names, and for what somebody has written with care."""
    words = [re.sub(r"[A-Za-z']+", recased, word) if word.isupper() else word for word in description.split()]
    name = " ".join(words).strip(" ,")
    return name[:1].upper() + name[1:]


def recased(match: re.Match) -> str:
    word = match[0]
    beside_a_digit = any(character.isdigit() for character in match.string[max(0, match.start() - 2) : match.end() + 1])
    if beside_a_digit and word not in IN_SMALL_LETTERS and len(word) <= 2:
        return word
    return PROPER.get(word, word.lower())


def category_of(description: str) -> str:
    return next((category for category, words in COMPILED if words.search(description)), OTHERWISE)


COMPILED = [
    (category, re.compile(r"\b(?:" + "|".join(re.escape(word.strip()) for word in words.split(",")) + r")s?\b", re.IGNORECASE))
    for category, words in RULES
]


def price_rows(products: list[Product]):
    for product in products:
        if broken := break_of(product):
            quantity, minor = broken
            yield {"sku": product.sku, "from_quantity": quantity, "price": sheets.pounds(minor)}
    for product in products:
        price = sheets.pounds(sheets.share(product.minor, 94))
        yield {"price_list": LIST_NAME, "sku": product.sku, "from_quantity": 1, "price": price}
    own = Counter(line.sku for product in products for line in product.lines if line.account == ACCOUNT_WITH_PRICES_OF_ITS_OWN)
    of_sku = {product.sku: product for product in products}
    for sku in sorted(sorted(own, key=lambda sku: (-own[sku], sku))[:10]):
        price = sheets.pounds(sheets.share(of_sku[sku].minor, 90))
        yield {"account_number": ACCOUNT_WITH_PRICES_OF_ITS_OWN, "sku": sku, "from_quantity": 1, "price": price}


def break_of(product: Product) -> tuple[int, int] | None:
    """The lowest quantity for which somebody paid clearly less than usual, when it is clearly more than usual."""
    named = [line for line in product.lines if line.account]
    usual = [line.quantity for line in named if line.minor == product.minor]
    less = [line for line in named if 50 * product.minor <= 100 * line.minor <= 97 * product.minor]
    if not usual or not less:
        return None
    quantity = min(line.quantity for line in less)
    if quantity < 2 * median(usual):
        return None
    return quantity, most_usual(line.minor for line in less if line.quantity == quantity)


def order_rows(lines: list[Line]) -> list[dict]:
    """Each invoice of a customer whom we know, with its own prices; the date of none is its own."""
    by_invoice = defaultdict(list)
    for line in lines:
        if line.account:
            by_invoice[line.invoice].append(line)
    taken = set()
    rows = []
    for (invoice, of_it), (days_ago, status) in zip(sorted(by_invoice.items()), sheets.days_and_states(len(by_invoice), DAYS, 97)):
        quantities = Counter()
        for line in of_it:
            quantities[line.sku, line.minor] += line.quantity
        number = sheets.order_number("UJ", invoice, taken)
        for (sku, minor), quantity in sorted(quantities.items()):
            rows.append({
                "number": number,
                "account_number": of_it[0].account,
                "days_ago": days_ago,
                "time": min(line.time for line in of_it),
                "status": status,
                "reference": f"Invoice {invoice}",
                "sku": sku,
                "quantity": quantity,
                "unit_price": sheets.pounds(minor),
            })
    return rows


if __name__ == "__main__":
    main()
