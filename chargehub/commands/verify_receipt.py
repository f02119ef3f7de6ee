"""`chargehub verify-receipt`: does a receipt hold? Needs no hub, no network and no settings."""

import sys
from pathlib import Path

import orjson

from chargehub.receipts.checking import Unreadable, check
from chargehub.receipts.signing import HubKey, read_published

SIGNS = {True: "holds  ", False: "FAILS  ", None: "open   "}
UNREADABLE, FAILED = 2, 1


def run(file: Path, keys: Path | None) -> int:
    """Say what holds and what does not; the exit status: 0, 1 if something fails, 2 unreadable."""
    try:
        checked = check(file.read_bytes(), _keys(keys))
    except (Unreadable, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    print(checked.title)
    for finding in checked.findings:
        print(f"  {SIGNS[finding.holds]}{finding.text}")
    if not checked.holds:
        print("This receipt does not hold.")
        return FAILED
    print("Nothing speaks against this receipt.")
    return 0


def _keys(file: Path | None) -> tuple[HubKey, ...] | None:
    return None if file is None else read_published(orjson.loads(file.read_bytes()))
