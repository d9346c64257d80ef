"""Measures the page of a customer's account against pgbench, interleaved, on one machine.

The server's page costs three round trips: one message that begins and makes the settings, the session with its
access, the trade account. pgbench sends exactly these, as the same database role, and once more as a single
pipelined flush, which is the most the database could do. 128 sessions of 128 tenants take turns on both sides.
"""

import signal, statistics

from measure import CLIENTS, PORT, ROUNDS, WORK, lua, make_database, pgbench, resident_mebibytes, scripts, serve, visit_every_counter, wrk


class Side:
    """One server on one database, and the figures of its rounds."""

    def __init__(self, tenants, port):
        self.tenants, self.port = tenants, port
        self.database = make_database(tenants)
        self.trips, self.flush = scripts(tenants, WORK)
        self.script = lua(tenants, port, WORK)
        self.server = serve(self.database, port)
        self.figures = {name: [] for name in ("pgbench", "page", "most", "share", "share_of_most", "p50", "p99")}
        visit_every_counter(tenants, port)
        wrk(self.script, port)

    def round(self):
        one, (page, p50, p99), most = pgbench(self.database, self.trips, "simple"), wrk(self.script, self.port), pgbench(self.database, self.flush, "prepared")
        row = {"pgbench": one, "page": page, "most": most, "share": page / one, "share_of_most": page / most, "p50": p50, "p99": p99}
        for name, value in row.items():
            self.figures[name].append(value)

    def middle(self, name):
        return statistics.median(self.figures[name])

    def tell(self):
        share = self.figures["share"]
        print(f"{self.tenants:>6} tenants: pgbench {self.middle('pgbench'):.0f}/s, account page {self.middle('page'):.0f}/s"
              f" (p50 {self.middle('p50'):.1f} ms, p99 {self.middle('p99'):.1f} ms at {CLIENTS} clients), share {self.middle('share'):.2f}"
              f" (from {min(share):.2f} to {max(share):.2f}), of one flush ({self.middle('most'):.0f}/s) {self.middle('share_of_most'):.2f},"
              f" resident {resident_mebibytes(self.server):.0f} MiB", flush=True)

    def end(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(timeout=30)


WORK.mkdir(parents=True, exist_ok=True)
small, large = Side(1_000, PORT), Side(20_000, PORT + 10)
try:
    for number in range(ROUNDS):
        # In turns, and in the other order every other time, so that neither side has the quieter minute.
        for side in (small, large) if number % 2 else (large, small):
            side.round()
    small.tell()
    large.tell()
    growth = [a / b for a, b in zip(small.figures["page"], large.figures["page"])]
    of_pgbench = [a / b for a, b in zip(small.figures["pgbench"], large.figures["pgbench"])]
    print(f"growth from 1,000 to 20,000 tenants: the page costs {statistics.median(growth):.2f} times as much, pgbench {statistics.median(of_pgbench):.2f}")
finally:
    small.end()
    large.end()
