"""Pairing windows on both databases: one identity, one owner, one station, once."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update
from sqlmodel import col

from chargehub.errors import NotFound, Refused
from chargehub.stations import actions, adoption, pages, pairing, registration, rules, tables
from chargehub.stations.pairing import Entry
from chargehub.stations.schema import Station
from chargehub.stations.views import PairingView
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from tests.stations.samples import NOW, ON_SQLITE, OWNER, SECRET, STRANGER, location, wanted

WINDOWS = adoption.Windows(timedelta(minutes=10), at_once=3, a_day=6)
END = NOW + WINDOWS.lasts
DIGEST = rules.password_digest(SECRET, b"x7Kp2mQ9vT4wZ8rB")
ENTRY = Entry(DIGEST, 1, "192.0.2.7")


async def opened(
    store: Store, identity: str = "ACME-1", owner: str = OWNER, now: Any = NOW, **more: Any
) -> str:
    """The id of a new pairing."""
    new = replace(wanted(await location(store, owner), identity=identity), **more)
    return await store.do(pairing.open_pairing, owner, new, WINDOWS, now)


async def seen(store: Store, pairing_id: str, owner: str = OWNER) -> PairingView:
    return await store.read(pairing.own_pairing, owner, pairing_id)


def stations(reads: Reads) -> int:
    count: int = reads.value(select(func.count()).select_from(Station))
    return count


async def test_a_window_registers_nothing_by_itself(store: Store) -> None:
    pairing_id = await opened(store)

    found = await seen(store, pairing_id)
    assert (found.state, found.ended_at, found.expires_at) == ("waiting", None, END)
    assert await store.read(stations) == 0
    waits = await store.read(tables.window, "ACME-1", NOW)
    assert waits is not None
    assert waits.pairing_id == pairing_id
    assert await store.read(tables.window, "acme-1", NOW) is None


async def test_the_first_that_comes_is_the_owners_station(store: Store) -> None:
    pairing_id = await opened(store, security_profile=0, external_ref="wall")

    station_id = await store.do(pairing.adopt, pairing_id, ENTRY, NOW)

    station = await store.read(tables.station_by_identity, "ACME-1")
    found = await seen(store, pairing_id)
    assert station is not None
    assert (station.id, station.owner_id, station.external_ref) == (station_id, OWNER, "wall")
    assert (station.password_digest, station.security_profile) == (DIGEST, 1)
    (whole,) = await store.read(pages.equipped, [station])
    assert [each.evse.number for each in whole.evses] == [1]
    assert (found.state, found.station_id, found.ended_at) == ("adopted", station_id, NOW)
    assert (found.knocked_at, found.knocked_from) == (NOW, "192.0.2.7")


async def test_a_window_adopts_once_however_many_come_at_once(store: Store) -> None:
    pairing_id = await opened(store)

    made = await asyncio.gather(
        *(store.do(pairing.adopt, pairing_id, ENTRY, NOW) for _ in range(20))
    )

    assert len([one for one in made if one is not None]) == 1
    assert await store.read(stations) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_two_hubs_on_one_database_adopt_once(store: Store, database: str) -> None:
    """Each has its own writer, so only the database keeps them apart."""
    other = Store(database)
    for number in range(10):
        pairing_id = await opened(store, f"ACME-{number}", f"owner-{number}")

        made = await asyncio.gather(
            *(each.do(pairing.adopt, pairing_id, ENTRY, NOW) for each in (store, other) * 3)
        )

        assert len([one for one in made if one is not None]) == 1
    await other.close()
    assert await store.read(stations) == 10


async def test_an_adoption_between_two_looks_makes_nobody_unknown(store: Store) -> None:
    """A second socket of the station asks who it is while the first one's adoption commits."""
    pairing_id, loop = await opened(store), asyncio.get_running_loop()

    def adopt() -> None:
        adopted = store.do(pairing.adopt, pairing_id, ENTRY, NOW)
        asyncio.run_coroutine_threadsafe(adopted, loop).result()

    def interrupted(reads: Reads) -> Any:
        return tables.who_knocks(Interrupted(reads.connection, adopt), "ACME-1", NOW)

    assert await store.read(interrupted) is not None
    assert await store.read(stations) == 1


class Interrupted(Reads):
    """Something happens after the first look."""

    def __init__(self, connection: Connection, happens: Callable[[], None]) -> None:
        super().__init__(connection)
        self._happens = [happens]

    def one(self, statement: Any, **params: Any) -> Any:
        found = super().one(statement, **params)
        while self._happens:
            self._happens.pop()()
        return found


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_two_hubs_on_one_database_open_one_window(store: Store, database: str) -> None:
    other = Store(database)
    places = [await location(store), await location(store, STRANGER)]
    for number in range(10):
        new = [wanted(place, identity=f"ACME-{number}") for place in places]
        windows = replace(WINDOWS, at_once=99, a_day=99)

        done = await asyncio.gather(
            store.do(pairing.open_pairing, OWNER, new[0], windows, NOW),
            other.do(pairing.open_pairing, STRANGER, new[1], windows, NOW),
            return_exceptions=True,
        )

        assert sorted(type(one).__name__ for one in done) == ["IdentityTaken", "str"]
    await other.close()


