"""What the measurements share: a database full of tenants, a server on it, and somebody who asks it things."""


import base64, hashlib, http.client, os, pathlib, re, subprocess, sys, time, urllib.request

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
CONNECTIONS, CLIENTS, SESSIONS = 8, 32, 128
PORT = 18080
SOCKET = os.environ["TRADECOUNTER_TEST_SOCKET"]
WORK = pathlib.Path("target/bench")

SESSION = """select s.session_id, s.customer_id, s.phone, s.last_seen_at, a.access_id, a.account_id, a.role, a.status,
 t.business_name, t.country, t.price_list_id,
 exists (select from prices o where o.tenant_id = s.tenant_id and o.price_list_id = a.account_id), coalesce(c.version, 0)
 from sessions s left join account_access a on a.tenant_id = s.tenant_id and a.customer_id = s.customer_id
 left join trade_accounts t on t.tenant_id = a.tenant_id and t.account_id = a.account_id
 left join catalogue_states c on c.tenant_id = s.tenant_id
 where s.tenant_id = $1 and s.token_hash = $2 and s.ended_at is null and s.expires_at > $3 and s.last_seen_at > $4"""
ACCOUNT = "select account_number, business_name, town from trade_accounts where tenant_id = $1 and account_id = $2"
NIL = "00000000-0000-0000-0000-000000000000"

LOAD = """
insert into tenants (id, slug, business_name, country, currency, time_zone, brand_colour, sms_countries, created_at, updated_at)
  select tenant(n), 'tenant-' || n, 'Wholesaler ' || n, 'GB', 'GBP', 'Europe/London', '#1e3a8a', '{GB}', now(), now() from generate_series(1, :tenants) n;
insert into trade_accounts (tenant_id, account_id, account_number, business_name, town, country, created_at)
  select tenant(n), thing(1, n, m), 'A-' || m, 'Shop ' || n || '/' || m, 'Ludlow', 'GB', now() from generate_series(1, :tenants) n, generate_series(1, 5) m;
insert into customers (id, phone, created_at, last_proven_at)
  select thing(2, n, m), '+44' || (7000000000 + n * 10 + m), now(), now() from generate_series(1, :tenants) n, generate_series(1, 5) m;
insert into account_access (tenant_id, access_id, account_id, customer_id, phone, contact_name, role, status, created_at)
  select tenant(n), thing(3, n, m), thing(1, n, m), thing(2, n, m), '+44' || (7000000000 + n * 10 + m), 'Somebody', 'owner', 'active', now()
    from generate_series(1, :tenants) n, generate_series(1, 5) m;
insert into sessions (tenant_id, session_id, customer_id, phone, token_hash, user_agent, created_at, last_seen_at, expires_at)
  select tenant(n), thing(4, n, m), thing(2, n, m), '+44' || (7000000000 + n * 10 + m), sha256(sha256(convert_to('token ' || n || ' ' || m, 'utf8'))),
         '', now(), now(), now() + interval '90 days'
    from generate_series(1, :tenants) n, generate_series(1, 5) m;
"""
# Fifty products each, and three wholesalers with 20,000; the first trade account has prices of its own and the second a list's,
# both have ten lines in their basket. Written past the triggers, which would ask after each row's neighbours.
GOODS = """
set session_replication_role = replica;
create temp table sold as select n, k, thing(5, n, 0) as category, ('00000005-' || lpad(to_hex(k), 4, '0') || '-7000-8000-' || lpad(n::text, 12, '0'))::uuid as product
  from generate_series(1, :tenants) n, lateral generate_series(1, case when n <= 3 then 20000 else 50 end) k;
insert into categories (tenant_id, category_id, slug, name) select tenant(n), thing(5, n, 0), 'things', 'Things' from generate_series(1, :tenants) n;
insert into products (tenant_id, product_id, sku, sku_key, name, name_key, category_id, pack, barcode, minimum, multiple, stock_mode, created_at, updated_at)
  select tenant(n), product, 'SKU-' || k, 'SKU-' || k, name, lower(name), category, 'pack of 6', (5000000000000 + k)::text, 6, 6,
         case when k % 5 = 0 then 'tracked' else 'untracked' end, now(), now()
    from sold, lateral (select (array['White', 'Red', 'Blue', 'Ivory', 'Vintage', 'Pink'])[1 + k * 7 % 6] || ' '
           || (array['heart holder', 'alarm clock', 'jumbo bag', 'cake stand', 'lunch box', 'picture frame', 'door mat'])[1 + k * 11 % 7] || ' ' || k) v (name);
insert into stock (tenant_id, product_id, on_hand, counted_at) select tenant(n), product, k, now() from sold where k % 5 = 0;
insert into price_lists (tenant_id, price_list_id, kind, name, created_at)
  select tenant(n), tenant(n), 'base', '', now() from generate_series(1, :tenants) n
  union all select tenant(n), thing(6, n, 0), 'list', 'Gold', now() from generate_series(1, :tenants) n
  union all select tenant(n), thing(1, n, 1), 'account', '', now() from generate_series(1, :tenants) n;
insert into prices (tenant_id, price_list_id, product_id, from_quantity, minor)
  select tenant(n), tenant(n), product, 1, 100 + k from sold
  union all select tenant(n), tenant(n), product, 12, 90 + k from sold where k % 5 = 1
  union all select tenant(n), thing(6, n, 0), product, 1, 95 + k from sold where k % 4 = 2
  union all select tenant(n), thing(1, n, 1), product, 1, 80 + k from sold where k % 10 = 3;
update trade_accounts t set price_list_id = l.price_list_id from price_lists l
  where l.tenant_id = t.tenant_id and l.kind = 'list' and t.account_number = 'A-2';
insert into baskets (tenant_id, account_id, submission_id, changed_at)
  select tenant_id, account_id, account_id, now() from trade_accounts where account_number in ('A-1', 'A-2');
insert into basket_lines (tenant_id, account_id, product_id, quantity, changed_at)
  select tenant(n), thing(1, n, m), product, 6, now() from sold, generate_series(1, 2) m where k <= 50 and k % 5 = m;
insert into search_words (tenant_id, word, product_id)
  select distinct tenant(n), word, product from sold join products on tenant_id = tenant(n) and product_id = product,
         lateral unnest(string_to_array(name_key || ' ' || lower(sku) || ' ' || replace(lower(sku), '-', '') || ' ' || barcode, ' ')) word where n <= 3;
insert into catalogue_states (tenant_id) select tenant(n) from generate_series(1, :tenants) n;
reset session_replication_role;
vacuum analyze;
"""
FUNCTIONS = """
create function tenant(n int) returns uuid language sql immutable return ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid;
create function thing(kind int, n int, m int) returns uuid language sql immutable
  return ('0000000' || kind || '-0000-7000-8000-' || lpad((n * 10 + m)::text, 12, '0'))::uuid;
"""


