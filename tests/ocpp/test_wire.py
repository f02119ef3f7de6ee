"""The frame log shows what went over the wire, and no secret of it."""

import orjson

from chargehub.ocpp.wire import masked


def test_addresses_and_networks_keep_their_passwords() -> None:
    log = {"location": "ftp://me:hunter2@a.org/l?b=1", "idTag": "04A1B2C3"}
    network = {"apn": {"apn": "net", "apnPassword": "hunter2"}, "vpn": {"key": "hunter2"}}

    shown = masked(orjson.dumps([2, "m-1", "GetDiagnostics", log | network]))

    assert "hunter2" not in shown
    assert "ftp://***@a.org/l?b=1" in shown
    assert "***C3" in shown
