"""Measures orders of twenty lines against pgbench, interleaved, on one machine, with 1,000 and with 20,000 tenants.

One order of each of 128 accounts is placed over HTTP while PostgreSQL logs what it is asked. pgbench then sends those very statements,
message by message and as the same database role, with ids, number and key that are new each time. So what is compared is all that the
program does besides: HTTP, JSON, prices, VAT, and the checks.
"""

import base64, http.client, json, os, pathlib, re, signal, statistics

from measure import CLIENTS, NIL, PORT, ROUNDS, WORK, make_database, people, pgbench, psql, serve, wrk

LEAST = 0.45
MOST_GROWTH = 1.1
LINES = 20
LOG = pathlib.Path("target/bench-database/postgres.log")
ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[(\d+)\] ([A-Z]+):  ", re.M)
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
BODY = json.dumps({"lines": [{"sku": f"SKU-{k}", "quantity": 6} for k in range(1, LINES + 1)], "reference": "Monday"})


def place(port, tenant, token, key):
    """Places an order over HTTP, and gives its number."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    cookie = base64.urlsafe_b64encode(token).decode().rstrip("=")
    headers = {"Host": f"tenant-{tenant}.localhost:{port}", "Cookie": f"__Host-session={cookie}",
               "Content-Type": "application/json", "Idempotency-Key": key}
    connection.request("POST", "/api/v1/orders", BODY, headers)
    answer = connection.getresponse()
    said = answer.read().decode()
    assert answer.status == 201, f"{answer.status}: {said}"
    return json.loads(said)["number"]


def entries(text):
    """What the log has, in its order: who, what kind, and the words."""
    found = list(ENTRY.finditer(text))
    ends = [entry.start() for entry in found[1:]] + [len(text)]
    return [(entry[1], entry[2], text[entry.end():end].rstrip("\n").replace("\n\t", "\n")) for entry, end in zip(found, ends)]


def transaction(text, number):
    """The transaction that wrote this order: its first message, and then each statement with its values."""
    logged = entries(text)
    process = next(who for who, kind, words in logged if kind == "DETAIL" and f"'{number}'" in words)
    mine = [(kind, words) for who, kind, words in logged if who == process]
    begin, statements, done = None, [], False
    # A message that is no prepared statement has no values: None.
    for kind, words in mine:
        if kind == "LOG" and words.startswith("statement: "):
            asked = words.removeprefix("statement: ")
            if asked.lower().startswith("begin"):
                begin, statements = asked, []
            elif asked.lower().startswith("commit") and any(number in (values or "") for _, values in statements):
                done = True
                break
            else:
                statements.append([asked, None])
        elif kind == "LOG" and words.startswith("execute "):
            statements.append([words.split(": ", 1)[1], ""])
        elif kind == "DETAIL" and statements and statements[-1][1] is not None:
            statements[-1][1] = words.removeprefix("parameters: ")
    assert begin and done, f"the transaction of {number} was not found"
    return begin, statements


def values_of(said):
    """`$1 = 'a', $2 = NULL` as a list of literals."""
    return re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", said)


# Of eight hexadecimal digits, in the letters of such numbers.
NUMBER = "(regexp_replace(translate(right(upper(to_hex(:fresh)), 8), '01', 'XZ'), '(..)(...)(...)', '\\1-\\2-\\3'))"


def several(text):
    """Some statements in one message, as pgbench writes them."""
    return text.rstrip("; ").replace(";", " \\;")


def one_message(texts, text, said):
    if said is None:
        return f"{several(text)};\n"
    values = f"({', '.join(values_of(said))})" if said else ""
    return f"execute s{texts.index(text)}{values};\n"


def script(texts, begin, statements, number, key):
    """The transaction for pgbench, with what must be new each time. `texts` are the statements of all scripts, which share connections."""
    prepared = "".join(f"prepare s{at} as {text.rstrip(';')};\n" for at, text in enumerate(texts))
    executed = "".join(one_message(texts, text, said) for text, said in statements)
    # Ids that the program made, by the year that stands in them; those of the tenants begin with zeros.
    made = sorted(set(re.findall(UUID, executed)) - {NIL} - set(re.findall(r"0000000\d-[0-9a-f]{4}-7000-8000-\d{12}", executed)))
    for at, one in enumerate(made):
        executed = executed.replace(one, f"{one[:24]}{at}:fresh")
    executed = executed.replace(f"'{number}'", NUMBER).replace(key, f"key :fresh {key[-3:]}")
    fresh = "\\set fresh random(10000000000, 99999999999)\n"
    return f"\\if :prepared\n\\else\n{prepared}\\set prepared 1\n\\endif\n{fresh}{several(begin)};\n{executed}commit;\n"


def lua(tenants, port):
    lines = [f'{{"tenant-{n}.localhost:{port}", "__Host-session={base64.urlsafe_b64encode(token).decode().rstrip("=")}"}}' for n, token, _ in people(tenants)]
    path = WORK / f"orders-{tenants}.lua"
    path.write_text("local people = {" + ",\n".join(lines) + "}\nlocal next = 0\nmath.randomseed(os.time())\nlocal run = math.random(1, 1000000000)\n"
                    f"local body = '{BODY}'\n"
                    "request = function()\n  next = next + 1\n  local who = people[next % #people + 1]\n"
                    "  return wrk.format('POST', '/api/v1/orders', {['Host'] = who[1], ['Cookie'] = who[2], ['Content-Type'] = 'application/json',"
                    " ['Idempotency-Key'] = 'wrk ' .. run .. ' ' .. next}, body)\nend\n"
                    "done = function(summary, latency, requests)\n  io.write(string.format('p50 %.2f p99 %.2f errors %d\\n', latency:percentile(50) / 1000,"
                    " latency:percentile(99) / 1000, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))\nend\n")
    return path


def recorded(tenants, port):
    """What PostgreSQL was asked for one order of each account: the transaction, the order's number and its key."""
    for at, (tenant, token, _) in enumerate(people(tenants)):
        # The first makes the server know whose session it is, as it does of whoever has been here in the last minutes.
        place(port, tenant, token, f"before it {at:03}")
        start = LOG.stat().st_size
        key = f"recorded once {at:03}"
        number = place(port, tenant, token, key)
        with LOG.open("rb") as log:
            log.seek(start)
            yield *transaction(log.read().decode(errors="replace"), number), number, key