def psql(database, text, **variables):
    flags = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", SOCKET, "-U", "postgres", *flags, database]
    return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout


def make_database(tenants):
    """A copy of the template with so many tenants, five customers each, all signed in."""
    name = f"test_bench_{tenants}"
    psql("postgres", f"drop database if exists {name} with (force); create database {name} template tradecounter_template;"
         .replace("; create", ";\ncreate"))
    psql("postgres", f"revoke all on database {name} from public;"
                     f"grant connect on database {name} to tc_owner, tc_counter, tc_office, tc_identity, tc_platform, tc_support, tc_import;")
    psql(name, FUNCTIONS)
    psql(name, LOAD + GOODS, tenants=tenants)
    psql(name, "drop function tenant; drop function thing;")
    return name


def people(tenants):
    """The sessions that take turns: (tenant number, token)."""
    step = max(1, tenants // SESSIONS)
    return [(1 + i * step, hashlib.sha256(f"token {1 + i * step} {1 + i % 5}".encode()).digest(), 1 + i % 5) for i in range(SESSIONS)]


def account_of(tenant, account, price_list):
    """The third statement of the page of an account: its text, its types, and the values of one session."""
    return ACCOUNT, "uuid, uuid", [f"'{tenant}'", f"'{account}'"]


def scripts(tenants, folder, name="account", third=account_of):
    """One pgbench script for each session, in both forms."""
    trips, flush = folder / f"{name}-trips-{tenants}", folder / f"{name}-flush-{tenants}"
    for directory in (trips, flush):
        directory.mkdir(parents=True, exist_ok=True)
    for number, (n, token, m) in enumerate(people(tenants)):
        tenant = f"00000000-0000-7000-8000-{n:012}"
        thing = lambda kind: f"0000000{kind}-0000-7000-8000-{n * 10 + m:012}"
        hashed = hashlib.sha256(token).hexdigest()
        price_list = f"00000006-0000-7000-8000-{n * 10:012}" if m == 2 else NIL
        settings = [f"set local app.tenant_id = '{tenant}'", f"set local app.session_hash = '{hashed}'",
                    f"set local app.customer_id = '{thing(2)}'", f"set local app.account_id = '{thing(1)}'",
                    f"set local app.price_list_id = '{price_list}'", f"set local app.base_list_id = '{tenant}'"]
        text, types, own = third(tenant, thing(1), price_list)
        values = {"$1": f"'{tenant}'", "$2": f"'\\x{hashed}'", "$3": "'2026-01-01'", "$4": "'2026-01-01'"}
        (trips / f"{number:03}.sql").write_text(
            "\\if :prepared\n\\else\n"
            f"prepare session(uuid, bytea, timestamptz, timestamptz) as {SESSION};\nprepare third({types}) as {text};\n"
            "\\set prepared 1\n\\endif\n"
            + "begin read only \\; " + " \\; ".join(settings) + ";\n"
            + f"execute session({', '.join(values.values())});\nexecute third({', '.join(own)});\nrollback;\n")
        fill = lambda text, pairs: re.sub(r"\$\d", lambda found: pairs[found.group()], text).replace("\n", " ")
        (flush / f"{number:03}.sql").write_text(
            "\\startpipeline\nbegin read only;\n" + "".join(f"{setting};\n" for setting in settings)
            + fill(SESSION, values) + ";\n" + fill(text, {f"${at}": value for at, value in enumerate(own, 1)}) + ";\nrollback;\n\\endpipeline\n")
    return trips, flush


def pgbench(database, directory, mode):
    files = [word for file in sorted(directory.iterdir()) for word in ("-f", str(file))]
    command = ["pgbench", "-n", "-h", SOCKET, "-U", "tc_counter", "-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS), "-M", mode, "-D", "prepared=0", *files, database]
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode:
        sys.exit(done.stderr)
    return float(re.search(r"tps = ([\d.]+) \(without", done.stdout).group(1))


def lua(tenants, port, folder, asked="/account"):
    lines = [f'{{"tenant-{n}.localhost:{port}", "__Host-session={base64.urlsafe_b64encode(token).decode().rstrip("=")}"}}' for n, token, _ in people(tenants)]
    path = folder / f"sessions-{tenants}-{port}{asked.replace('/', '-')}.lua"
    path.write_text("local people = {" + ",\n".join(lines) + "}\nlocal next = 0\nrequest = function()\n  next = next % #people + 1\n"
                    "  return wrk.format('GET', '" + asked + "', {['Host'] = people[next][1], ['Cookie'] = people[next][2]})\nend\n"
                    "done = function(summary, latency, requests)\n  io.write(string.format('p50 %.2f p99 %.2f errors %d\\n', latency:percentile(50) / 1000,"
                    " latency:percentile(99) / 1000, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))\nend\n")
    return path


def wrk(script, port, warms_up=False):
    """Requests in a second, and the median and the slowest hundredth in ms; while it warms up some may come too late."""
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "-s", str(script), f"http://127.0.0.1:{port}/"]
    output = subprocess.run(command, text=True, capture_output=True, check=True).stdout
    p50, p99, errors = re.search(r"p50 ([\d.]+) p99 ([\d.]+) errors (\d+)", output).groups()
    if int(errors) and not warms_up:
        sys.exit(f"{errors} requests failed:\n{output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)), float(p50), float(p99)


def serve(database, port, **settings):
    environment = {**os.environ, "DATABASE_URL": f"postgres:///{database}?host={SOCKET}&user=postgres",
                   "TRADECOUNTER__HTTP__LISTEN": f"127.0.0.1:{port}", "TRADECOUNTER__HTTP__INTERNAL_LISTEN": f"127.0.0.1:{port + 1}",
                   "TRADECOUNTER__HTTP__PUBLIC_URL": f"http://localhost:{port}", "TRADECOUNTER__LOG__FILTER": "warn",
                   "TRADECOUNTER__KEYS__CODES__1": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "TRADECOUNTER__KEYS__COUNTERS": "a0b1c2d3e4f5061728394a5b6c7d8e9f",
                   **{f"TRADECOUNTER__{name.upper()}": str(value) for name, value in settings.items()}}
    server = subprocess.Popen(["target/release/tradecounter", "serve"], env=environment)
    for _ in range(100):
        try:
            if urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/readyz", timeout=1).status == 200:
                return server
        except OSError:
            time.sleep(0.1)
    server.kill()
    sys.exit("the server does not come up")


def resident_mebibytes(server):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{server.pid}/status").read_text()).group(1)) / 1024


def visit_every_counter(tenants, port):
    """So that the server remembers them all: what it costs in memory to know every host."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for n in range(1, tenants + 1):
        connection.request("GET", "/brand.css", headers={"Host": f"tenant-{n}.localhost:{port}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"tenant-{n} answers {answer.status}")
