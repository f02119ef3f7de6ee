"""A check-up goes on by what comes back: answers, reports, lines, sessions, or time that is up.

All of it is stored before anything is sent, so it survives a restart of the hub or the station.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from chargehub import events
from chargehub.checkups import probes, renewing, rules, tables
from chargehub.checkups.evidence import Charge, Evidence, Intervals, Known, Seen
from chargehub.checkups.rules import PATIENCE, RENEWAL, Renewal, StepName, Verdict
from chargehub.checkups.tables import CheckupView, Step
from chargehub.errors import NotFound, Refused
from chargehub.listings import suspending
from chargehub.meters import tables as meters
from chargehub.people.rules import Actor
from chargehub.sessions import remote
from chargehub.sessions import tables as sessions
from chargehub.stations import commanding, grades
from chargehub.stations import tables as stations
from chargehub.stations.quirks import Hardware, QuirkBook, QuirkProfile
from chargehub.stations.registration import owned_station, seen_station
from chargehub.stations.views import StationView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

WATCHED = "checkups"  # the topic of which stations are being checked
STARTS_WITHIN = timedelta(minutes=2)
_MOST_ROUNDS = len(rules.STEPS) + 1


@dataclass(frozen=True, slots=True)
class Checking:
    """How this hub checks: intervals that stations keep to, what is known of models, and how
    long grades count."""

    intervals: Intervals = field(default_factory=Intervals)
    book: QuirkBook = field(default_factory=QuirkBook)
    renewal: Renewal = RENEWAL


CHECKING = Checking()


def begin(
    work: Work,
    actor: Actor,
    station_id: str,
    charge_evse: int | None,
    checking: Checking,
    now: datetime,
) -> CheckupView:
    """Begin to check a station. `charge_evse`: the number of an EVSE for a test charge.

    Raises NotFound, CheckupRunning, TooMuchWaiting.
    """
    station = owned_station(work, actor.account_id, station_id)
    if tables.open_at(work, station_id) is not None:
        raise rules.CheckupRunning(
            "This station is being checked. Wait for the end: GET /stations/{station_id}/checkups."
        )
    if charge_evse is not None and stations.evse_by_number(work, station_id, charge_evse) is None:
        raise NotFound(f"The station has no EVSE {charge_evse}.")
    commanding.check_room(work, station_id, now)
    steps = tuple(Step(name) for name in rules.STEPS)
    nothing = (None,) * 8
    new = CheckupView(new_id(), station.id, now, None, now, charge_evse, *nothing, steps)
    tables.add(work, new)
    work.notify(WATCHED)
    advance(work, new, checking, now)
    return seen(work, actor, new.id)


def seen(reads: Reads, actor: Actor, checkup_id: str) -> CheckupView:
    """A check-up of a station that the actor owns or operates. Raises NotFound."""
    found = tables.checkup(reads, checkup_id)
    if found is None:
        raise NotFound("You have no check-up with this id.")
    seen_station(reads, actor, found.station_id)
    return found


def waive(work: Work, actor: Actor, station_id: str, because: str | None, now: datetime) -> None:
    """An operator lets a station off the check-up, for a reason; None: no more. Raises NotFound."""
    seen_station(work, actor, station_id)
    grades.waive(work, station_id, because, now)
    if because is not None:
        suspending.bring_back(work, station_id, now)


# --- what makes it go on -------------------------------------------------------------------


def witness(
    work: Work, station_id: str, told: tuple[Seen, ...], checking: Checking, now: datetime
) -> None:
    """A station that is being checked reported something: it is kept, and looked at."""
    found = tables.open_at(work, station_id)
    step = found.running if found is not None else None
    if found is None or step is None:
        return
    kept = (*step.seen, *told)[-tables.MOST_SEEN :]
    advance(work, found.with_step(replace(step, seen=kept)), checking, now)


def advance_at(work: Work, station_id: str, checking: Checking, now: datetime) -> None:
    """Something happened at a station: if it is being checked, look how far it is."""
    found = tables.open_at(work, station_id)
    if found is not None:
        advance(work, found, checking, now)


def come_back(work: Work, station_id: str, checking: Checking, now: datetime) -> None:
    """A station has a line again: its running step has all its time once more."""
    found = tables.open_at(work, station_id)
    if found is None:
        return
    if found.running is not None:
        due_at = now + probes.PROBES[found.running.name].limit
        found = replace(found, due_at=due_at)
        tables.save(work, found)
    advance(work, found, checking, now)


def follow_session(work: Work, session_id: str, checking: Checking, now: datetime) -> None:
    """A session began or ended: it may be a test charge."""
    session = sessions.session(work, session_id)
    if session is None:
        return
    found = tables.of_session(work, session_id, session.station_id)
    if found is not None:
        advance(work, found, checking, now)


def advance_due(work: Work, checking: Checking, now: datetime, chunk: Chunk = ALL) -> int:
    """Go on where a step's time is up; how many check-ups that were."""
    due = tables.due(work, now, chunk.limit)
    return chunk.each(work, due, str, partial(_overdue, checking=checking, now=now))


