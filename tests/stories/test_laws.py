"""Whatever stations tell, and however often: a report twice is a report once, energy is conserved,
lines sum to the cost, the ledger to zero, and every OCPP version gives the same bills."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehub.ledger.tables import asset_sums, energy_totals
from tests.hub import Person, Place, RunningHub
from tests.stories.conftest import VERSIONS
from tests.stories.steps import bill
from tests.stories.test_walk_up import EVERYTHING

POWER_WH = 150  # a minute; more than the EVSE can give would be billed to nobody
WHO = ("driver", "driver", "owner", "stranger")

step = st.tuples(st.integers(1, 90), st.integers(0, 100))  # minutes, and how much of the power
plans = st.lists(
    st.tuples(
        st.sampled_from(WHO),
        st.lists(step, min_size=1, max_size=4),
        st.lists(st.integers(0, 5), max_size=6),  # after each message, which is said again
    ),
    min_size=1,
    max_size=2,
)
Plan = tuple[str, list[tuple[int, int]], list[int]]


@dataclass
class Teller:
    """One session, told by its messages' numbers."""

    place: Place
    version: str
    name: str
    token: str
    told: list[tuple[str, int]]  # instant and register of every message
    answers: dict[int, Any] = field(default_factory=dict)

    async def tell(self, number: int) -> None:
        """The first answer is given to every repeat."""
        to_payload = self._of_one_six if self.version == "1.6" else self._of_two_oh_one
        answer = await self.place.sim.call(*to_payload(number))
        if number == 0:
            assert self.answers.setdefault(0, answer) == answer

    def _of_one_six(self, number: int) -> tuple[str, dict[str, Any]]:
        at, register_wh = self.told[number]
        if number == 0:
            start = {"connectorId": 1, "idTag": self.token, "timestamp": at}
            return "StartTransaction", {**start, "meterStart": register_wh}
        known = {"transactionId": self.answers[0]["transactionId"]}
        if number == len(self.told) - 1:
            return "StopTransaction", {**known, "timestamp": at, "meterStop": register_wh}
        value = {"timestamp": at, "sampledValue": [{"value": str(register_wh)}]}
        return "MeterValues", {**known, "connectorId": 1, "meterValue": [value]}

    def _of_two_oh_one(self, number: int) -> tuple[str, dict[str, Any]]:
        at, register_wh = self.told[number]
        is_last = number == len(self.told) - 1
        return "TransactionEvent", {
            "eventType": "Started" if number == 0 else "Ended" if is_last else "Updated",
            "timestamp": at,
            "triggerReason": "Authorized" if number == 0 else "MeterValuePeriodic",
            "seqNo": number,
            "transactionInfo": {"transactionId": self.name},
            "evse": {"id": 1},
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": register_wh}]}],
            **({"idToken": {"idToken": self.token, "type": "ISO14443"}} if number == 0 else {}),
        }


@dataclass
class Town:
    """A hub with a station of every version, that goes on from one example to the next."""

    hub: RunningHub
    owner: Person
    tokens: dict[str, str]
    places: dict[str, Place]
    register_wh: int = 0
    sessions: int = 0
    energy_wh: int = 0

    async def play(self, plan: Plan) -> int:
        """The same session at every station, at the same moments; its energy."""
        who, steps, repeats = plan
        self.sessions += 1
        began_wh, moments = self.register_wh, self._moments(steps)
        told = [(at.isoformat(), register_wh) for at, register_wh in moments]
        name, token = f"T{self.sessions}", self.tokens[who]
        tellers = [Teller(self.places[one], one, name, token, told) for one in VERSIONS]
        for number, (at, _) in enumerate(moments):
            self.hub.clock.set(at)
            for teller in tellers:
                await teller.tell(number)
                for again in repeats[number : number + 1]:
                    await teller.tell(min(again, number))
        for teller in tellers:
            for number in range(len(told)):
                await teller.tell(number)
        await self.hub.settle()
        return self.register_wh - began_wh

    def _moments(self, steps: list[tuple[int, int]]) -> list[tuple[datetime, int]]:
        at = self.hub.clock.now() + timedelta(minutes=1)
        moments = [(at, self.register_wh)]
        for minutes, share in steps:
            at += timedelta(minutes=minutes)
            self.register_wh += minutes * POWER_WH * share // 100
            moments.append((at, self.register_wh))
        return moments

    async def newest(self, count: int) -> dict[str, list[dict[str, Any]]]:
        """The newest CDRs and credit notes of each version's station, newest first."""
        wanted = f"/cdrs?role=owner&limit={count * len(VERSIONS)}"
        cdrs = (await self.owner.get(wanted))["items"]
        return {
            version: [cdr for cdr in cdrs if cdr["station_id"] == place.station_id]
            for version, place in self.places.items()
        }


@pytest.fixture
async def town(hub: RunningHub) -> Town:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    places = {one: await hub.station(owner, one, tariff=EVERYTHING) for one in VERSIONS}
    tokens = {"driver": driver.id_token, "owner": owner.id_token, "stranger": "STRANGER"}
    return Town(hub, owner, tokens, places)


WENT = {"driver": "billed_wh", "owner": "free_wh", "stranger": "unbilled_wh"}


@settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(day=plans)
async def test_whatever_is_told_however_often_the_laws_hold(town: Town, day: list[Plan]) -> None:
    """Repeats on the way, then all of it once more."""
    energies = [await town.play(plan) for plan in day]
    town.energy_wh += sum(energies) * len(VERSIONS)

    newest = await town.newest(len(day))
    expected = list(zip((who for who, _, _ in day), energies, strict=True))
    for cdrs in newest.values():
        assert [cdr["kind"] for cdr in cdrs] == ["cdr"] * len(day)
        for cdr, (who, energy_wh) in zip(reversed(cdrs), expected, strict=True):
            assert cdr["energy_wh"] == cdr[WENT[who]] == energy_wh
            assert sum(cdr[part] for part in WENT.values()) == energy_wh
            lines = sum(line["amount_minor"] for line in cdr["lines"])
            assert lines == (cdr["cost"] or {"amount_minor": 0})["amount_minor"]
    assert len({tuple(map(bill, cdrs)) for cdrs in newest.values()}) == 1
    read = town.hub.hub.store.read
    assert set((await read(asset_sums)).values()) <= {0}
    went = await read(energy_totals)
    assert (went.metered_wh, went.cdrs) == (town.energy_wh, town.sessions * len(VERSIONS))
    assert went.metered_wh == went.billed_wh + went.free_wh + went.unbilled_wh
