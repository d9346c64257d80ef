"""A real mail server for the tests: aiosmtpd with STARTTLS and AUTH, and a certificate authority of its own made by openssl.

    server.py DIRECTORY PORT [--tls starttls|implicit|none]

Prints "ready" when 127.0.0.1:PORT takes mail (user name "tester", password "secret"). Ends on TERM or INT, when its standard input is
closed, or after half an hour. `--tls none` offers neither STARTTLS nor AUTH.

In DIRECTORY: `ca.pem` is the authority to trust, `received.jsonl` holds one line of JSON per accepted mail, and `1.eml`,
`2.eml` … each of them as it came.

What a recipient's name brings about: refused@ 550 5.1.1 · relay@ 550 5.7.1 · old@ 550 without a detail · later@ 451 · spam@ 554 after the
content · slow@ an answer to the recipient after a minute · stuck@ an answer to the content after a minute · broken@ the connection is cut after the content.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import pathlib
import signal
import ssl
import subprocess
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

USERNAME, PASSWORD = b"tester", b"secret"
LIFE_SECONDS = 1800

RECIPIENT_ANSWERS = {
    "refused": "550 5.1.1 no such mailbox",
    "relay": "550 5.7.1 relaying denied",
    "old": "550 no such mailbox",
    "later": "451 4.7.1 greylisted, come back later",
}


class Mailbox:
    """Writes down what arrives, and answers as the recipient's name tells."""

    def __init__(self, received):
        self.received = received
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "slow":
            await asyncio.sleep(60)
        if name in RECIPIENT_ANSWERS:
            return RECIPIENT_ANSWERS[name]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "stuck":
            await asyncio.sleep(60)
        if name == "broken":
            server.transport.abort()
        if name == "spam":
            return "554 5.7.1 looks like spam"
        self.count += 1
        self.received.with_name(f"{self.count}.eml").write_bytes(envelope.content)
        with self.received.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(describe(server, session, envelope), ensure_ascii=False) + "\n")
        return "250 2.0.0 queued as T1"


def describe(server, session, envelope):
    """One mail as the test wants to see it."""
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    return {
        "envelope_from": envelope.mail_from,
        "envelope_to": envelope.rcpt_tos,
        "headers": [[name, str(value)] for name, value in message.items()],
        "subject": str(message["subject"]),
        "text": content(message, "plain"),
        "html": content(message, "html"),
        "kind": message.get_content_type(),
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
        "tls": server.transport.get_extra_info("ssl_object") is not None,
        "authenticated": session.authenticated,
        "peer_port": session.peer[1],
    }


def content(message, kind):
    part = message.get_body(preferencelist=(kind,))
    return part.get_content() if part else ""


def check_credentials(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (USERNAME, PASSWORD), handled=False)


def make_certificates(directory):
    """An authority, and a certificate signed by it for localhost and 127.0.0.1, both for two days."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    openssl("req", "-x509", *key, "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem")
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    openssl("req", "-x509", *key, "-subj", "/CN=localhost", *names, "-CA", "ca.pem", "-CAkey", "ca.key",
            "-keyout", "server.key", "-out", "server.pem")


def tls_context(directory):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(directory / "server.pem", directory / "server.key")
    return context


async def serve(directory, port, tls):
    context = tls_context(directory)
    mailbox = Mailbox(directory / "received.jsonl")
    loop = asyncio.get_running_loop()
    options = {"hostname": "localhost", "loop": loop}
    if tls != "none":
        options |= {"authenticator": check_credentials, "auth_required": True}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    # Behind implicit TLS aiosmtpd does not see that the connection is private.
    options["auth_require_tls"] = tls == "starttls"

    server = await loop.create_server(lambda: SMTP(mailbox, **options), "127.0.0.1", port, ssl=context if tls == "implicit" else None)
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    loop.run_in_executor(None, lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)))
    print("ready", flush=True)
    try:
        await asyncio.wait_for(ended.wait(), LIFE_SECONDS)
    except asyncio.TimeoutError:
        pass
    server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", choices=["starttls", "implicit", "none"], default="starttls")
    arguments = parser.parse_args()

    # It has much to say about clients that leave early, which is what the tests do.
    logging.getLogger("mail").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    arguments.directory.mkdir(parents=True, exist_ok=True)
    make_certificates(arguments.directory)
    (arguments.directory / "received.jsonl").write_text("")
    asyncio.run(serve(arguments.directory, arguments.port, arguments.tls))


if __name__ == "__main__":
    main()
