"""What a meter signed is kept as it was sent: evidence is worth nothing once it is rewritten."""

from base64 import b64decode
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from chargehub.sessions.schema import ReportRow
from chargehub.store.work import Reads
from chargers.habits import Habits
from chargers.ocmf import verified
from chargers.station import StationSim
from tests.hub import RunningHub
from tests.stories.steps import audited, charge


def payloads(read: Reads, station_id: str) -> list[str]:
    """Every report of a station as the hub keeps it, in order."""
    table = ReportRow.__table__
    wanted = select(table.c.payload).where(table.c.station_id == station_id).order_by(table.c.id)
    return [row.payload for row in read.all(wanted)]


def records(payload: dict[str, Any]) -> list[str]:
    """The signed records in a report."""
    values = (*payload.get("meterValue", ()), *payload.get("transactionData", ()))
    samples = [sample for value in values for sample in value["sampledValue"]]
    told = [one["value"] for one in samples if one.get("format") == "SignedData"]
    signed = (one["signedMeterValue"] for one in samples if "signedMeterValue" in one)
    return told + [b64decode(one["signedMeterData"]).decode() for one in signed]


@pytest.mark.parametrize("curve", ["secp256r1", "secp256k1"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_signed_readings_are_kept_byte_by_byte_and_billed_as_usual(
    hub: RunningHub, version: str, curve: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await place.sim.disconnect()
    sim = place.sim = StationSim(
        *(version, place.identity, place.password, hub.url, 1, hub.clock.now),
        habits=Habits(signs=curve, noise_percent=1),  # type: ignore[arg-type]
    )
    await sim.connect()
    await sim.boot()

    await charge(hub, place, driver.id_token)

    kept = await hub.hub.store.read(payloads, place.station_id)
    sent = [text for way, text in sim.frames if way == "sent"]
    signed = [text for payload in kept for text in records(orjson.loads(payload))]
    key = sim.metering.public_key
    assert key is not None
    begin, end = (verified(text, key)["RD"][0] for text in signed)
    assert (begin["TX"], end["TX"]) == ("B", "L")
    assert round((end["RV"] - begin["RV"]) * 1_000) == 20_000
    assert all(any(payload in frame for frame in sent) for payload in kept)
    assert (await audited(hub))["billed_wh"] == 20_000
    await sim.close()
