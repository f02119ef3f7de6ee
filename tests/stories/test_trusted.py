"""An owner confirms the key that is printed on the meter; from then on its bills are signed."""

import xml.etree.ElementTree as ET
from base64 import b64encode
from typing import Any

import pytest
from sqlalchemy import update

from chargehub.meters import ocmf, publickeys
from chargehub.meters.schema import SignedPacket
from chargehub.store.work import Work
from chargers.habits import Habits
from chargers.station import StationSim
from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import charge, only


async def signing(hub: RunningHub, place: Place, seed: int = 1) -> bytes:
    """The station's meter signs from now on, with the key of this seed; the public key."""
    await place.sim.close()
    sim = place.sim = StationSim(
        *(hub_version(place), place.identity, place.password, hub.url, 1, hub.clock.now),
        habits=Habits(signs="secp256r1", seed=seed),
    )
    await sim.connect()
    await sim.boot()
    await hub.settle()
    key = sim.metering.public_key
    assert key is not None
    return key


def hub_version(place: Place) -> str:
    return place.sim.version


async def read_settings(owner: Person, place: Place) -> None:
    """The owner has the station tell its settings."""
    if hub_version(place) == "1.6":
        wish: dict[str, Any] = {"kind": "read_settings"}
    else:
        wish = {"kind": "read_settings", "names": ["FiscalMetering.PublicKey"]}
    await owner.post(f"/stations/{place.station_id}/commands", wish, 202)
    await owner.hub.settle()


async def last_session(driver: Person) -> dict[str, Any]:
    newest = (await driver.get("/sessions"))["items"][0]
    found: dict[str, Any] = await driver.get(f"/sessions/{newest['id']}")
    assert newest["trust"] is None
    return found


def verdict(session: dict[str, Any]) -> tuple[str, list[str]]:
    trust = session["trust"]
    return trust["verdict"], [reason["code"] for reason in trust["reasons"]]


async def keys_of(owner: Person, place: Place) -> list[tuple[str, str]]:
    found = await owner.get(f"/evses/{place.evse_ids[0]}/meter-keys")
    return [(one["state"], one["public_key"]) for one in found["items"]]


async def confirm(owner: Person, place: Place, key: str, expect: int = 200) -> Any:
    path = f"/evses/{place.evse_ids[0]}/meter-key"
    return await owner.ask("PUT", path, {"public_key": key}, expect)


