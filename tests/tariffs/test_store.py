"""Tariffs in a real database, and over REST."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError

from chargehub.clock import HandClock
from chargehub.errors import NotFound
from chargehub.margins.warning import CostWarner
from chargehub.people.actions import Registration, register
from chargehub.settlement.split import Terms
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.tariffs import actions, tables
from chargehub.tariffs.actions import ReferenceTaken, Wanted
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.pricing import Tariff, canonical, fingerprint
from chargehub.tariffs.routes import router
from chargehub.tariffs.tables import SNAPSHOT, SnapshotBroken
from tests.rest.app import application, client

HOME = Tariff("Home", "EUR", Decimal(19), (EnergyPrice(Decimal("0.45")),))
DEARER = Tariff("Home", "EUR", Decimal(19), (EnergyPrice(Decimal("0.46")),))
REQUEST: dict[str, Any] = {
    "name": "Home",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [
        {
            "kind": "energy",
            "per_kwh": "0.45",
            "windows": [{"from": "07:00", "to": "22:00", "weekdays": [0, 1, 2, 3, 4]}],
        },
        {"kind": "idle", "per_minute": "0.10", "grace_s": 900},
    ],
}


async def test_a_tariff_is_made_and_found(store: Store, clock: HandClock) -> None:
    made = await store.do(actions.create_tariff, "owner", Wanted(HOME, "main"), clock.now())

    found = await store.read(tables.tariff, made.tariff.id)
    assert made.is_new
    assert found == made.tariff
    assert (found.content, found.name, found.currency) == (HOME, "Home", "EUR")
    assert await store.read(tables.tariff, "another") is None


async def test_the_same_reference_gives_the_first_tariff(store: Store, clock: HandClock) -> None:
    first = await store.do(actions.create_tariff, "owner", Wanted(HOME, "main"), clock.now())

    again = await store.do(actions.create_tariff, "owner", Wanted(HOME, "main"), clock.now())
    other = await store.do(actions.create_tariff, "other", Wanted(HOME, "main"), clock.now())

    assert (again.is_new, again.tariff) == (False, first.tariff)
    assert other.is_new and other.tariff.id != first.tariff.id


async def test_a_reference_does_not_change_its_prices(store: Store, clock: HandClock) -> None:
    """Whoever asked for 46 cents must not go on with 45 and be told that all is well."""
    await store.do(actions.create_tariff, "owner", Wanted(HOME, "main"), clock.now())

    with pytest.raises(ReferenceTaken):
        await store.do(actions.create_tariff, "owner", Wanted(DEARER, "main"), clock.now())


async def test_a_snapshot_is_the_text_under_its_hash(store: Store, clock: HandClock) -> None:
    made = await store.do(actions.create_tariff, "owner", Wanted(HOME), clock.now())
    same = await store.do(actions.create_tariff, "other", Wanted(HOME), clock.now())

    snapshot_id = await store.do(actions.snapshot, made.tariff.id)

    assert snapshot_id == fingerprint(canonical(HOME))
    assert snapshot_id == await store.do(actions.snapshot, same.tariff.id)
    assert await store.read(tables.snapshot, snapshot_id) == HOME


async def test_there_is_no_snapshot_of_nothing(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.do(actions.snapshot, "another")
    with pytest.raises(SnapshotBroken):
        await store.read(tables.snapshot, "0" * 64)


async def test_a_text_that_is_not_what_its_hash_says_is_not_priced_with(store: Store) -> None:
    forged = "0" * 64

    def forge(work: Work) -> None:
        add = text("INSERT INTO tariff_snapshot (id, body) VALUES (:id, :body)")
        work.execute(add, id=forged, body=canonical(DEARER))

    await store.do(forge)

    with pytest.raises(SnapshotBroken, match="missing or altered"):
        await store.read(tables.snapshot, forged)


@pytest.mark.parametrize(
    "change", [update(SNAPSHOT).values(body="{}"), delete(SNAPSHOT)], ids=["update", "delete"]
)
async def test_a_snapshot_cannot_be_changed(store: Store, clock: HandClock, change: Any) -> None:
    made = await store.do(actions.create_tariff, "owner", Wanted(HOME), clock.now())

    with pytest.raises(IntegrityError, match="tariff_snapshot_append_only"):
        await store.do(lambda work: work.execute(change))

    assert await store.read(tables.snapshot, made.tariff.snapshot_id) == HOME


async def test_tariffs_are_listed_by_their_owner(store: Store, clock: HandClock) -> None:
    made = [
        (await store.do(actions.create_tariff, owner, Wanted(HOME), clock.now())).tariff
        for owner in ("owner", "owner", "other", "owner")
    ]

    first = await store.read(tables.tariffs_of, "owner", None, 2)
    rest = await store.read(tables.tariffs_of, "owner", first[-1].id, 2)

    assert first + rest == (made[0], made[1], made[3])


@pytest.fixture
async def http(store: Store, clock: HandClock) -> AsyncIterator[httpx2.AsyncClient]:
    hub = SimpleNamespace(store=store, clock=clock, warner=CostWarner(Terms()))
    async with client(application(router, hub=hub)) as http:
        yield http


async def logged_in(store: Store, clock: HandClock, name: str) -> dict[str, str]:
    """A new account's header."""
    wanted = Registration(f"{name}@example.org", name, "hash")
    done = await store.do(register, wanted, "", timedelta(days=1), clock.now())
    return {"Authorization": f"Bearer {done.login.token}"}


