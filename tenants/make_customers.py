"""Makes unionjack/customers.csv from the invoices of the *Online Retail* data set.

    python3 make_customers.py online-retail-sample.csv > unionjack/customers.csv

From the invoices come the account numbers (the CustomerIDs), the country of each, and which accounts buy most.
Business names, people, towns and phone numbers are invented here. Nothing is drawn by chance: the same invoices
always give the same file, byte for byte.
"""

import csv
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field

HEADER = ["account_number", "business_name", "contact_name", "phone", "role", "town", "country", "price_list", "route"]

# The owners of the two British accounts that buy most carry the numbers that the demonstration prints.
DEMONSTRATION_PHONES = ["+447400123456", "+447400123465"]

# This many British accounts, those that buy most, have a second person who buys for them.
ACCOUNTS_WITH_A_BUYER = 6

# Every tenth account, by its number, buys at the prices of this list (make_catalogue.py makes it).
PRICE_LIST, ACCOUNTS_FOR_ONE_OF_THE_LIST = "Garden centres", 10

# Steps through a list whose length they do not divide reach every entry once before any comes again,
# and neighbours in the file look unlike each other.
PHONE_STEP, TOWN_STEP, SURNAME_STEP, KIND_STEP = 7919, 17, 37, 5


@dataclass
class Country:
    """Where a customer may be: how the invoices call it, and what we invent people and places from.

    `first_phone` is the first of `phones` mobile numbers in E.164. Each block lies in a range that numbering plans
    give to mobiles; the Australian and German ones are the blocks that ACMA and the Bundesnetzagentur keep for fiction.
    """

    code: str
    first_phone: int
    phones: int
    towns: list[str]
    first_names: list[str]
    surnames: list[str]
    business_names: list[str] = field(default_factory=list)


def listed(text: str) -> list[str]:
    return [entry.strip() for entry in text.replace("\n", " ").split(",")]


BRITISH_WORDS = listed("""
    Thistledown, Copper Kettle, Marigold, Bramble Lane, Harbour Lights, Pennywhistle, Foxglove, Market Cross,
    Lantern Street, Willow & Wren, Button Box, Old Forge, Swallowtail, Honeysuckle, Clock Tower, Driftwood,
    Robin Hill, Teacup Corner, Priory Gate, Bluebell, Millstream, Sixpenny, Kingfisher, Rosemary & Rue,
    Cobblestone, Saltmarsh, Hopscotch, Greengate, Cherry Orchard, Weathervane, Nutmeg, Chapel Row,
    Dandelion, Ferryman, Mulberry, Tin Whistle, Quayside, Hedgerow, Primrose, Little Acorn,
    Ropewalk, Larkspur, Gingerbread, Castle Mound, Pebble, Applegarth, Skylark, Minster Yard,
    Wheelwright, Peppermint, Heatherbank, Sundial, Clover, Packhorse, Poppyfield, Fishergate,
    Goosefoot, Lavender Hill, Tollhouse, Snowdrop, Buttercross, Cornflower, Watermill, Mistletoe,
    Rambling Rose, Coachyard, Hazelwood, Seaglass, Drovers, Candlewick, Juniper, Almshouse,
    Nightingale, Barley Mow, Patchwork, Anchor Steps, Meadowsweet, Railway Arch, Cowslip, Spindle,
    Elderflower, Whitewell, Hare & Moon, Porthole, Catkin, Stonebridge, Merry Magpie, Tidewater,
    Windfall, Dovecote, Fiddlesticks, Abbey Walk, Periwinkle, Oak & Ivy, Bandstand, Starling,
    Toadflax, Lychgate, Blackthorn, Humble Bee, Cloth Hall, Sorrel, Jackdaw, Duckpond,
    Holly Tree, Steeple, Cranberry, Sandpiper, Wishing Well, Fellside, Chestnut, Paper Moon,
    Lighthouse, Crab Apple, Tannery, Speedwell, Silver Birch, Gatehouse, Moorhen, Cinnamon,
    Plum Tree, Fallow Deer, Haywain, Chalk Pit, Winterberry, Inglenook, Bobbin Mill, Red Squirrel,
    Towpath, Saffron, Thimble, Cartwheel, Pear Tree, Arcade, Oyster Lane, Snapdragon,
    Windmill, Curlew, Threadneedle, Strawberry Bank, Wren House, Bakehouse, Campion, Pinecone,
    Limekiln, Crescent, Hollyhock, Mill Race, Puffin, Beehive, Staithe, Scarecrow,
    Harvest Moon, Feather & Fern, Coppice, Shepherd's Hey, Parsley, Lamplighter, Bell Tower, Daisy Chain
""")