async def test_a_bill_is_signed_once_the_owner_has_confirmed_the_meters_key(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    key = await signing(hub, place)
    await read_settings(owner, place)
    assert await keys_of(owner, place) == [("told", key.hex().upper())]
    await charge(hub, place, driver.id_token)
    before = await last_session(driver)
    assert verdict(before) == ("plausible", ["key_unconfirmed"])

    confirmed = await confirm(owner, place, b64encode(key).decode())

    session = await last_session(driver)
    assert confirmed["state"] == "confirmed"
    assert verdict(session) == ("signed", [])
    trust = session["trust"]
    assert (trust["billed_wh"], trust["signed_wh"]) == (20_000, "20000")
    assert await last_session(driver) == session
    assert (await owner.get(f"/sessions/{session['id']}"))["trust"] == trust


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_packets_are_downloaded_as_they_were_sent(hub: RunningHub, version: str) -> None:
    """Whoever holds the whole id token could charge with it: the owner gets none."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    key = await signing(hub, place)
    await read_settings(owner, place)
    await charge(hub, place, driver.id_token)
    session = await only(driver, "/sessions")
    path = f"/sessions/{session['id']}"

    told = (await driver.get(f"{path}/signed-readings"))["items"]
    answers = [await _download(driver, f"{path}/signed-readings/{one['id']}") for one in told]
    shown = ET.fromstring(await _download(driver, f"{path}/transparency.xml"))

    records = [ocmf.read(answer) for answer in answers]
    assert [record.readings[0].reason for record in records] == ["B", "L"]
    assert [one["digest"] for one in told] == [ocmf.digest(answer) for answer in answers]
    assert [one["page"] for one in told] == [record.page for record in records]
    for record in records:
        record.check(publickeys.of_der(key))
    assert [(value[0].text or "").encode() for value in shown] == answers
    assert {publickeys.read(value[1].text or "").der for value in shown} == {key}
    assert (await owner.get(f"{path}/signed-readings"))["items"] == told
    assert (await driver.get(f"{path}/signed-readings?limit=1"))["items"] == told[:1]
    for name in (f"signed-readings/{told[0]['id']}", "transparency.xml"):
        refused = await owner.get(f"{path}/{name}", 403)
        assert refused["code"] == "packet_withheld"


async def _download(person: Person, path: str) -> bytes:
    headers = {"Authorization": f"Bearer {person.token}"}
    answer = await person.hub.api.get(f"/api/v1{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_changed_key_is_told_and_not_trusted_until_it_is_confirmed(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    first = await signing(hub, place)
    await charge(hub, place, driver.id_token)
    await confirm(owner, place, first.hex())
    signed = await last_session(driver)
    await hub.advance(minutes=5)
    second = await signing(hub, place, seed=2)

    await charge(hub, place, driver.id_token)

    changed = await last_session(driver)
    assert verdict(changed) == ("plausible", ["key_changed"])
    sent = await hub.hub.store.read(mails)
    (mail,) = (text for text in map(str, sent) if "has another key" in text)
    assert second.hex().upper() in mail
    events = (await owner.get("/events"))["items"]
    assert [one["type"] for one in events].count("MeterKeyTold") == 2
    await confirm(owner, place, second.hex())
    assert verdict(await driver.get(f"/sessions/{changed['id']}")) == ("signed", [])
    assert await driver.get(f"/sessions/{signed['id']}") == signed
    assert [state for state, _ in await keys_of(owner, place)] == ["retired", "confirmed"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_key_that_the_station_does_not_tell_is_not_confirmed(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await signing(hub, place)
    await charge(hub, place, driver.id_token)
    other = StationSim(
        *("2.0.1", "X", "", hub.url, 1, hub.clock.now), habits=Habits(signs="secp256r1", seed=9)
    ).metering.public_key
    assert other is not None

    refused = await confirm(owner, place, other.hex(), 409)
    unreadable = await confirm(owner, place, "M-1234", 422)

    assert refused["code"] == "meter_key_differs"
    assert unreadable["code"] == "bad_meter_key"
    assert verdict(await last_session(driver)) == ("plausible", ["key_unconfirmed"])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_printed_key_can_be_confirmed_before_the_station_tells_it(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    key = await signing(hub, place)

    await confirm(owner, place, key.hex())

    await charge(hub, place, driver.id_token)
    assert verdict(await last_session(driver)) == ("signed", [])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_one_changed_digit_of_what_is_stored_is_found(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.1")
    key = await signing(hub, place)
    await charge(hub, place, driver.id_token)
    await confirm(owner, place, key.hex())

    await hub.hub.store.do(forge)

    assert verdict(await last_session(driver)) == ("implausible", ["forged", "end_missing"])


def forge(work: Work) -> None:
    """One sign of the newest packet is another than its meter signed."""
    table = SignedPacket.__table__  # type: ignore[attr-defined]
    last = work.all(table.select().order_by(table.c.id))[-1]
    content = last.content.replace(b'"RU":"kWh"', b'"RU":"Wh"')
    assert content != last.content
    work.execute(update(SignedPacket).where(table.c.id == last.id).values(content=content))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_station_that_signs_nothing_is_plausible(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    await charge(hub, place, driver.id_token)

    session = await last_session(driver)
    assert verdict(session) == ("plausible", ["not_signed"])
    refused = await driver.get(f"/sessions/{session['id']}/transparency.xml", 404)
    assert refused["code"] == "not_found"
