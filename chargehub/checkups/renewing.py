"""Grades do not count for ever: a new check-up is asked for, and without one the listing ends.

Asked for are stations that are listed for everybody and no operator let off. The owner has a grace
time; what is booked stays booked whatever comes of it.
"""

from datetime import datetime
from functools import partial

from chargehub import events
from chargehub.checkups import tables
from chargehub.checkups.rules import Renewal
from chargehub.checkups.tables import CheckupView
from chargehub.listings import suspending
from chargehub.listings import tables as listings
from chargehub.listings.suspensions import UNTIL_CHECKED
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.stations import grades, local_times
from chargehub.stations import tables as stations
from chargehub.stations.grades import GradeView
from chargehub.stations.views import StationView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work


def keep(work: Work, ended: CheckupView, renewal: Renewal, now: datetime) -> None:
    """Keep the grade of a check-up; one that is enough brings a lapsed station back."""
    found = GradeView(
        checkup_id=ended.id,
        grade=ended.grade,
        graded_at=now,
        firmware_version=ended.firmware_version,
        due_at=now + renewal.lasts if renewal.lasts else None,
    )
    grades.keep(work, ended.station_id, found, renewal.least)
    if found.is_enough(renewal.least):
        suspending.bring_back(work, ended.station_id, now)


def follow_boot(work: Work, event: events.StationBooted, renewal: Renewal, now: datetime) -> None:
    """Other firmware is another station, as far as anybody checked."""
    station = stations.station(work, event.station_id)
    grade = grades.of_station(work, event.station_id)
    if station is None or not _is_other(station.firmware_version, grade.firmware_version):
        return
    is_settled = grade.asked_at is not None or grade.lapsed_at is not None
    if is_settled or tables.open_at(work, station.id) is not None:
        return
    because = f"its firmware is {station.firmware_version}, checked was {grade.firmware_version}"
    if _counts(work, station, grade, renewal):
        _ask(work, station, because, renewal, now)


def renew_due(work: Work, renewal: Renewal, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask for what is to be renewed, and end what was not; how many grades were due."""
    due = grades.due(work, now, chunk.limit)
    return chunk.each(work, due, str, partial(_renew, renewal=renewal, now=now))


def _renew(work: Work, station_id: str, renewal: Renewal, now: datetime) -> None:
    station, grade = stations.station(work, station_id), grades.of_station(work, station_id)
    assert station is not None, station_id
    if grade.asked_at is not None:
        _lapse(work, station, now)
    elif _counts(work, station, grade, renewal):
        assert grade.graded_at is not None, station_id
        because = f"its last check-up was on {grade.graded_at:%Y-%m-%d}"
        _ask(work, station, because, renewal, now)
    else:  # it may be listed later
        grades.put_off(work, station_id, now + renewal.grace)


def _counts(reads: Reads, station: StationView, grade: GradeView, renewal: Renewal) -> bool:
    """Does anybody find this station because of its grade?"""
    if not renewal.least or grade.waived_because is not None or station.retired_at is not None:
        return False
    return _is_for_everybody(reads, station.id)


def _is_for_everybody(reads: Reads, station_id: str) -> bool:
    listing = listings.listing(reads, station_id)
    return listing is not None and listing.audience.access == "public"


def _is_other(firmware: str | None, checked: str | None) -> bool:
    return firmware is not None and checked is not None and firmware != checked


def _ask(work: Work, station: StationView, because: str, renewal: Renewal, now: datetime) -> None:
    until = now + renewal.grace
    grades.ask(work, station.id, because, until, now)
    work.record(events.CheckupAsked(station.id, because, f"{until:%Y-%m-%dT%H:%M:%SZ}"))
    by = local_times.at_station(work, station.id, until)
    text = (
        "Hello,\n\n"
        f"your station needs a new check-up: {because}.\n"
        f"Begin one with POST /stations/{station.id}/checkups\n"
        f"before {by}, or nobody finds or books the station any more.\n"
        "It takes a minute or two; the station has to be connected.\n"
    )
    _write(work, station, "Your station needs a new check-up", text, now)


def _lapse(work: Work, station: StationView, now: datetime) -> None:
    """What was asked for did not come. It is taken off the market if it is still on it."""
    grades.lapse(work, station.id, now)
    if grades.of_station(work, station.id).waived_because is not None:
        return
    if not _is_for_everybody(work, station.id):
        return
    suspending.suspend(work, station.id, UNTIL_CHECKED, now)
    work.record(events.GradeLapsed(station.id))
    text = (
        "Hello,\n\n"
        "your station had no new check-up that it passed, so nobody finds or books it now.\n"
        f"Begin one with POST /stations/{station.id}/checkups\n"
        "When it is passed the station is listed again by itself. What is booked stays booked.\n"
    )
    _write(work, station, "Your station is off the market until it is checked", text, now)


def _write(work: Work, station: StationView, subject: str, text: str, now: datetime) -> None:
    owner = people.account(work, station.owner_id)
    if owner is not None:
        mails.write_mail(work, owner.email, subject, text, now)