class Side:
    """One database with a server, and the figures of its rounds."""

    def __init__(self, tenants, port):
        self.tenants, self.port = tenants, port
        self.database = make_database(tenants)
        self.folder = WORK / f"orders-{tenants}"
        self.folder.mkdir(parents=True, exist_ok=True)
        psql(self.database, "update stock set on_hand = 1000000000; update trade_accounts set order_news = 'none'; vacuum analyze stock;")
        self.server = self.record()
        self.asked = lua(tenants, port)
        self.ones, self.orders, self.shares = [], [], []
        wrk(self.asked, port, warms_up=True)

    def record(self):
        """Writes the scripts for pgbench, and gives a server that is logged no more."""
        settings = {"log_statement": "'all'", "log_error_verbosity": "'default'", "log_parameter_max_length": "-1"}
        for name, value in settings.items():
            psql("postgres", f"alter role tc_counter in database {self.database} set {name} = {value};")
        server = serve(self.database, self.port)
        try:
            orders = list(recorded(self.tenants, self.port))
        finally:
            end(server)
        texts = sorted({text for _, statements, _, _ in orders for text, said in statements if said is not None})
        for at, one in enumerate(orders):
            (self.folder / f"{at:03}.sql").write_text(script(texts, *one))
        print(f"{len(orders[-1][1])} statements between begin and commit, for {LINES} lines")
        for name in settings:
            psql("postgres", f"alter role tc_counter in database {self.database} reset {name};")
        return serve(self.database, self.port)

    def round(self):
        one = pgbench(self.database, self.folder, "simple")
        rate, _, p99 = wrk(self.asked, self.port)
        self.ones.append(one)
        self.orders.append((rate, p99))
        self.shares.append(rate / one)

    def tell(self):
        rate, p99 = (statistics.median(figure[at] for figure in self.orders) for at in (0, 1))
        print(f"{self.tenants:>6} tenants, orders of {LINES} lines: pgbench {statistics.median(self.ones):.0f}/s, over HTTP {rate:.0f}/s"
              f" (p99 {p99:.1f} ms at {CLIENTS} clients), share {statistics.median(self.shares):.2f}"
              f" (from {min(self.shares):.2f} to {max(self.shares):.2f})", flush=True)


def end(server):
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=30)


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
    growth = statistics.median(few[0] / many[0] for few, many in zip(small.orders, large.orders))
    print(f"growth from {small.tenants} to {large.tenants} tenants: {growth:.2f} times as much")
    failed = [f"{statistics.median(side.shares):.2f} at {side.tenants} tenants is under {LEAST:.2f}"
              for side in sides if statistics.median(side.shares) < LEAST]
    failed += [f"orders grow by {growth:.2f}"] if growth > MOST_GROWTH else []
    print("\n".join(f"*** {what}" for what in failed) or "all of it is as it must be")
finally:
    for side in sides:
        end(side.server)
