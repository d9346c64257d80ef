"""Measures how long a code takes from the request for it to its acceptance by the gateway: with nothing else to do, and while ten
thousand other texts wait and go out.

The gateway is Kannel on this machine. Between it and the server stands a relay that passes on every byte and notes when an acceptance
comes by; what it costs is part of the figure.
"""

import http.client, json, re, select, signal, socket, statistics, subprocess, threading, time, urllib.parse

from measure import PORT, WORK, make_database, psql, serve

CODES, BULK = 200, 10_000
MOST_MILLISECONDS = 50
TENANTS = 10
RELAY_PORT, KANNEL_PORTS = PORT + 10, [PORT + 11, PORT + 12, PORT + 13, PORT + 14]
NUMBER = re.compile(rb"[?&]to=(%2B\d+)&")
# One number is texted once; one network asks for all of them.
LIMITS = [f"limits__{name}__{part}" for name in ("asking", "network", "wide_network", "prefix", "unproven", "tenant", "platform")
          for part in ("burst", "per_hour")]

# By number: when the gateway had accepted the text, and how long it took for that itself.
accepted, own = {}, {}
comes = threading.Condition()


def pass_on(server):
    """One connection, until one of its ends is closed."""
    with server, socket.create_connection(("127.0.0.1", KANNEL_PORTS[0])) as gateway:
        asked, passed, other = b"", 0.0, {server: gateway, gateway: server}
        while True:
            for end in select.select(list(other), [], [])[0]:
                piece = end.recv(65536)
                if not piece:
                    return
                other[end].sendall(piece)
                now = time.perf_counter()
                if end is server:
                    asked, passed = asked + piece, now
                elif piece.startswith(b"HTTP/1.1 202"):
                    number = urllib.parse.unquote(NUMBER.search(asked)[1].decode())
                    with comes:
                        accepted[number], own[number] = now, now - passed
                        comes.notify_all()


def relay():
    listener = socket.create_server(("127.0.0.1", RELAY_PORT), backlog=128)
    while True:
        threading.Thread(target=pass_on, args=(listener.accept()[0],), daemon=True).start()


def ask(number):
    """Asks for a code, and gives the seconds until the answer, and until the gateway had accepted the text."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    began = time.perf_counter()
    connection.request("POST", "/api/v1/codes", json.dumps({"phone": number}),
                       {"Host": f"tenant-1.localhost:{PORT}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read().decode()
    assert answer.status == 202, f"{answer.status}: {said}"
    answered = time.perf_counter()
    with comes:
        assert comes.wait_for(lambda: number in accepted, timeout=10), "a code was not accepted within ten seconds"
    return answered - began, accepted[number] - began


def waiting():
    return int(psql(database, "copy (select count(*) from jobs where lane = 'texts') to stdout"))


def measure(what, first):
    """Asks for so many codes, one after the other, and prints how long they took."""
    numbers = [f"+447400{first + number}" for number in range(CODES)]
    took = [ask(number) for number in numbers]
    answers, codes = ([one[at] * 1000 for one in took] for at in (0, 1))
    codes.sort()
    print(f"{what}: {CODES} codes, from the request to the gateway's acceptance: median {statistics.median(codes):.1f} ms, "
          f"95 in 100 within {codes[CODES * 95 // 100]:.1f} ms, all within {codes[-1]:.1f} ms (median of the server's answer {statistics.median(answers):.1f} ms,"
          f" of Kannel's {statistics.median(own[number] for number in numbers) * 1000:.1f} ms)")
    return statistics.median(codes)


WORK.mkdir(parents=True, exist_ok=True)
database = make_database(TENANTS)
kannel = subprocess.Popen(["tests/kannel/run", str(WORK / "kannel"), *map(str, KANNEL_PORTS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
assert kannel.stdout.readline() == "ready\n", "Kannel does not come up"
threading.Thread(target=relay, daemon=True).start()
server = serve(database, PORT, sms__gateways="kannel", sms__kannel__url=f"http://127.0.0.1:{RELAY_PORT}/cgi-bin/sendsms",
               sms__kannel__username="tester", sms__kannel__password="secret", **{limit: 1_000_000 for limit in LIMITS})
try:
    # The first of all are slower: connections are opened, statements prepared.
    for number in range(20):
        ask(f"+447400{100_000 + number}")
    idle = measure("nothing else to do", 110_000)
    psql(database, f"""
      with texts as (insert into messages (tenant_id, message_id, channel, recipient, text, status, created_at)
        select '00000000-0000-7000-8000-000000000002', gen_random_uuid(), 'sms', '+447400' || (200000 + n), 'Our hours at Christmas', 'waiting', now()
          from generate_series(1, {BULK}) n returning message_id, tenant_id)
      insert into jobs (id, lane, kind, for_tenant, subject_id, run_at, created_at)
      select message_id, 'texts', 'send_message', tenant_id, message_id, now(), now() from texts;""")
    before = waiting()
    began = time.perf_counter()
    busy = measure("ten thousand texts in the queue", 120_000)
    after, seconds = waiting(), time.perf_counter() - began
    print(f"meanwhile the queue went from {before} to {after} texts, {(before - after) / seconds:.0f}/s")
    assert after > 0, "the queue was empty before the last code: nothing is told by it"
    is_so = max(idle, busy) <= MOST_MILLISECONDS
    print("all of it is as it must be" if is_so else f"*** over {MOST_MILLISECONDS} ms")
finally:
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=60)
    kannel.stdin.close()
    kannel.wait(timeout=20)
