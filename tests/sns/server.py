"""AWS SNS for the tests, as moto answers for it: it works out each request's signature by itself (with botocore) and refuses what is
signed otherwise, or by a user who may not.

    server.py DIRECTORY PORT

Prints "ready" when http://127.0.0.1:PORT takes requests. Ends on TERM or INT, when its standard input is closed, or after half an hour.

In DIRECTORY: `publisher` and `stranger` hold the access key id and the secret of a user who may do nothing but publish, and of one who
may do nothing, a line each. `/moto-api/data.json` tells under sns.SMS what was published.
"""

import json
import logging
import pathlib
import signal
import sys
import threading

import boto3
import requests
from moto.server import ThreadedMotoServer

LIFE_SECONDS = 1800
REGION = "eu-west-2"


def make_user(iam, name, action):
    """Its access key id and secret."""
    iam.create_user(UserName=name)
    if action:
        allowed = {"Effect": "Allow", "Action": action, "Resource": "*"}
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return f"{key['AccessKeyId']}\n{key['SecretAccessKey']}\n"


def main():
    directory, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    # It logs each request.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    address = f"http://127.0.0.1:{port}"
    iam = boto3.client("iam", endpoint_url=address, region_name=REGION, aws_access_key_id="anybody", aws_secret_access_key="anything")
    (directory / "publisher").write_text(make_user(iam, "publisher", "sns:Publish"))
    (directory / "stranger").write_text(make_user(iam, "stranger", None))
    # From now on nobody may do anything without a signature and a permission.
    requests.post(f"{address}/moto-api/reset-auth", data="0", timeout=10).raise_for_status()

    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print("ready", flush=True)
    ended.wait(LIFE_SECONDS)
    server.stop()


if __name__ == "__main__":
    main()
