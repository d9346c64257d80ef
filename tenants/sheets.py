"""What the scripts here share: the columns of the files they write, and how money and order numbers are written in them."""

import csv
import hashlib
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

PRODUCTS = (
    "sku,name,category,pack,content,measure,barcode,vat,price,cost,minimum,multiple,stock,low_at,back_orders,status,replaced_by,"
    "keywords,description"
).split(",")
PRICES = "price_list,account_number,sku,from_quantity,price,valid_from,valid_until".split(",")
ORDERS = "number,account_number,days_ago,time,status,reference,sku,quantity,unit_price".split(",")

# Without those that look like others: order numbers are read out on the telephone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def write(path, header: list[str], rows) -> None:
    """A table of dictionaries; what a row does not have stays empty."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, header, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def pounds(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def share(minor: int, percent: int) -> int:
    """So many hundredths of an amount, half up, and never nothing: no price is 0.00."""
    exact = Decimal(minor) * percent / 100
    return max(1, int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)))


def order_number(prefix: str, seed: str, taken: set[str]) -> str:
    """Looks drawn by chance, and is the same each time."""
    for attempt in range(1000):
        digest = int.from_bytes(hashlib.sha256(f"{prefix} {seed} {attempt}".encode()).digest(), "big")
        letters = ""
        for _ in range(6):
            digest, place = divmod(digest, len(ALPHABET))
            letters += ALPHABET[place]
        number = f"{prefix}-{letters[:3]}-{letters[3:]}"
        if number not in taken:
            taken.add(number)
            return number
    raise ValueError(f"no number is left for {seed}")


# Of a wholesaler's newest orders, newest first: what is still to be done at its desk. All older ones have been delivered.
UNDER_WAY = ["submitted"] * 5 + ["accepted"] * 3 + ["picking"] * 2 + ["dispatched"] * 2


def days_and_states(orders: int, days: int, step: int) -> list[tuple[int, str]]:
    """For each order, how many days ago it was and what became of it; `step` has no factor in common with `orders`."""
    places = [order * step % orders for order in range(orders)]
    if len(set(places)) != orders:
        raise ValueError(f"{step} does not reach each of {orders} orders")
    state = lambda place: UNDER_WAY[place] if place < len(UNDER_WAY) else "delivered"
    return [(1 + place * days // orders, state(place)) for place in places]


def minor(price: str) -> int:
    return int(Decimal(price) * 100)


def thousandths(number: int) -> str:
    return f"{(Decimal(number) / 1000).normalize():f}"


def size_of(words: str) -> tuple[Decimal, str]:
    """«1.5kg» is 1.5 and kg."""
    unit = words.lstrip("0123456789.")
    return Decimal(words.removesuffix(unit)), unit


def barcode(number: int, imported: bool = False) -> str:
    """An EAN-13 that GS1 gives to nobody: 20 and 04 begin its «restricted circulation numbers». What begins with 04 is an American
    number of twelve digits, whose zero many scanners leave out."""
    digits = f"{'04' if imported else '20'}{number * 7919 % 10**10:010}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return f"{digits}{check}"


def chosen(things: list, first: int, step: int, number: int) -> list:
    """So many different ones, one at every step, round and round."""
    found = []
    for place in range(first, first + step * len(things), step):
        thing = things[place % len(things)]
        if thing not in found:
            found.append(thing)
        if len(found) == number:
            break
    return found


@dataclass
class Taking:
    """How a wholesaler's past orders are invented."""

    prefix: str
    orders: int
    days: int
    # Has no factor in common with `orders`.
    step: int
    # So many products are all that an account ever buys.
    tastes: int
    reference: str


def order_rows(taking: Taking, customers: Path, products: list[dict], prices: list[dict]) -> list[dict]:
    """Orders of every account in turn, each out of what that account likes, at the prices that it has."""
    with open(customers, encoding="utf-8", newline="") as file:
        accounts = {row["account_number"]: row for row in csv.DictReader(file)}
    numbers = sorted(accounts)
    taken = set()
    rows = []
    for order, (days_ago, status) in enumerate(days_and_states(taking.orders, taking.days, taking.step)):
        account = accounts[numbers[order * 7 % len(numbers)]]
        place = numbers.index(account["account_number"])
        likes = chosen(products, place * 31, 2 * place + 7, taking.tastes)
        if status != "delivered":
            likes = [product for product in likes if is_there(product)]
        number = order_number(taking.prefix, str(order), taken)
        for product in sorted(chosen(likes, order, 5, 5 + order * 5 % 14), key=lambda product: product["sku"]):
            quantity = quantity_of(product, order + products.index(product))
            rows.append({
                "number": number,
                "account_number": account["account_number"],
                "days_ago": days_ago,
                "time": f"{7 + order * 5 % 10:02}:{order * 13 % 60:02}",
                "status": status,
                "reference": taking.reference.format(4000 + order) if order % 3 == 0 else "",
                "sku": product["sku"],
                "quantity": quantity,
                "unit_price": price_of(product, account, quantity, prices),
            })
    return rows


def is_there(product: dict) -> bool:
    """Whether what is still to be picked can be."""
    return product["status"] == "listed" and product.get("stock", "") not in range(10)


def quantity_of(product: dict, turn: int) -> int:
    return int(product["minimum"]) + int(product["multiple"]) * (turn * 7 % 5)


def price_of(product: dict, account: dict, quantity: int, prices: list[dict]) -> str:
    """As the program finds it: the account's own price, else that of its list, else the product's, from the largest quantity on."""
    of_it = [price for price in prices if price["sku"] == product["sku"] and int(price["from_quantity"]) <= quantity]
    own = [price for price in of_it if price.get("account_number") == account["account_number"]]
    of_list = [price for price in of_it if price.get("price_list") and price["price_list"] == account["price_list"]]
    base = [price for price in of_it if not price.get("account_number") and not price.get("price_list")]
    base = base or [{"from_quantity": 1, "price": product["price"]}]
    best = max(own or of_list or base, key=lambda price: int(price["from_quantity"]))
    return best["price"]