async def test_an_owner_makes_a_tariff_and_drivers_read_it(
    http: httpx2.AsyncClient, store: Store, clock: HandClock
) -> None:
    owner, driver = [await logged_in(store, clock, name) for name in ("olga", "dan")]

    made = await http.post("/tariffs", json=REQUEST | {"external_ref": "main"}, headers=owner)
    again = await http.post("/tariffs", json=REQUEST | {"external_ref": "main"}, headers=owner)
    shown = await http.get(f"/tariffs/{made.json()['id']}", headers=driver)

    assert (made.status_code, again.status_code, shown.status_code) == (201, 200, 200)
    assert again.json() == made.json()
    assert shown.json() == made.json() | {"external_ref": None}
    assert (
        shown.json()["components"]
        == [
            REQUEST["components"][0],
            {"kind": "idle", "per_minute": "0.1", "grace_s": 900, "windows": []},
        ]
        or shown.json()["components"][1]["per_minute"] == "0.1"
    )
    listed = (await http.get("/tariffs", headers=owner)).json()["items"]
    assert [each | {"warnings": []} for each in listed] == [made.json()]
    assert (await http.get("/tariffs", headers=driver)).json()["items"] == []


NOT_MEANT: list[tuple[dict[str, Any], str, str]] = [
    ({"components": []}, "body.components", "at least 1 item"),
    ({"currency": "eur"}, "body.currency", "pattern"),
    ({"currency": "ABC"}, "body", "give a currency by its ISO 4217 code"),
    ({"vat_percent": 19}, "body.vat_percent", "give a number from 0 as text"),
    ({"vat_percent": "99"}, "body", "VAT is at most 30 %"),
    ({"name": "a\x00b"}, "body.name", "cannot be stored"),
    ({"price": "1"}, "body.price", "Extra inputs"),
    (
        {"components": [{"kind": "energy", "per_kwh": "45"}]},
        "body",
        "45 EUR per kWh is more than the limit of 10: is the comma right?",
    ),
    (
        {"components": [{"kind": "energy", "per_kwh": "-1"}]},
        "body.components.0.energy.per_kwh",
        "give a number from 0 as text",
    ),
    (
        {"components": [{"kind": "flat", "amount": "1", "windows": [{"from": 7, "to": "08:00"}]}]},
        "body.components.0.flat.windows.0.from",
        "give a local time as text",
    ),
]


async def test_what_cannot_be_meant_is_refused_with_its_field(
    http: httpx2.AsyncClient, store: Store, clock: HandClock
) -> None:
    owner = await logged_in(store, clock, "olga")

    for change, field, detail in NOT_MEANT:
        answer = await http.post("/tariffs", json=REQUEST | change, headers=owner)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == field
        assert detail in answer.json()["errors"][0]["detail"]


async def test_another_price_under_the_same_reference_is_a_conflict(
    http: httpx2.AsyncClient, store: Store, clock: HandClock
) -> None:
    owner = await logged_in(store, clock, "olga")
    await http.post("/tariffs", json=REQUEST | {"external_ref": "main"}, headers=owner)

    answer = await http.post(
        "/tariffs", json=REQUEST | {"external_ref": "main", "name": "Other"}, headers=owner
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "tariff_reference_taken")


async def test_nobody_reads_or_makes_tariffs_without_a_login(http: httpx2.AsyncClient) -> None:
    answers = [
        await http.post("/tariffs", json=REQUEST),
        await http.get("/tariffs"),
        await http.get("/tariffs/abc"),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


async def test_a_tariff_that_is_not_there_is_not_found(
    http: httpx2.AsyncClient, store: Store, clock: HandClock
) -> None:
    answer = await http.get("/tariffs/abc", headers=await logged_in(store, clock, "olga"))

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_driver_is_told_what_a_need_would_cost(
    http: httpx2.AsyncClient, store: Store, clock: HandClock
) -> None:
    """20 kWh on a Friday evening in Oslo: until 22:00 at 45 cents, then free.

    The car is full at 22:54:33; past the grace are 51 started minutes.
    """
    owner, driver = [await logged_in(store, clock, name) for name in ("olga", "dan")]
    made = await http.post("/tariffs", json=REQUEST, headers=owner)
    path = f"/tariffs/{made.json()['id']}/quote"
    asked = {
        "energy_wh": 20_000,
        "power_w": 11_000,
        "from": "2026-03-06T20:05:27.272728Z",
        "to": "2026-03-06T23:00:00Z",
        "time_zone": "Europe/Oslo",
    }

    answer = await http.get(path, params=asked, headers=driver)

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert (told["currency"], told["energy_wh"]) == ("EUR", 20_000)
    assert [(part["name"], part["amount_minor"]) for part in told["parts"]] == [
        ("kwh", 450),
        ("minute", 510),
        ("session", 0),
        ("other", 0),
    ]
    assert (told["total_minor"], told["vat_minor"]) == (960, 153)
    for wrong in ({"time_zone": "Europe"}, {"to": asked["from"]}, {"energy_wh": 0}):
        refused = await http.get(path, params=asked | wrong, headers=driver)
        assert refused.status_code == 422, refused.text
    assert (await http.get("/tariffs/abc/quote", params=asked, headers=driver)).status_code == 404
    assert (await http.get(path, params=asked)).status_code == 401