def _overdue(work: Work, checkup_id: str, checking: Checking, now: datetime) -> None:
    found = tables.checkup(work, checkup_id)
    if found is None or found.ended_at is not None:
        return
    station = _station(work, found)
    patient_until = found.began_at + PATIENCE
    if not station.is_connected and now < patient_until:
        tables.save(work, replace(found, due_at=patient_until))
        return
    advance(work, found, checking, now, is_over=True)


# --- how it goes on ------------------------------------------------------------------------


def advance(
    work: Work, found: CheckupView, checking: Checking, now: datetime, is_over: bool = False
) -> None:
    """Judge the running step by what is there; begin the next ones, as far as it goes."""
    for _round in range(_MOST_ROUNDS):
        step = found.running
        if step is None:
            step = found.waiting
            if step is None:
                break
            found, step = _begin_step(work, found, step, now)
        known = _known(work, found, checking, now)
        if not is_over:
            step = _ask_next(work, found, step, known, checking, now)
            found = found.with_step(step)
        verdict = _judge(work, found, step, known, is_over, now)
        if verdict is None:
            tables.save(work, found)
            return
        is_over = False
        found = found.with_step(
            replace(step, state=verdict.result, detail=verdict.detail, ended_at=now)
        )
        if step.name == "connection" and verdict.result == "failed":
            break
    _finish(work, found, checking, now)


def _begin_step(
    work: Work, found: CheckupView, step: Step, now: datetime
) -> tuple[CheckupView, Step]:
    step = replace(step, state="running", began_at=now)
    found = replace(found.with_step(step), due_at=now + probes.PROBES[step.name].limit)
    if step.name == "test_charge" and found.charge_evse is not None:
        found, step = _start_charge(work, found, step, now)
    return found, step


def _ask_next(
    work: Work, found: CheckupView, step: Step, known: Known, checking: Checking, now: datetime
) -> Step:
    """One command after the other: the next when the last came to its end."""
    assert step.began_at is not None, step
    wanted = probes.PROBES[step.name].asks(known, _intervals(work, found, checking), step.began_at)
    done = len(step.command_ids)
    if done >= len(wanted) or any(each.is_open for each in tables.asked(work, step.command_ids)):
        return replace(step, is_asking=False) if done >= len(wanted) else step
    asked = commanding.command(work, found.station_id, wanted[done], now, PATIENCE)
    is_asking = done + 1 < len(wanted)
    return replace(step, command_ids=(*step.command_ids, asked), is_asking=is_asking)


def _judge(
    work: Work, found: CheckupView, step: Step, known: Known, is_over: bool, now: datetime
) -> Verdict | None:
    if step.state == "failed":
        return Verdict("failed", step.detail)
    asked = tables.asked(work, step.command_ids)
    before = tuple(each for earlier in found.steps if earlier.ended_at for each in earlier.seen)
    if step.name == "test_charge":
        _stop_charge(work, found, known, is_over, now)
    verdict = probes.PROBES[step.name].judge(
        known, Evidence(asked, step.seen, before, is_over, step.is_asking)
    )
    assert verdict is not None or not is_over, step
    return verdict


def _known(work: Work, found: CheckupView, checking: Checking, now: datetime) -> Known:
    station = _station(work, found)
    profile = _profile(station, checking)
    evses = stations.evses_of_station(work, station.id)
    return Known(
        version=station.ocpp_version or "",
        vendor=station.vendor,
        model=station.model,
        is_connected=station.is_connected,
        is_accepted=station.is_accepted,
        security_profile=station.security_profile,
        clock_ahead_s=station.clock_ahead_s,
        evses={each.number: each.power_w for each in evses},
        told=frozenset(each.number for each in evses if each.status_at is not None),
        settings=tables.settings(work, station.id),
        has_meter_key=meters.has_keys(work, station.id),
        quirk_profile=profile.name if profile else None,
        written=tables.written(work, station.id, found.began_at - timedelta(days=1)),
        charge=_charge(work, found, now),
    )


