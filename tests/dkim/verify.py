"""Says of each mail whether the signature under it is good, as receivers do (RFC 6376), by dkimpy.

    verify.py NAME VALUE FILE…

NAME and VALUE are the one record that there is; nothing is asked of any name server. Prints "good" or "bad" for each file.
"""

import pathlib
import sys

import dkim


def main():
    name, value, *files = sys.argv[1:]
    records = {f"{name}.".encode(): value.encode()}
    for file in files:
        good = dkim.verify(pathlib.Path(file).read_bytes(), dnsfunc=lambda asked, timeout=5: records.get(asked))
        print("good" if good else "bad")


if __name__ == "__main__":
    main()