@ON_SQLITE
@pytest.mark.parametrize("after", [timedelta(), timedelta(microseconds=1)])
async def test_the_window_ends_to_the_microsecond(store: Store, after: timedelta) -> None:
    """It contains its start and not its end, whether or not the clock has noted the end."""
    in_time, late = await opened(store, "ACME-1"), await opened(store, "ACME-2")
    just_before = END - timedelta(microseconds=1)

    assert await store.do(pairing.adopt, in_time, ENTRY, just_before) is not None
    assert await store.do(pairing.adopt, late, ENTRY, END + after) is None
    assert await store.read(tables.window, "ACME-2", END + after) is None
    shown = (await seen(store, late)).at(END + after)
    assert (shown.state, shown.ended_at) == ("expired", END)


async def test_the_end_of_a_window_is_noted_once(store: Store) -> None:
    """Refused if all who came were: its owner reads why; expired if nobody came."""
    empty, knocked = await opened(store, "ACME-1"), await opened(store, "ACME-2")
    await store.do(pairing.note_refused, knocked, "192.0.2.9", "Too short.", NOW)
    assert (await seen(store, knocked)).ended_at is None

    ended = [await store.do(pairing.expire_pairings, now) for now in (NOW, END, END)]

    one, two = await seen(store, empty), await seen(store, knocked)
    assert ended == [0, 2, 0]
    assert (one.state, one.ended_at, one.knocked_at) == ("expired", END, None)
    assert (two.state, two.ended_at, two.reason) == ("refused", END, "Too short.")


async def test_who_was_refused_may_come_again_and_be_adopted(store: Store) -> None:
    """And nobody can end another's window by knocking at it with nothing in the hand."""
    pairing_id = await opened(store)
    await store.do(pairing.note_refused, pairing_id, "192.0.2.9", "Too short.", NOW)

    station_id = await store.do(pairing.adopt, pairing_id, ENTRY, NOW)

    found = await seen(store, pairing_id)
    assert (found.state, found.reason, found.station_id) == ("adopted", None, station_id)


@pytest.mark.parametrize("owner", [OWNER, STRANGER])
async def test_a_registered_identity_has_no_window(store: Store, owner: str) -> None:
    named = wanted(await location(store), identity="ACME-1")
    made = await store.do(actions.register_station, OWNER, named, SECRET, NOW)

    with pytest.raises(rules.IdentityTaken, match="Another station"):
        await opened(store, owner=owner)
    await store.do(_retire, made.station_id)
    with pytest.raises(rules.IdentityTaken):
        await opened(store, owner=owner)


def _retire(work: Work, station_id: str) -> None:
    is_it = col(Station.id) == station_id
    work.execute(update(Station).where(is_it).values(retired_at=NOW))


async def test_a_second_owner_hears_the_same_of_a_window_as_of_a_station(store: Store) -> None:
    """Or windows could be found by asking, and taken by whoever knocks first."""
    await opened(store, "ACME-1")
    named = wanted(await location(store), identity="ACME-2")
    await store.do(actions.register_station, OWNER, named, SECRET, NOW)

    heard = []
    for identity in ("ACME-1", "ACME-2"):
        with pytest.raises(rules.IdentityTaken) as refusal:
            await opened(store, identity, STRANGER)
        heard.append(str(refusal.value))
        new = wanted(await location(store, STRANGER), identity=identity)
        with pytest.raises(rules.IdentityTaken) as refusal:
            await store.do(actions.register_station, STRANGER, new, SECRET, NOW)
        heard.append(str(refusal.value))

    assert (heard[0], heard[1]) == (heard[2], heard[3])


async def test_the_same_owner_hears_of_the_window_that_is_open(store: Store) -> None:
    await opened(store)

    with pytest.raises(adoption.PairingOpen, match="cancel"):
        await opened(store)


async def test_an_identity_is_free_again_after_its_window(store: Store) -> None:
    await opened(store, "ACME-1")
    cancelled = await opened(store, "ACME-2")
    await store.do(pairing.cancel, OWNER, cancelled, NOW)

    again = await opened(store, "ACME-1", STRANGER, END)
    theirs = await opened(store, "ACME-2", STRANGER)

    assert (await seen(store, again, STRANGER)).state == "waiting"
    assert (await seen(store, theirs, STRANGER)).state == "waiting"
    named = wanted(await location(store), identity="ACME-2")
    with pytest.raises(rules.IdentityTaken):
        await store.do(actions.register_station, OWNER, named, SECRET, NOW)


async def test_a_cancelled_window_adopts_nobody(store: Store) -> None:
    pairing_id = await opened(store)

    await store.do(pairing.cancel, OWNER, pairing_id, NOW)
    await store.do(pairing.cancel, OWNER, pairing_id, NOW + timedelta(minutes=1))

    assert await store.do(pairing.adopt, pairing_id, ENTRY, NOW) is None
    await store.do(pairing.note_refused, pairing_id, "192.0.2.9", "Too short.", NOW)
    found = await seen(store, pairing_id)
    assert (found.state, found.ended_at, found.reason) == ("cancelled", NOW, None)


