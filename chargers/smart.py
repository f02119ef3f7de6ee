"""A station's smart charging: the profiles it keeps, and what they leave to each car.

Profiles live with the station, not with its line or its power: only a session's own go with it.
Source: OCPP 1.6, 3.13; OCPP 2.0.1 part 2, K01, K08 to K10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from chargers import limits
from chargers.evse import Evse
from chargers.habits import Habits
from chargers.limits import VOLTAGE_V, Ceiling, Question, Supply
from chargers.profile_rules import Criteria, Refusal, Situation, refusal, replaced
from chargers.profiles import Profile, Unit

MICROSECOND = timedelta(microseconds=1)
LONGEST_LOOK_S = 7 * 86_400  # ahead; who asks for more gets as much
LOOK_BACK = 100  # changes of the profiles that a car has not followed yet


class Charges(Protocol):
    """What smart charging needs of a station."""

    habits: Habits

    @property
    def evses(self) -> Mapping[int, Evse]: ...
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Composite:
    """How fast an EVSE (0: the station) may charge from `starts_at` on.

    `periods`: seconds from there, limit in `unit`, phases. They hold for `duration_s`.
    """

    evse: int
    starts_at: datetime
    duration_s: int
    unit: Unit
    periods: tuple[tuple[int, Decimal, int], ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What was true until `ended_at`: the profiles, and the EVSEs that charged, in order."""

    ended_at: datetime
    profiles: tuple[Profile, ...]
    busy: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """For `lasts` a car is offered `power_w`."""

    lasts: timedelta
    power_w: int


