"""Measures how long one tenant's customer waits while another tenant is under load: its quiet 99th percentile, the same
with the neighbour at full tilt, and the two against each other, in turns on one server and one PostgreSQL.
"""

import re, signal, statistics, subprocess, sys

from measure import PORT, ROUNDS, SECONDS, WORK, lua, make_database, people, serve

LOUD_CLIENTS = 64


def one_tenant(script, number):
    """The same script with the sessions of one tenant alone."""
    lines = script.read_text().splitlines(keepends=True)
    mine = [line for line in lines if f'"tenant-{number}.localhost' in line]
    path = script.with_name(f"tenant-{number}.lua")
    rest = "".join(lines)
    path.write_text("local people = {" + mine[0].strip().removeprefix("local people = {").rstrip(",}\n") + "}}\n" + rest[rest.index("local next"):])
    return path


def start(script, clients):
    command = ["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", "-s", str(script), f"http://127.0.0.1:{PORT}/"]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE)


def end(process):
    output = process.communicate(timeout=SECONDS + 30)[0]
    p50, p99, errors = re.search(r"p50 ([\d.]+) p99 ([\d.]+) errors (\d+)", output).groups()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)), float(p50), float(p99), int(errors)


WORK.mkdir(parents=True, exist_ok=True)
database = make_database(1_000)
script = lua(1_000, PORT, WORK)
quiet_one, loud_one = (one_tenant(script, number) for number, _, _ in people(1_000)[:2])
server = serve(database, PORT)
try:
    end(start(quiet_one, 1)), end(start(loud_one, LOUD_CLIENTS))
    alone, beside, factors = [], [], []
    for _ in range(ROUNDS):
        alone.append(end(start(quiet_one, 1)))
        loud, quiet = start(loud_one, LOUD_CLIENTS), start(quiet_one, 1)
        beside.append(end(quiet))
        rate, p50, p99, errors = end(loud)
        factors.append(beside[-1][2] / alone[-1][2])
        print(f"alone p50 {alone[-1][1]:.2f} p99 {alone[-1][2]:.2f} ms; beside {rate:.0f}/s of the neighbour's ({errors} refused, p99 {p99:.0f} ms)"
              f" p50 {beside[-1][1]:.2f} p99 {beside[-1][2]:.2f} ms: {factors[-1]:.2f} times", flush=True)
        if alone[-1][3] or beside[-1][3]:
            sys.exit("a request of the quiet tenant failed")
    print(f"the quiet tenant's p99 under its neighbour's load is {statistics.median(factors):.2f} times its quiet one"
          f" (from {min(factors):.2f} to {max(factors):.2f})")
finally:
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=30)