async def test_an_adoption_is_not_cancelled(store: Store) -> None:
    pairing_id = await opened(store)
    await store.do(pairing.adopt, pairing_id, ENTRY, NOW)

    with pytest.raises(adoption.PairingOver, match="among yours"):
        await store.do(pairing.cancel, OWNER, pairing_id, NOW)


async def test_a_window_whose_time_is_over_is_not_cancelled(store: Store) -> None:
    pairing_id = await opened(store)

    await store.do(pairing.cancel, OWNER, pairing_id, END)

    assert (await seen(store, pairing_id)).at(END).state == "expired"


async def test_a_stranger_neither_sees_nor_cancels_a_pairing(store: Store) -> None:
    pairing_id = await opened(store)

    for deed in (
        store.read(pairing.own_pairing, STRANGER, pairing_id),
        store.do(pairing.cancel, STRANGER, pairing_id, NOW),
    ):
        with pytest.raises(NotFound):
            await deed
    assert await store.read(pairing.page_of, STRANGER, None, 10) == ()
    assert (await seen(store, pairing_id)).state == "waiting"


async def test_a_station_is_not_paired_at_somebody_elses_location(store: Store) -> None:
    theirs = wanted(await location(store, STRANGER), identity="ACME-1")

    with pytest.raises(NotFound, match="location"):
        await store.do(pairing.open_pairing, OWNER, theirs, WINDOWS, NOW)


async def test_windows_of_an_owner_are_few_at_once_and_in_a_day(store: Store) -> None:
    ids = [await opened(store, f"ACME-{number}") for number in range(3)]
    with pytest.raises(adoption.TooManyPairings, match="at once"):
        await opened(store, "ACME-3")
    for number in range(3, 6):
        await store.do(pairing.cancel, OWNER, ids[number - 3], NOW)
        ids.append(await opened(store, f"ACME-{number}"))
    await store.do(pairing.cancel, OWNER, ids[5], NOW)

    with pytest.raises(adoption.TooManyPairings, match="24 hours"):
        await opened(store, "ACME-6")
    assert await opened(store, "ACME-6", STRANGER)
    assert await opened(store, "ACME-7", now=NOW + pairing.DAY)


@ON_SQLITE
async def test_an_operator_may_offer_no_pairing(store: Store) -> None:
    named, none = wanted(await location(store), identity="ACME-1"), replace(WINDOWS, at_once=0)

    with pytest.raises(adoption.PairingNotOffered):
        await store.do(pairing.open_pairing, OWNER, named, none, NOW)


async def test_an_external_reference_that_is_used_meanwhile_keeps_the_window_open(
    store: Store,
) -> None:
    """The adoption fails as a whole: no station without its pairing, no pairing without it."""
    pairing_id = await opened(store, external_ref="wall")
    named = wanted(await location(store), external_ref="wall")
    await store.do(actions.register_station, OWNER, named, SECRET, NOW)

    for _ in range(2):
        with pytest.raises(adoption.ReferenceTaken, match="external_ref"):
            await store.do(pairing.adopt, pairing_id, ENTRY, NOW)
    with pytest.raises(adoption.ReferenceTaken):
        await opened(store, "ACME-2", external_ref="wall")

    assert (await seen(store, pairing_id)).state == "waiting"
    assert await store.read(stations) == 1


async def test_an_identity_that_another_hub_registered_meanwhile_is_refused_whole(
    store: Store,
) -> None:
    pairing_id = await opened(store)
    named = wanted(await location(store, STRANGER), identity="ACME-1")
    await store.do(_register_unasked, named)

    with pytest.raises(rules.IdentityTaken):
        await store.do(pairing.adopt, pairing_id, ENTRY, NOW)

    assert (await seen(store, pairing_id)).state == "waiting"


def _register_unasked(work: Work, named: rules.NewStation) -> None:
    registration.add_station(work, STRANGER, named, DIGEST, NOW)


@pytest.mark.parametrize("identity", ["", "a b", "a/b", "..", "x" * 49, "é"])
@ON_SQLITE
async def test_an_identity_that_stands_in_no_address_is_refused(
    store: Store, identity: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await opened(store, identity)

    assert refusal.value.code == "bad_identity"


@ON_SQLITE
async def test_who_knocks_is_found_by_an_index(store: Store) -> None:
    """Whoever tries names asks this of the database, each time."""
    wanted_window = (
        "SELECT id FROM pairing WHERE identity = 'x' AND ended_at IS NULL AND expires_at > 1"
    )
    due = "SELECT id FROM pairing WHERE ended_at IS NULL AND expires_at <= 1 LIMIT 50"

    plans = [await store.read(_plan, query) for query in (wanted_window, due)]

    assert "uq_pairing_open" in plans[0]
    assert "ix_pairing_due" in plans[1]


def _plan(reads: Reads, query: str) -> str:
    rows = reads.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    return " ".join(str(row[-1]) for row in rows)
