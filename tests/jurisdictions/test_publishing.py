"""A station is published when what its country asks for is there; else it is said."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehub.clock import HandClock
from tests.hub import TARIFF, Person, Place, RunningHub
from tests.meters.signing import Device


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


async def in_germany(hub: RunningHub) -> tuple[Person, Place]:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1", publish=False, time_zone="Europe/Berlin")
    location = (await owner.get("/locations"))["items"][0]
    assert location["country"] == "ZZ"
    named = await owner.ask("PUT", f"/locations/{location['id']}/country", {"country": "DE"}, 200)
    assert named["country"] == "DE"
    return owner, place


async def confirm_checklist(owner: Person) -> None:
    """The owner has read what counts in Germany now."""
    read = await owner.get("/jurisdictions/DE")
    version = {"checklist_version": read["checklist_version"]}
    await owner.ask("PUT", "/jurisdictions/DE/confirmation", version, 200)


async def look_up(hub: RunningHub, place: Place) -> None:
    """An operator finds the one reference that waits right."""
    operator = await hub.operator()
    (told,) = (await operator.get("/proofs-to-check"))["items"]
    assert (told["station_id"], told["proof"]) == (place.station_id, "signed_meter")
    path = f"/stations/{place.station_id}/proofs/signed_meter/check"
    await operator.ask("PUT", path, {"reference": told["reference"]}, 204)


def listing(place: Place) -> dict[str, Any]:
    return {"tariff_id": place.tariff_id, "opening_hours": "24/7"}


async def test_a_german_station_needs_a_signed_meter_and_the_checklist(hub: RunningHub) -> None:
    owner, place = await in_germany(hub)
    path = f"/stations/{place.station_id}"

    refused = await owner.ask("PUT", f"{path}/listing", listing(place), 409)
    asked = await owner.get(f"{path}/duties?tariff_id={place.tariff_id}")
    proof = {"reference": "DE-23-M-PTB-0004"}
    await owner.ask("PUT", f"{path}/proofs/signed_meter", proof, 204)
    await confirm_checklist(owner)
    stated = await owner.get(f"{path}/duties?tariff_id={place.tariff_id}")
    await look_up(hub, place)
    met = await owner.get(f"{path}/duties?tariff_id={place.tariff_id}")
    await owner.ask("PUT", f"{path}/listing", listing(place), 200)

    assert refused["code"] == "duties_open"
    assert "MessEG" in refused["detail"] and "/jurisdictions/DE/confirmation" in refused["detail"]
    assert (asked["jurisdiction"], asked["is_ready"], met["is_ready"]) == ("DE", False, True)
    assert [one["id"] for one in stated["items"] if not one["is_met"]] == ["signed_meter"]
    assert {one["id"] for one in asked["items"] if not one["is_met"]} == {
        "signed_meter",
        "checklist",
    }


async def test_a_dear_idle_fee_is_refused_by_the_rule(hub: RunningHub) -> None:
    owner, place = await in_germany(hub)
    path = f"/stations/{place.station_id}"
    proof = {"reference": "DE-23-M-PTB-0004"}
    await owner.ask("PUT", f"{path}/proofs/signed_meter", proof, 204)
    await confirm_checklist(owner)
    idle = {"kind": "idle", "per_minute": "0.90", "grace_s": 900}
    dear = await owner.post("/tariffs", {**TARIFF, "components": [*TARIFF["components"], idle]})

    wanted = {**listing(place), "tariff_id": dear["id"]}
    refused = await owner.ask("PUT", f"{path}/listing", wanted, 409)

    assert "at most 0.80 EUR per idle minute" in refused["detail"]


async def test_a_confirmed_key_of_each_meter_shows_that_it_signs(hub: RunningHub) -> None:
    owner, place = await in_germany(hub)
    asked = f"/stations/{place.station_id}/duties?tariff_id={place.tariff_id}"

    before = await owner.get(asked)
    key = {"public_key": Device().key.hexadecimal}
    for evse in place.evse_ids:
        await owner.ask("PUT", f"/evses/{evse}/meter-key", key, 200)
    after = await owner.get(asked)

    found = [
        next(one for one in each["items"] if one["id"] == "signed_meter")
        for each in (before, after)
    ]
    assert [one["is_met"] for one in found] == [False, True]
    assert "PUT /evses/{id}/meter-key" in found[0]["what"]


@pytest.mark.parametrize(
    ("per_minute", "grace", "expect"),
    [("0.40", 15, 200), (None, 15, 200), ("0.41", 15, 422), ("0.10", 14, 422)],
)
async def test_a_dear_overstay_is_refused_by_the_rule_of_idle_fees(
    hub: RunningHub, per_minute: str | None, grace: int, expect: int
) -> None:
    """A minute costs twice as much while the next driver waits: 0.82 is above 0.80."""
    owner, place = await in_germany(hub)
    path = f"/stations/{place.station_id}"
    await owner.ask("PUT", f"{path}/proofs/signed_meter", {"reference": "No. 1"}, 204)
    await look_up(hub, place)
    await confirm_checklist(owner)
    await owner.ask("PUT", f"{path}/listing", listing(place), 200)

    stay = {"per_minute": per_minute, "grace_minutes": grace, "night_ok": True}
    answer = await owner.ask("PUT", f"{path}/policy", {"overstay": stay}, expect)

    if expect == 422:
        assert answer["code"] == "above_limit"
        assert "at most 0.80 EUR per idle minute" in answer["detail"]


async def test_a_published_place_does_not_change_its_country(hub: RunningHub) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")
    location = (await owner.get("/locations"))["items"][0]
    path = f"/locations/{location['id']}/country"

    refused = await owner.ask("PUT", path, {"country": "DE"}, 409)
    await owner.ask("DELETE", f"/stations/{place.station_id}/listing", expect=204)
    await owner.ask("PUT", path, {"country": "DE"}, 200)
    unknown = await owner.ask("PUT", path, {"country": "XX"}, 422)
    proof = {"reference": "No. 1"}
    foreign = await owner.ask("PUT", f"/stations/{place.station_id}/proofs/mid", proof, 404)

    assert refused["code"] == "still_published"
    assert unknown["code"] == "unknown_country"
    assert "signed_meter" in foreign["detail"]


async def test_an_operator_says_where_places_usually_are(database: str, clock: HandClock) -> None:
    running = RunningHub(database, clock, country="NO")
    await running.start()
    try:
        owner = await running.person("owner", pays=False)
        place = await running.station(owner, "2.0.1", publish=False)
        refused = await owner.ask(
            "PUT", f"/stations/{place.station_id}/listing", listing(place), 409
        )
    finally:
        await running.close()

    assert "Norway asks for more" in refused["detail"]
    assert "VAT of 25 or 0 percent, not 19" in refused["detail"]


async def test_everybody_reads_the_rules_with_their_sources(hub: RunningHub) -> None:
    found = await hub.ask("GET", "/jurisdictions", expect=200)
    germany = await hub.ask("GET", "/jurisdictions/DE", expect=200)
    nowhere = await hub.ask("GET", "/jurisdictions/XX", expect=404)

    assert "not legal advice" in found["notice"]
    assert [one["code"] for one in found["items"]] == ["DE", "ES", "EU", "GB", "NO", "US", "ZZ"]
    assert germany["facts"]["records_years"]["value"] == 8
    assert germany["facts"]["records_years"]["rule"].startswith("AO")
    assert nowhere["code"] == "not_found"


async def test_a_checklist_is_confirmed_by_the_version_that_was_read(hub: RunningHub) -> None:
    owner = await hub.person("owner", pays=False)
    path = "/jurisdictions/DE/confirmation"

    await owner.ask("PUT", path, {}, 422)
    old = await owner.ask("PUT", path, {"checklist_version": "000000000000"}, 409)
    before = await owner.get(path)
    await confirm_checklist(owner)

    assert old["code"] == "checklist_changed"
    assert "GET /jurisdictions/DE" in old["detail"]
    assert before["confirmed_at"] is None
    assert (await owner.get(path))["confirmed_at"] is not None


async def test_an_invented_reference_is_no_proof_of_a_signed_meter(hub: RunningHub) -> None:
    owner, place = await in_germany(hub)
    path = f"/stations/{place.station_id}"
    proof, check = f"{path}/proofs/signed_meter", f"{path}/proofs/signed_meter/check"
    operator = await hub.operator()
    asked = f"{path}/duties?tariff_id={place.tariff_id}"

    async def is_met() -> bool:
        items = (await owner.get(asked))["items"]
        return bool(next(one["is_met"] for one in items if one["id"] == "signed_meter"))

    await operator.ask("PUT", check, {"reference": "No. 1"}, 404)
    await owner.ask("PUT", proof, {"reference": "No. 1"}, 204)
    await owner.ask("PUT", check, {"reference": "No. 1"}, 403)
    assert not await is_met()
    changed = await operator.ask("PUT", check, {"reference": "No. 2"}, 409)
    assert changed["code"] == "proof_changed"
    await operator.ask("PUT", check, {"reference": "No. 1"}, 204)
    assert await is_met()
    await owner.ask("PUT", proof, {"reference": "No. 1"}, 204)
    assert await is_met()
    await owner.ask("PUT", proof, {"reference": "No. 2"}, 204)
    assert not await is_met()


async def test_where_everybody_must_be_able_to_pay_the_hub_takes_cards(
    database: str, clock: HandClock
) -> None:
    """AFIR, article 5(1). Without them a terminal will do; members are not everybody."""
    running = RunningHub(database, clock)
    await running.start()
    running.hub.takes_cards = False  # as with rails of which none has pages
    try:
        owner, place = await in_germany(running)
        path = f"/stations/{place.station_id}"
        await owner.ask("PUT", f"{path}/proofs/signed_meter", {"reference": "No. 1"}, 204)
        await look_up(running, place)
        await confirm_checklist(owner)
        refused = await owner.ask("PUT", f"{path}/listing", listing(place), 409)
        asked = await owner.get(f"{path}/duties?tariff_id={place.tariff_id}")
        members = {**listing(place), "access": "members"}
        await owner.ask("PUT", f"{path}/listing", members, 200)
        terminal = {"reference": "Terminal 4711"}
        await owner.ask("PUT", f"{path}/proofs/payment_terminal", terminal, 204)
        await owner.ask("PUT", f"{path}/listing", listing(place), 200)
    finally:
        await running.close()

    assert [one["id"] for one in asked["items"] if not one["is_met"]] == ["ad_hoc_payment"]
    assert "CHARGEHUB_STRIPE_KEY" in refused["detail"] and "2023/1804" in refused["detail"]


@pytest.mark.parametrize("key", ["", "sk_test_of_a_hub_that_takes_cards"])
async def test_a_hub_with_pages_asks_for_the_code_at_the_socket(
    database: str, clock: HandClock, key: str
) -> None:
    """Stripe's, or the sandbox's: what counts is whether somebody unknown can pay."""
    running = RunningHub(database, clock, stripe_key=key)
    await running.start()
    try:
        owner, place = await in_germany(running)
        asked = await owner.get(f"/stations/{place.station_id}/duties?tariff_id={place.tariff_id}")
    finally:
        await running.close()

    (duty,) = [one for one in asked["items"] if one["id"] == "ad_hoc_payment"]
    assert duty["is_met"] and "qr.svg" in duty["what"]