class SmartCharging:
    """The profiles of a station. `is_strict`: it refuses as 2.x does."""

    def __init__(self, station: Charges, is_strict: bool) -> None:
        self._station = station
        self._is_strict = is_strict
        self._profiles: tuple[Profile, ...] = ()
        self._past: list[Past] = []
        self._busy: tuple[int, ...] = ()

    @property
    def profiles(self) -> Sequence[Profile]:
        """All that are kept, the oldest first."""
        return self._profiles

    def install(self, profile: Profile) -> Refusal | None:
        """Keep a profile; returns why not."""
        running = {
            number: place.session.transaction_id
            for number, place in self._station.evses.items()
            if place.session is not None
        }
        why = refusal(profile, self._situation(running))
        if why is None:
            gone = replaced(profile, self._profiles, self._is_strict)
            self._keep((*(one for one in self._profiles if one not in gone), profile))
        return why

    def clear(self, criteria: Criteria) -> bool:
        """Drop what fits; False: nothing did."""
        kept = tuple(one for one in self._profiles if not criteria.fit(one))
        is_any = len(kept) < len(self._profiles)
        self._keep(kept)
        return is_any

    def found(self, criteria: Criteria) -> list[Profile]:
        """What fits."""
        return [one for one in self._profiles if criteria.fit(one)]

    def may_begin_with(self, profile: Profile | None, evse: int) -> bool:
        """True if a session may begin here with this profile: one of its own, and a good one."""
        if profile is None:
            return True
        if profile.purpose != "session" or profile.transaction_id is not None:
            return False
        begun = replace(profile.at_evse(evse), transaction_id="new")
        situation = self._situation({evse: "new"})
        return refusal(begun, situation) is None

    def session_began(self, evse: int, wanted: Profile | None) -> None:
        """Keep the profile that came with a remote start."""
        if wanted is not None:
            self.install(replace(wanted.at_evse(evse), transaction_id=self._running(evse)))

    def session_over(self, evse: int) -> None:
        """A session's own profiles end with it."""
        self._keep(
            tuple(one for one in self._profiles if (one.purpose, one.evse) != ("session", evse))
        )

    def note_cars(self) -> None:
        """A car may have begun or ended to take energy: the others' shares change from now on."""
        draws = [place for place in self._station.evses.values() if place.draws]
        draws.sort(key=_coming)
        busy = tuple(place.number for place in draws)
        if busy != self._busy:
            self._remember()
            self._busy = busy

    def offered_w(self, place: Evse) -> int:
        """What a car may take here now: its EVSE's ceiling, and its share of the station's."""
        now = self._station.now()
        return self._offered_w(Past(now, self._profiles, self._busy), place, now)

    def pieces(self, place: Evse, elapsed: timedelta) -> list[Piece]:
        """What was offered since the car was looked at last, in pieces that last `elapsed` in all.

        Where energy flows faster than the clock each piece is as much longer.
        """
        now = self._station.now()
        since = place.looked_at
        place.looked_at = now
        if since is None or since >= now:
            return [Piece(elapsed, self.offered_w(place))]
        cuts = [since, *self._edges(place, since, now), now]
        whole = (now - since) // MICROSECOND
        micros = elapsed // MICROSECOND
        lasts = [micros * ((cut - since) // MICROSECOND) // whole for cut in cuts]
        found = [
            Piece((until - begin) * MICROSECOND, self._offered_w(self._in_force(at), place, at))
            for at, begin, until in zip(cuts, lasts, lasts[1:], strict=False)
        ]
        self._forget()
        return found

    def composite(self, evse: int, duration_s: int, unit: Unit | None) -> Composite | None:
        """How fast an EVSE may charge in the next seconds; None: there is no such EVSE."""
        places = self._station.evses
        if evse != 0 and evse not in places:
            return None
        now = self._station.now()
        duration_s = min(duration_s, LONGEST_LOOK_S)
        until = now + timedelta(seconds=duration_s)
        found = [places[evse]] if evse else list(places.values())
        edges = {now}
        for place in found:
            edges.update(one.at for one in self._steps(place, now, until))
        unit = unit or (self._profiles[-1].unit if self._profiles else "W")
        periods: list[tuple[int, Decimal, int]] = []
        for at in sorted(edges):
            power_w, phases = self._total(found, at) if evse == 0 else self._one(found[0], at)
            period = (int((at - now).total_seconds()), limits.told(power_w, phases, unit), phases)
            if not periods or periods[-1][1:] != period[1:]:
                periods.append(period)
        return Composite(evse, now, duration_s, unit, tuple(periods))

    def _one(self, place: Evse, at: datetime) -> tuple[int, int]:
        found = limits.ceiling(self._profiles, self._question(place), at)
        return found.power_w, found.phases

    def _total(self, places: Sequence[Evse], at: datetime) -> tuple[int, int]:
        """Of the whole station: all its EVSEs, as far as its own limit lets them."""
        supply_w = sum(
            limits.session_ceiling(self._profiles, self._question(place), at).power_w
            for place in places
        )
        own = limits.station_limit(self._profiles, at)
        total = limits.combined(Supply(supply_w, self._station.habits.phases), [own] if own else [])
        return total.power_w, total.phases

    def _steps(self, place: Evse, since: datetime, until: datetime) -> list[limits.Step]:
        return limits.steps(self._profiles, self._question(place), since, until)

    def _question(self, place: Evse) -> Question:
        began_at = place.session.started_at if place.session else self._station.now()
        return Question(place.number, Supply(place.power_w, self._station.habits.phases), began_at)

    def _edges(self, place: Evse, since: datetime, until: datetime) -> list[datetime]:
        """When what this car is offered changed: by a profile's schedule or by another profile."""
        edges = {one.ended_at for one in self._past if since < one.ended_at < until}
        for profiles in {one.profiles for one in self._past} | {self._profiles}:
            question = self._question(place)
            edges.update(one.at for one in limits.steps(profiles, question, since, until))
        return sorted(edges - {since})

    def _in_force(self, at: datetime) -> Past:
        """What held at an instant, as each entry of the past says what ended then."""
        present = Past(self._station.now(), self._profiles, self._busy)
        return next((one for one in self._past if at < one.ended_at), present)

    def _offered_w(self, then: Past, place: Evse, at: datetime) -> int:
        if not self._station.habits.obeys_limits:
            return place.power_w
        own = limits.ceiling(then.profiles, self._question(place), at)
        offered_w = own.power_w
        shared = limits.station_limit(then.profiles, at)
        if shared is not None and shared.value is not None:
            offered_w = min(offered_w, self._share_w(then, place, at))
        if not own.is_limited:
            return offered_w
        return offered_w if offered_w >= self._floor_w(then.profiles, place, at) else 0

    def _share_w(self, then: Past, place: Evse, at: datetime) -> int:
        """What the station's own limit leaves to this EVSE beside the others that charge.

        Where it is too little for all, those that came first charge.
        """
        places = self._station.evses
        busy = [places[number] for number in then.busy]
        if place not in busy:
            busy.append(place)
        while True:
            powers = self._divided(then.profiles, busy, at)
            is_enough = all(
                power_w >= min(wanted_w, self._floor_w(then.profiles, one, at))
                for one, (power_w, wanted_w) in zip(busy, powers, strict=True)
            )
            if is_enough or len(busy) == 1:
                return powers[busy.index(place)][0]
            if busy.pop() is place:
                return 0

    def _divided(
        self, profiles: Sequence[Profile], busy: Sequence[Evse], at: datetime
    ) -> list[tuple[int, int]]:
        """The W that each may take of the station's limit, and the W it would take alone."""
        tops = [limits.ceiling(profiles, self._question(one), at) for one in busy]
        wanted = [
            one.vehicle.power_w(top.power_w) if one.vehicle else top.power_w
            for one, top in zip(busy, tops, strict=True)
        ]
        shared = limits.combined(
            Supply(sum(one.power_w for one in busy), self._station.habits.phases),
            [one for one in (limits.station_limit(profiles, at),) if one],
        )
        powers = limits.shares(shared.watts, wanted)
        if shared.amperes is not None:
            asked = [_milliamperes(w, top) for w, top in zip(wanted, tops, strict=True)]
            given = limits.shares(int(shared.amperes * 1_000), asked)
            powers = [
                min(power_w, share * VOLTAGE_V * top.phases // 1_000, wanted_w)
                for power_w, share, top, wanted_w in zip(powers, given, tops, wanted, strict=True)
            ]
        return list(zip(powers, wanted, strict=True))

    def _floor_w(self, profiles: Sequence[Profile], place: Evse, at: datetime) -> int:
        """Below this a limited car takes nothing: IEC 61851-1 knows no current below 6 A."""
        own = limits.ceiling(profiles, self._question(place), at)
        least_w = self._station.habits.least_current_a * VOLTAGE_V * own.phases
        return max(own.least_w, min(least_w, place.power_w))

    def _situation(self, running: Mapping[int, str | None]) -> Situation:
        return Situation(self._profiles, running, len(self._station.evses), self._is_strict)

    def _running(self, evse: int) -> str | None:
        session = self._station.evses[evse].session
        return session.transaction_id if session else None

    def _keep(self, profiles: tuple[Profile, ...]) -> None:
        if profiles == self._profiles:
            return
        self._remember()
        self._profiles = profiles

    def _remember(self) -> None:
        """What holds so far ends now; cars that are not looked at again yet have followed it."""
        if any(place.session is not None for place in self._station.evses.values()):
            past = Past(self._station.now(), self._profiles, self._busy)
            self._past = [*self._past, past][-LOOK_BACK:]

    def _forget(self) -> None:
        """Drop the past that every car has followed."""
        looked = [
            place.looked_at
            for place in self._station.evses.values()
            if place.session is not None and place.looked_at is not None
        ]
        oldest = min(looked, default=self._station.now())
        self._past = [one for one in self._past if one.ended_at > oldest]


def _coming(place: Evse) -> tuple[datetime, int]:
    """Who came first goes first."""
    assert place.session is not None
    return place.session.started_at, place.number


def _milliamperes(power_w: int, ceiling: Ceiling) -> int:
    """The current on each phase, rounded up."""
    return -(-power_w * 1_000 // (VOLTAGE_V * ceiling.phases))