# Food and drink first: the account that buys most is a café, which also buys from a grocer's wholesaler.
BRITISH_KINDS = listed("""
    Tea Rooms, Gifts, Cards & Gifts, Garden Centre, Home & Gift, Café, Emporium, Farm Shop, Trading, Interiors,
    Gift Gallery, Stores, Curiosities
""")

# Which van or carrier takes what goes to a town; what goes to no British town goes overseas.
ROUTES = {
    town: route
    for route, towns in {
        "North": """
            Whitby, Hebden Bridge, Hexham, Keswick, Harrogate, Ilkley, Skipton, Beverley, Malton, Buxton, Matlock, Bakewell
        """,
        "Midlands": "Ludlow, Stamford, Ashbourne, Oakham, Market Harborough, Cirencester, Tetbury, Malmesbury",
        "East": """
            Ely, Southwold, Saffron Walden, Bury St Edmunds, Woodbridge, Aldeburgh, Holt, Cromer, Berkhamsted, Marlow, Faversham,
            Whitstable, Deal
        """,
        "South & West": """
            Totnes, St Ives, Frome, Lewes, Bradford-on-Avon, Sherborne, Bridport, Lyme Regis, Dartmouth, Padstow, Fowey, Rye, Farnham
        """,
        "Wales": "Conwy, Tenby, Crickhowell, Abergavenny, Llandudno",
        "Scotland & Ireland": "St Andrews, Pitlochry, Melrose, Stirling, Oban, Enniskillen, Bangor, Holywood",
    }.items()
    for town in listed(towns)
}

COUNTRIES = {
    "United Kingdom": Country(
        "GB", 447400150000, 10000,
        listed("""
            Ludlow, Whitby, Hebden Bridge, Totnes, St Ives, Ely, Stamford, Hexham, Frome, Southwold, Keswick, Lewes,
            Conwy, Tenby, Crickhowell, Abergavenny, Llandudno, St Andrews, Pitlochry, Melrose, Stirling, Oban,
            Enniskillen, Bangor, Holywood, Harrogate, Ilkley, Skipton, Beverley, Malton, Matlock, Bakewell, Buxton,
            Ashbourne, Oakham, Market Harborough, Cirencester, Tetbury, Malmesbury, Bradford-on-Avon, Sherborne,
            Bridport, Lyme Regis, Dartmouth, Padstow, Fowey, Rye, Deal, Whitstable, Faversham, Saffron Walden,
            Bury St Edmunds, Woodbridge, Aldeburgh, Holt, Cromer, Berkhamsted, Marlow, Farnham
        """),
        listed("""
            Margaret, Sanjay, Helen, Gareth, Fiona, Amina, Peter, Siân, Joanne, Callum, Priya, Alison, Martin, Ngozi,
            Ruth, Stephen, Leila, Hamish, Wendy, Tomasz, Carol, Imran, Bethan, Nigel, Yasmin, Claire, Duncan, Mei,
            Philippa, Kwame, Lorna
        """),
        listed("""
            Ashworth, Pritchard, Okafor, Hargreaves, Sutherland, Patel, Whitaker, Llewellyn, Mistry, Fairclough, Rahman,
            Penrose, Kowalski, Dunmore, Bexley, Adeyemi, Thackray, Moffat, Singh, Colclough, Trelawney, Begum, Garside,
            Lindqvist, Openshaw, Chaudhry, Renshaw, Abernethy, Wong, Postlethwaite, Hussain, Farrell, Tregenza,
            Mensah, Birtwistle, Kaur, Macpherson, Ellwood, Quayle, Nowak, Hathersage
        """),
    ),
    "Australia": Country(
        "AU", 61491570156, 4, ["Fremantle"], ["Kylie", "Lachlan"], ["Brennan", "Nguyen"], ["Wattle & Gum Gifts"],
    ),
    "EIRE": Country(
        "IE", 353850120000, 10000, ["Kilkenny"], ["Aoife", "Declan"], ["Ní Bhriain", "Kavanagh"], ["Nore Bridge Gifts"],
    ),
    "France": Country(
        "FR", 33612345000, 1000, ["Dijon"], ["Élodie", "Mathieu"], ["Garnier", "Perrault"], ["La Malle aux Cadeaux"],
    ),
    "Germany": Country(
        "DE", 491713920000, 100, ["Freiburg"], ["Katrin", "Jürgen"], ["Brückner", "Sommer"], ["Stöberstube Geschenke"],
    ),
    "Netherlands": Country(
        "NL", 31612340000, 10000, ["Haarlem"], ["Marloes", "Sander"], ["de Graaf", "Hoekstra"], ["Het Kadohofje"],
    ),
    "Norway": Country(
        "NO", 4740610000, 10000, ["Bergen"], ["Ingrid", "Torbjørn"], ["Solheim", "Nygård"], ["Fjordlys Gaver"],
    ),
}


