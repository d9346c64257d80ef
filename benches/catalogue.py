"""Measures a page of fifty products with their prices against pgbench, interleaved, on one machine.

A page costs three round trips: one message that begins and makes the settings, the session with its access, and the products with
their prices and with what is in the basket. pgbench sends exactly these, as the same database role. Each server is asked for the
page as JSON and as HTML, once with pages remembered and once without. 128 sessions of 128 tenants take turns on all sides.
"""

import json, os, pathlib, re, signal, statistics

from measure import CLIENTS, NIL, PORT, ROUNDS, WORK, lua, make_database, pgbench, psql, resident_mebibytes, scripts, serve, wrk

LEAST = {"JSON": 0.50, "HTML": 0.30}
MOST_GROWTH = 1.1
PATHS = {"JSON": "/api/v1/products", "HTML": "/products"}


def statement(has, has_not):
    """A statement of the program, as it was checked when it was compiled."""
    texts = (json.loads(file.read_text())["query"] for file in pathlib.Path(".sqlx").glob("query-*.json"))
    found = [text for text in texts if has in text and has_not not in text]
    assert len(found) == 1, f"{len(found)} statements with {has!r} and without {has_not!r}"
    return found[0]


SEARCH = statement("hits as (select a.slot", "no such words")
PAGE = statement("(p.name_key, p.product_id) > ($6, $7)", "$9")


def page_of(tenant, account, price_list):
    values = [tenant, account, price_list, tenant]
    return PAGE, "uuid, uuid, uuid, uuid, date, text, uuid, bigint", [f"'{value}'" for value in values] + ["current_date", "''", f"'{NIL}'", "51"]


class Side:
    """One database with two servers, and the figures of its rounds."""

    def __init__(self, tenants, port):
        self.tenants = tenants
        self.database = make_database(tenants)
        self.trips, _ = scripts(tenants, WORK, "catalogue", page_of)
        self.servers = {"remembered": serve(self.database, port), "read": serve(self.database, port + 2, catalogue__remembered_bytes=0)}
        self.asked = {}
        for number, how in enumerate(self.servers):
            for kind, path in PATHS.items():
                self.asked[f"{kind}, {how}"] = (lua(tenants, port + 2 * number, WORK, path), port + 2 * number)
        self.figures = {name: [] for name in ("pgbench", *self.asked)}
        self.shares = {name: [] for name in self.asked}
        for script, at in self.asked.values():
            wrk(script, at, warms_up=True)

    def round(self):
        one = pgbench(self.database, self.trips, "simple")
        self.figures["pgbench"].append(one)
        for name, (script, port) in self.asked.items():
            pages, _, p99 = wrk(script, port)
            self.figures[name].append((pages, p99))
            self.shares[name].append(pages / one)

    def tell(self):
        print(f"{self.tenants:>6} tenants: pgbench {statistics.median(self.figures['pgbench']):.0f}/s")
        for name, shares in self.shares.items():
            pages, p99 = (statistics.median(figure[at] for figure in self.figures[name]) for at in (0, 1))
            print(f"        {name}: {pages:.0f}/s (p99 {p99:.1f} ms at {CLIENTS} clients), share {statistics.median(shares):.2f}"
                  f" (from {min(shares):.2f} to {max(shares):.2f})", flush=True)
        print("        resident", ", ".join(f"{resident_mebibytes(server):.0f} MiB ({how})" for how, server in self.servers.items()))

    def end(self):
        for server in self.servers.values():
            server.send_signal(signal.SIGTERM)
        for server in self.servers.values():
            server.wait(timeout=30)


def search(database):
    """Looks for two words in a catalogue of 20,000 products, as a customer's connection: the plan, and the fastest of five in ms."""
    tenant, account = "00000000-0000-7000-8000-000000000001", "00000001-0000-7000-8000-000000000011"
    values = f"'{tenant}', '{account}', '{NIL}', '{tenant}', current_date, '{{0,1}}', '{{vint,cloc}}', '{{vinu,clod}}', '{{2,2}}', 2, '', 51, 0"
    ask = f"explain (analyze, costs off, timing off) execute search ({values});\n"
    said = psql(database, f"""set role tc_counter; begin read only; set local app.tenant_id = '{tenant}'; set local app.account_id = '{account}';
set local app.customer_id = '{NIL}'; set local app.price_list_id = '{NIL}'; set local app.base_list_id = '{tenant}'; set local app.session_hash = '00';
prepare search (uuid, uuid, uuid, uuid, date, int[], text[], text[], int[], bigint, text, bigint, bigint) as {SEARCH};\n""" + 5 * ask)
    plans = said.split("QUERY PLAN")[1:]
    took = min(float(re.search(r"Execution Time: ([\d.]+)", plan).group(1)) for plan in plans)
    return plans[0], took


WORK.mkdir(parents=True, exist_ok=True)
sides = []
try:
    for tenants, port in ((1_000, PORT), (int(os.environ.get("BENCH_TENANTS", "20000")), PORT + 10)):
        sides.append(Side(tenants, port))
    small, large = sides
    for number in range(ROUNDS):
        for side in (small, large) if number % 2 else (large, small):
            side.round()
    small.tell()
    large.tell()
    of_words = [line.strip() for line in search(large.database)[0].splitlines() if "search_words" in line]
    print("a search of 20,000 products reads", " and ".join(of_words) or "no index of words")
    print(f"a search of two words: {search(small.database)[1]:.1f} ms with {small.tenants} tenants, {search(large.database)[1]:.1f} ms with {large.tenants}")
    failed = [] if all("Index" in line for line in of_words) and of_words else ["a search does not read the index of words"]
    failed += [f"{name} at {side.tenants} tenants: {statistics.median(side.shares[name]):.2f} is under {least:.2f}"
              for side in (small, large) for name in side.asked for kind, least in LEAST.items()
              if name.startswith(kind) and statistics.median(side.shares[name]) < least]
    for name in small.figures:
        first = lambda figure: figure[0] if isinstance(figure, tuple) else figure
        growth = statistics.median(first(a) / first(b) for a, b in zip(small.figures[name], large.figures[name]))
        print(f"growth from {small.tenants} to {large.tenants} tenants, {name}: {growth:.2f} times as much")
        if growth > MOST_GROWTH:
            failed.append(f"{name} grows by {growth:.2f}")
    print("\n".join(f"*** {what}" for what in failed) or "all of it is as it must be")
finally:
    for side in sides:
        side.end()
