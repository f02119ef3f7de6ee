"""THE table of what `chargehub doctor` looks at: each check, its colours, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chargehub.commands.doctor import machine_rules, settings_rules, store_rules
from chargehub.commands.doctor.facts import Facts
from chargehub.commands.doctor.verdicts import Colour, Verdict, skipped


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked at, when it is yellow or red, and what to do then. Empty `red`: never."""

    name: str
    judge: Callable[[Facts], Verdict]
    yellow: str
    red: str
    advice: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check. `advice`: what to do; empty: nothing."""

    name: str
    colour: Colour
    seen: str
    advice: str


# Each line of text is a cell of docs/doctor.md too.
CHECKS: Final = (
    Check(
        "settings",
        settings_rules.settings,
        "",
        "The hub would refuse to start with them, or go without a file that they name.",
        "Mend the setting that the sentence names (docs/settings.md).",
    ),
    Check(
        "loosened",
        settings_rules.loosened,
        "A setting that belongs to trials or closed networks is on.",
        "",
        "Take it out of the environment, unless nobody else reaches this hub.",
    ),
    Check(
        "database",
        store_rules.database,
        "The SQLite file is not there yet, and no hub runs.",
        "It does not answer, is damaged, cannot be made, or a running hub keeps another one.",
        "See that CHARGEHUB_DATABASE names it and that it runs. If it is damaged, stop the hub, "
        "keep the file, and bring the last copy back with `chargehub restore FILE --force`.",
    ),
    Check(
        "schema",
        store_rules.schema,
        "",
        "It has the tables of another version, or not all of them.",
        "Make a copy, then run `chargehub migrate` with the version of the hub that is to run. "
        "Where tables are missing although the revision is right, bring a copy back.",
    ),
    Check(
        "writable",
        store_rules.writable,
        "",
        "This user may not write to the database, or it is read-only.",
        "Run this as the hub's user; give that user the file and its folder, or the rights of "
        "the role on the tables.",
    ),
    Check(
        "storage",
        store_rules.storage,
        "The file's journal is not write-ahead yet.",
        "It is too old a version, or an SQLite file on a network file system.",
        "Keep an SQLite file on a local disk; update SQLite (with Python) or PostgreSQL.",
    ),
    Check(
        "secret",
        store_rules.secret,
        "",
        "It is missing, cannot be read, can be guessed, or is not the one of this database.",
        "Put back the secret (file) that was kept beside the copy of the database. With another "
        "one no password of a station fits and no webhook can be signed.",
    ),
    Check(
        "file_modes",
        machine_rules.file_modes,
        "",
        "Others than its user may read or write a key, the secret or the database.",
        "chmod 600 the files that are named; a key that others may have read is to be replaced.",
    ),
    Check(
        "tls",
        machine_rules.tls,
        "The certificate ends within 30 days, or does not name the host that stations connect to.",
        "It ended or has not begun, cannot be read, or its key is another one's.",
        "Put a new certificate with its chain into CHARGEHUB_OCPPS_CERTIFICATE_FILE and its key "
        "into CHARGEHUB_OCPPS_KEY_FILE; a running hub takes them within seconds.",
    ),
    Check(
        "authority",
        machine_rules.authority,
        "Its certificate ends within 30 days.",
        "It ended or has not begun, cannot be read, or its key is another one's.",
        "Put the right files back. One that ends is replaced with `chargehub ca create` under "
        "new names, and stations ask for new certificates.",
    ),
    Check(
        "disk",
        machine_rules.disk,
        "Less than 1 GB is free, or less than a copy of the database takes.",
        "Less than 200 MB is free, or there is no room for more files.",
        "Make room, or move the database to a larger disk: a hub that cannot write stops taking "
        "what stations report.",
    ),
    Check(
        "clock",
        machine_rules.clock,
        "No time service keeps it, or another clock differs by more than 5 s.",
        "Another clock differs by more than a minute, or events lie in the future.",
        "Let a time service (NTP) keep the clock: stations take theirs from the hub.",
    ),
    Check(
        "open_files",
        machine_rules.open_files,
        "Less than twice of what the stations take.",
        "Fewer files may be open than stations and the hub itself take.",
        "Raise the hard limit: LimitNOFILE of its unit, `ulimits` of its container. What counts "
        "is the limit of the hub's own process, so run this as the hub is run.",
    ),
    Check(
        "ports",
        machine_rules.ports,
        "A hub runs, and does not listen everywhere.",
        "Another program holds a port, or this user may not listen there.",
        "End the other program or choose another port; below 1024 put a proxy before the hub.",
    ),
    Check(
        "jobs",
        machine_rules.jobs,
        "Rows could not be done.",
        "A job failed, or nothing was looked at for a minute (or ten times CHARGEHUB_TICK_S).",
        "Look into the log for `job failed` and `row put off`; restart the hub if nothing moves.",
    ),
    Check(
        "public_url",
        settings_rules.public_url,
        "None is set, or it leads to this machine alone.",
        "It is no URL, or it leads others here without TLS.",
        "Put a proxy with TLS before REST, and set CHARGEHUB_PUBLIC_URL=https://…",
    ),
    Check(
        "station_urls",
        settings_rules.station_urls,
        "Stations connect from elsewhere, and without TLS.",
        "They are no URLs of WebSockets.",
        "Set CHARGEHUB_OCPPS with a certificate, or put a proxy with TLS before OCPP "
        "(docs/security.md).",
    ),
    Check(
        "mail",
        settings_rules.mail,
        "No server is set, or the sender is of localhost.",
        "The server was asked (`--mail`) and takes none.",
        "Set CHARGEHUB_SMTP_URL and CHARGEHUB_MAIL_FROM: nobody can prove an address or set a "
        "new password without mail.",
    ),
    Check(
        "rails",
        settings_rules.rails,
        "No rail moves real money.",
        "",
        "Nothing, if that is meant: the sandbox and the token balance are made for trials.",
    ),
    Check(
        "operators",
        store_rules.operators,
        "There is no operator.",
        "",
        "Run `chargehub operator create`.",
    ),
    Check(
        "deliveries",
        store_rules.deliveries,
        "Some are parked, or wait while no hub runs.",
        "A hub runs, and one that is owed was not tried for ten minutes.",
        "See GET /deliveries for why, mend it, then POST /deliveries/{id}/retry. Restart the hub "
        "if they are not tried.",
    ),
    Check(
        "webhooks",
        store_rules.webhooks,
        "Some fail, or were disabled because they failed.",
        "",
        "Their owners are told. If all fail, see whether this machine reaches the outside.",
    ),
    Check(
        "ledger",
        store_rules.ledger,
        "",
        "Entries do not sum to zero, or metered energy is booked nowhere.",
        "Stop payouts, keep a copy as it is, and find the transfer: this must never happen.",
    ),
)


def examine(facts: Facts, checks: tuple[Check, ...] = CHECKS) -> tuple[Finding, ...]:
    """Everything, in the order of the table."""
    return tuple(_finding(check, check.judge(facts)) for check in checks)


def unread(why: str) -> tuple[Finding, ...]:
    """Where the settings cannot even be read, nothing else can be looked at."""
    rest = skipped("The settings could not be read.")
    verdicts = (Verdict("red", why), *(rest for _ in CHECKS[1:]))
    return tuple(map(_finding, CHECKS, verdicts))


def _finding(check: Check, verdict: Verdict) -> Finding:
    advice = check.advice if verdict.colour in ("yellow", "red") else ""
    return Finding(check.name, verdict.colour, verdict.seen, advice)