@dataclass
class Account:
    """One CustomerID: the country that most of its invoice lines name, and how many lines there are."""

    number: str
    country: str
    invoice_lines: int


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python3 make_customers.py INVOICES.csv > unionjack/customers.csv")
    # Excel saves the data set with a byte order mark, others without; "utf-8-sig" reads both.
    with open(sys.argv[1], encoding="utf-8-sig", newline="") as invoices:
        accounts = accounts_of(csv.DictReader(invoices))
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(HEADER)
    out.writerows(customer_rows(accounts))


def accounts_of(invoice_lines) -> list[Account]:
    """Every CustomerID once, in order. Lines without one are sales to nobody we know, and are left out."""
    countries = defaultdict(Counter)
    for line in invoice_lines:
        if number := line["CustomerID"].strip():
            countries[number][line["Country"].strip()] += 1
    return [
        Account(number, country=lines.most_common(1)[0][0], invoice_lines=lines.total())
        for number, lines in sorted(countries.items())
    ]


def customer_rows(accounts: list[Account]):
    """One row per person: the owner of every account, then a buyer for those that buy most."""
    by_country = defaultdict(list)
    for account in sorted(accounts, key=lambda account: (-account.invoice_lines, account.number)):
        by_country[account.country].append(account)
    on_the_list = {account.number for account in sorted(accounts, key=lambda account: account.number)[::ACCOUNTS_FOR_ONE_OF_THE_LIST]}
    rows = []
    for name, ranked in by_country.items():
        if name not in COUNTRIES:
            sys.exit(f"no people or places are listed for {name}: add it to COUNTRIES")
        rows.extend(rows_of_country(COUNTRIES[name], ranked))
    for row in rows:
        row += [PRICE_LIST if row[0] in on_the_list else "", ROUTES.get(row[5], "Overseas")]
    return sorted(rows, key=lambda row: row[0])


def rows_of_country(country: Country, ranked: list[Account]):
    british = country.code == "GB"
    business_names = british_business_names() if british else iter(country.business_names)
    buyers = ACCOUNTS_WITH_A_BUYER if british else 0
    reserved = DEMONSTRATION_PHONES if british else []
    people = people_of(country)
    phones = phones_of(country)
    for rank, account in enumerate(ranked):
        business_name = next(business_names, None) or sys.exit(f"more accounts in {country.code} than business names")
        town = country.towns[rank * TOWN_STEP % len(country.towns)]
        owner_phone = reserved[rank] if rank < len(reserved) else next(phones)
        yield [account.number, business_name, next(people), owner_phone, "owner", town, country.code]
        if rank < buyers:
            yield [account.number, business_name, next(people), next(phones), "buyer", town, country.code]


def british_business_names():
    """A different opening word for every shop; each lap over the words joins them to other kinds of shop."""
    for lap in range(len(BRITISH_KINDS)):
        for place, word in enumerate(BRITISH_WORDS):
            yield f"{word} {BRITISH_KINDS[(place * KIND_STEP + lap) % len(BRITISH_KINDS)]}"


def people_of(country: Country):
    first_names, surnames = country.first_names, country.surnames
    for place in range(len(first_names) * len(surnames)):
        yield f"{first_names[place % len(first_names)]} {surnames[place * SURNAME_STEP % len(surnames)]}"


def phones_of(country: Country):
    for place in range(country.phones):
        yield f"+{country.first_phone + place * PHONE_STEP % country.phones}"


if __name__ == "__main__":
    main()
