"""Judges what the hub runs on: disk, clock, ports, files, certificates, and the hub itself."""

from datetime import datetime, timedelta
from typing import Final

from chargehub.commands.doctor.addresses import host_of, is_name_of
from chargehub.commands.doctor.facts import Certificate, Facts
from chargehub.commands.doctor.verdicts import Verdict, green, red, skipped, yellow

MB: Final = 1_000_000
LEAST_BYTES, FEW_BYTES = 200 * MB, 1_000 * MB
LEAST_FILES: Final = 1_000  # that the disk has room for
SPARE_FILES: Final = 256  # beside a line a station: the database, REST, mail, webhooks
SKEWED: Final = timedelta(seconds=5)  # a Date has whole seconds
WRONG: Final = timedelta(minutes=1)
EXPIRES_SOON: Final = timedelta(days=30)
IDLE_ROUNDS, IDLE_S = 10, 60.0  # a tick may take longer than its interval


def disk(facts: Facts) -> Verdict:
    machine, size = facts.machine, facts.database.size_bytes
    free = f"{machine.free_bytes // MB:,} MB are free at {machine.folder}"
    if machine.free_bytes < LEAST_BYTES:
        return red(f"Only {free}.")
    if machine.free_files is not None and machine.free_files < LEAST_FILES:
        return red(f"There is room for {machine.free_files} more files at {machine.folder}.")
    if machine.free_bytes < max(FEW_BYTES, size):
        return yellow(f"{free}; a copy of the database takes {size // MB:,} MB.")
    return green(f"{free}.")


def clock(facts: Facts) -> Verdict:
    newest = facts.database.contents.newest_event_at if facts.database.contents else None
    if newest is not None and newest - facts.now > WRONG:
        return red(f"The newest event was recorded at {newest:%Y-%m-%d %H:%M}, which is to come.")
    if facts.machine.web_problem:
        return yellow(f"The web server did not tell the time: {facts.machine.web_problem}.")
    for whose, ahead in (
        ("The database's clock", facts.database.clock_ahead),
        ("The web server's clock", facts.machine.web_ahead),
    ):
        if ahead is not None and abs(ahead) > SKEWED:
            text = f"{whose} differs from this one by {abs(ahead).total_seconds():.0f} s."
            return red(text) if abs(ahead) > WRONG else yellow(text)
    if facts.machine.is_disciplined is False:
        return yellow("No time service keeps this machine's clock.")
    return green("Nothing speaks against it.")


def ports(facts: Facts) -> Verdict:
    bad = [one for one in facts.ports if one.state in ("impossible", "other")]
    if bad:
        return red(" ".join(f"{one.setting} at {one.address}: {one.problem}." for one in bad))
    states = {one.state for one in facts.ports}
    where = ", ".join(f"{one.setting} at {one.address}" for one in facts.ports)
    if states == {"free"}:
        return green(f"{where}: free, no hub runs here.")
    if states == {"hub"}:
        return green(f"{where}: a hub answers.")
    free = ", ".join(
        f"{one.setting} at {one.address}" for one in facts.ports if one.state == "free"
    )
    return yellow(f"A hub runs, and does not listen for {free}: it has other settings.")


def jobs(facts: Facts) -> Verdict:
    figures = facts.running.figures
    if "chargehub_jobs_ended_at_seconds" not in figures:
        return skipped("No hub runs here that could tell.")
    ago = facts.now.timestamp() - figures["chargehub_jobs_ended_at_seconds"]
    if ago > max(IDLE_S, IDLE_ROUNDS * facts.configured.tick_s):
        return red(f"The hub last looked at what is due {ago:.0f} s ago.")
    failing, put_off = (figures.get(f"chargehub_{n}", 0) for n in ("jobs_failing", "rows_put_off"))
    if failing:
        return red(f"{failing:.0f} jobs failed when they last ran.")
    if put_off:
        return yellow(f"{put_off:.0f} rows could not be done and are tried again every hour.")
    return green(f"The hub looked at what is due {max(ago, 0):.0f} s ago.")


def open_files(facts: Facts) -> Verdict:
    most, contents = facts.machine.most_files, facts.database.contents
    if most is None:
        return skipped("This system does not tell.")
    stations = (contents.stations if contents else None) or 0
    needed = stations + SPARE_FILES
    text = f"{most} may be open; {stations} stations take {needed}"
    if most < needed:
        return red(f"Only {text}.")
    return yellow(f"{text}, and may double.") if most < 2 * needed else green(f"{text}.")


def file_modes(facts: Facts) -> Verdict:
    opened = facts.files.opened
    if not opened:
        return green("Keys, secret and database are for their user alone.")
    return red(
        " ".join(f"{one.file} holds {one.holds} and has mode {one.mode:o}." for one in opened)
    )


def tls(facts: Facts) -> Verdict:
    found, wanted = facts.files.tls, facts.configured.ocpps_public_url or facts.configured.ocpps
    if found is None:
        return green("There is no port with TLS.")
    verdict = _valid(found, facts.now)
    host = host_of(wanted)
    is_named = not found.names or not host or any(is_name_of(host, name) for name in found.names)
    if verdict.colour == "green" and not is_named:
        names = ", ".join(found.names)
        return yellow(f"Stations connect to {host}, the certificate is for {names}.")
    return verdict


def authority(facts: Facts) -> Verdict:
    found = facts.files.authority
    if found is None:
        return green("There is none: stations get no certificates.")
    return _valid(found, facts.now)


def _valid(found: Certificate, now: datetime) -> Verdict:
    if found.problem:
        return red(found.problem)
    assert found.valid_from is not None and found.valid_until is not None, found
    if found.valid_from > now:
        return red(f"{found.file} is valid from {found.valid_from:%Y-%m-%d %H:%M} only.")
    if found.valid_until <= now:
        return red(f"{found.file} ended on {found.valid_until:%Y-%m-%d}.")
    if found.valid_until - now < EXPIRES_SOON:
        days = (found.valid_until - now).days
        return yellow(f"{found.file} ends on {found.valid_until:%Y-%m-%d}, in {days} days.")
    return green(f"{found.file} holds until {found.valid_until:%Y-%m-%d}.")