def _profile(station: StationView, checking: Checking) -> QuirkProfile | None:
    hardware = Hardware(station.vendor, station.model, station.firmware_version)
    return checking.book.of(hardware, station.quirk_profile)


def _intervals(work: Work, found: CheckupView, checking: Checking) -> Intervals:
    """What this station is to keep to: its model may need other intervals than the rest."""
    profile = _profile(_station(work, found), checking)
    if profile is None:
        return checking.intervals
    needed = profile.treatment
    return Intervals(
        heartbeat_s=needed.heartbeat_interval_s or checking.intervals.heartbeat_s,
        sampling_s=needed.sampling_interval_s or checking.intervals.sampling_s,
    )


def _with_charge(found: CheckupView, known: Known) -> CheckupView:
    """What the test charge showed of the readings that did not come when they were asked for."""
    step = next(each for each in found.steps if each.name == "meter_values")
    if step.verdict is None:
        return found
    told = sum(each.kind == "reading" for each in step.seen)
    verdict = probes.by_charge(step.verdict, told, known.charge)
    return found.with_step(replace(step, state=verdict.result, detail=verdict.detail))


def _finish(work: Work, found: CheckupView, checking: Checking, now: datetime) -> None:
    """Grade what was found; what was not come to was skipped."""
    station, known = _station(work, found), _known(work, found, checking, now)
    found = _with_charge(found, known)
    verdicts: dict[StepName, Verdict] = {
        step.name: step.verdict for step in found.steps if step.verdict is not None
    }
    grading = rules.grade(verdicts)
    skipped = tuple(
        replace(step, state="skipped") if step.verdict is None else step for step in found.steps
    )
    ended = replace(
        found,
        ended_at=now,
        due_at=None,
        ocpp_version=station.ocpp_version,
        vendor=station.vendor,
        model=station.model,
        firmware_version=station.firmware_version,
        quirk_profile=known.quirk_profile,
        grade=grading.grade,
        score=grading.score,
        steps=skipped,
    )
    tables.save(work, ended)
    renewing.keep(work, ended, checking.renewal, now)
    work.notify(WATCHED)
    work.record(events.StationChecked(found.station_id, found.id, grading.grade, grading.score))


def _station(reads: Reads, found: CheckupView) -> StationView:
    station = stations.station(reads, found.station_id)
    assert station is not None, found.station_id
    return station


# --- the test charge -----------------------------------------------------------------------


def _start_charge(
    work: Work, found: CheckupView, step: Step, now: datetime
) -> tuple[CheckupView, Step]:
    """The owner's own use: it costs nothing. A refusal is the step's end."""
    assert found.charge_evse is not None
    station = _station(work, found)
    evse = stations.evse_by_number(work, found.station_id, found.charge_evse)
    assert evse is not None, found
    owner = Actor(station.owner_id, is_operator=False, scopes=None)
    try:
        session = remote.start_remote(work, owner, evse.id, now)
    except Refused as refused:
        step = replace(step, state="failed", detail=refused.detail)
        return found.with_step(step), step
    return replace(found, session_id=session.id), step


def _stop_charge(
    work: Work, found: CheckupView, known: Known, is_over: bool, now: datetime
) -> None:
    charge = known.charge
    if charge is None or found.session_id is None or charge.status != "active":
        return
    if is_over or (charge.gained_wh or 0) > 0:
        owner = Actor(_station(work, found).owner_id, is_operator=False, scopes=None)
        with suppress(Refused):  # it may have ended in this moment
            remote.stop_remote(work, owner, found.session_id, now)


def _charge(work: Work, found: CheckupView, now: datetime) -> Charge | None:
    session = sessions.session(work, found.session_id) if found.session_id else None
    if session is None:
        return None
    step = found.running
    registers = [each.register_wh for each in step.seen if each.register_wh] if step else []
    highest = max(
        [*registers, *([session.end_wh] if session.end_wh is not None else [])], default=0
    )
    gained = highest - session.start_wh if highest and session.start_wh is not None else None
    took = (session.ended_at or now) - session.started_at if session.started_at else timedelta()
    return Charge(session.status, gained, round(took.total_seconds()))
