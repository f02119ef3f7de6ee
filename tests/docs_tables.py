"""The generated parts of docs/: what the code says about itself, as Markdown tables.

`.venv/bin/python -m tests.docs_tables` writes them anew between their markers. The prose around
them is written by hand. `tests/test_docs.py` holds both against the code.
"""

import asyncio
import dataclasses
import importlib
import inspect
import pkgutil
import re
import typing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI

import chargehub
from chargehub import events, flow
from chargehub.app import Hub, web
from chargehub.audit.effects import Auditor
from chargehub.errors import Refused
from chargehub.mail import mailer
from chargehub.ocpp.switchboard import carry_out
from chargehub.ocpp.v16 import messages as v16
from chargehub.ocpp.v21 import messages as v21
from chargehub.ocpp.v201 import messages as v201
from chargehub.prices.effects import Fetcher
from chargehub.reconciliation.effects import fetch
from chargehub.rest.problems import status_of
from chargehub.routing import TAGS
from chargehub.settings import Settings
from chargehub.stations import commands, local_list, profiles, quirk_files, reports, upkeep
from chargehub.stations.quirks import QuirkProfile
from chargehub.store.outbox import Effect, Reactions, name_of
from chargehub.webhooks import rules as webhooks
from chargehub.webhooks.publishing import publish
from chargehub.webhooks.sending import Sender
from tests import docs_checks, docs_countries, docs_personal
from tests.conformance.verdicts import verdicts
from tests.tree import ROOT

NOWHERE: Any = SimpleNamespace()  # what the parts close over, and nothing here runs
BEGIN, END = "<!-- generated: {} -->", "<!-- end -->"
REWRITE = ".venv/bin/python -m tests.docs_tables"
NEXT_DAY = datetime(2026, 3, 3, tzinfo=UTC)

UNITS = {  # by how a setting's name ends
    "_s": "s",
    "_bytes": "bytes",
    **dict.fromkeys(("_frames", "_burst", "_kept"), "frames"),
    "_rate": "1/s",
    "_identities": "names",
    "_minutes": "min",
    "_pairings": "windows",
    "_cancels": "bookings",
    "_credit": "coins",
    "_credits": "credits",
    "_coins": "coins",
    "_tokens": "tokens",
    "_address": "lines",
    "_days": "days",
    "_hours": "h",
    "_price": "EUR",
    "_basis_points": "1/10,000",
    "_points": "points",
    "_percent": "%",
    "watches": "watches",
}
KINDS = {bool: "true, false", str: "text", Path: "file"}

COMMANDS = (  # one of every form that makes other calls
    commands.StartSession(1, "A1", 7),
    commands.StopSession("7"),
    commands.ReadSession("7"),
    commands.Reserve(7, 1, "A1", NEXT_DAY),
    commands.CancelReservation(7),
    commands.ChangeAvailability(1, True),
    commands.Reset("idle"),
    commands.Unlock(1),
    commands.TriggerReport("status"),
    commands.TriggerReport("certificate"),
    commands.DeliverCertificate("PEM"),
    commands.SetPassword("00" * 20),
    commands.RaiseSecurity(2, "wss://hub.example/ocpp", 2),
    commands.ReadSettings(()),
    commands.ReadSettings(("OCPPCommCtrlr.HeartbeatInterval",)),
    commands.WriteSettings({"OCPPCommCtrlr.HeartbeatInterval": "300"}),
    commands.SetMasterPass("M0"),
    commands.TellCost("tx-1", 225, 2),
    upkeep.UpdateFirmware("https://example.org/f", NEXT_DAY),
    upkeep.UpdateFirmware("https://example.org/f", NEXT_DAY, None, "PEM", "c2ln"),
    upkeep.GetLog("diagnostics", "https://example.org/l"),
    upkeep.GetLog("security", "https://example.org/l"),
    upkeep.ClearCache(),
    upkeep.ListCertificates(),
    upkeep.InstallCertificate("hub", "PEM"),
    upkeep.DeleteCertificate("SHA256", "aa", "bb", "01"),
    upkeep.SetDisplayMessage(1, "Hello"),
    upkeep.GetDisplayMessages(),
    upkeep.ClearDisplayMessage(1),
    profiles.SetChargingProfile(
        1, "station_max", profiles.Schedule("A", (profiles.Period(0, 16),), NEXT_DAY)
    ),
    profiles.ClearChargingProfiles(),
    profiles.ReadCompositeSchedule(0, 3_600),
    local_list.SyncLocalList(),
    local_list.SendLocalList(1, True),
)

Row = tuple[str, ...]


@contextmanager
def built() -> Iterator[FastAPI]:
    """The whole application, not started, over an empty file."""
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/hub.sqlite"
        settings = Settings(database=database, secret="a secret of tests only")
        hub = Hub(settings)
        yield web(hub)
        asyncio.run(hub.store.close())


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document of the whole application."""
    with built() as app:
        return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every route of it: method in capitals, path, operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def who(operation: dict[str, Any]) -> str:
    """Who may ask: `anybody`, `login`, `operator`, or the scope that an API key must have."""
    security = operation.get("security", [{}])
    if {} in security:
        return "anybody"
    (role,) = security[0]["bearer"]
    assert isinstance(role, str)
    return role


def followers() -> Reactions:
    """The table of `flow.py`."""
    send_command = carry_out(NOWHERE, NOWHERE, NOWHERE, b"").run
    send_webhook, ask_prices = Sender(NOWHERE, NOWHERE, Settings()).run, Fetcher(None, False).run
    compare = fetch(NOWHERE, NOWHERE, NOWHERE)
    outward = mailer(Settings(), NOWHERE), send_command, send_webhook, ask_prices
    send = flow.Senders(*outward, compare, Auditor(NOWHERE).run)
    return flow.reactions(NOWHERE, NOWHERE, send, NOWHERE, "")


def refusals() -> list[type[Refused]]:
    """Every kind of refusal in the hub, the general ones first."""
    for module in pkgutil.walk_packages(chargehub.__path__, "chargehub."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    return [kind for kind in _descendants(Refused) if kind.__module__.startswith("chargehub.")]


def _descendants(kind: type[Refused]) -> Iterator[type[Refused]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _descendants(child)


# --- the tables ----------------------------------------------------------------------------


def settings_table() -> str:
    rows = []
    for name, setting in Settings.model_fields.items():
        default = str(setting.default)
        rows.append(
            (
                f"`CHARGEHUB_{name.upper()}`",
                _unit(name, setting.annotation),
                f"`{default}`" if default else "(empty)",
                setting.description or "",
            )
        )
    return _table(("Setting", "Unit", "Default", "Meaning"), rows)


def _unit(name: str, kind: Any) -> str:
    if kind in KINDS:
        return KINDS[kind]
    return next(unit for ending, unit in UNITS.items() if name.endswith(ending))


def api_table() -> str:
    document = openapi()
    parts = []
    for tag, about in TAGS.items():
        rows = [
            (method, f"`{path}`", who(operation), _sentence(operation["description"]))
            for method, path, operation in operations(document)
            if tag in operation["tags"]
        ]
        parts.append(f"### {tag}\n{about}\n\n" + _table(("Method", "Path", "Who", "What"), rows))
    return "\n\n".join(parts)


def events_table() -> str:
    what_follows = followers()
    rows = []
    for event in typing.get_args(events.Event):
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(event))
        shown = [one for one in what_follows.get(event, ()) if one is not publish]
        follows = "<br>".join(map(_follower, shown))
        told = _told(event)
        rows.append((f"`{event.__name__}`", fields, _paragraphs(event), told, follows or "–"))
    return _table(("Event", "Fields", "What happened", "Told to", "What follows"), rows)


def _told(event: Any) -> str:
    """Who may read it from outside."""
    return "–" if event in webhooks.UNPUBLISHED else ", ".join((*webhooks.TOLD[event], "operator"))


def _follower(follower: Any) -> str:
    if not isinstance(follower, Effect):
        return f"`{name_of(follower)}`"
    module = follower.run.__module__.removeprefix("chargehub.")
    maker = follower.run.__qualname__.split(".")[0]
    return f"effect `{module}.{maker}`, then `{follower.name}`"


def refusals_table() -> str:
    rows = {
        (str(status_of(kind.__new__(kind))), f"`{kind.code}`", _kind(kind), _paragraphs(kind))
        for kind in refusals()
    }
    return _table(("Status", "Code", "Kind", "Meaning"), sorted(rows))


def _kind(kind: type) -> str:
    return f"`{kind.__module__.removeprefix('chargehub.')}.{kind.__name__}`"


def messages_table(version: Any) -> str:
    rows = []
    for message, (to_report, _) in version.MESSAGES.items():
        report = typing.get_type_hints(to_report)["return"]
        told = re.sub(r"^[A-Z]\w+( of [\d.x]+)?: ", "", _sentence(_paragraphs(report)))
        if report is reports.Noted:
            told = f"A note: {to_report({}).topic.replace('_', ' ')}."
        rows.append((f"`{message}`", f"`{report.__name__}`", told[0].upper() + told[1:]))
    return _table(("Message", "Report", "What it tells"), rows)


def commands_table(version: Any) -> str:
    rows = []
    for kind, (to_calls, _) in version.COMMANDS.items():
        calls = [action for one in COMMANDS if type(one) is kind for action, _ in to_calls(one)]
        sent = ", ".join(f"`{action}`" for action in dict.fromkeys(map(str, calls)))
        rows.append((sent, f"`{_word(kind)}`", _sentence(_paragraphs(kind))))
    return _table(("Message", "Command", "What it asks"), rows)


def conformance_summary() -> str:
    counts = Counter((one.versions, one.word) for one in verdicts())
    words = ("passes", "not applicable")
    rows = [
        (versions, *(str(counts[versions, word]) for word in words))
        for versions in sorted({versions for versions, _ in counts})
    ]
    return _table(("Version", *(word.capitalize() for word in words)), rows)


def conformance_table(first: str) -> str:
    """The cases of the versions that begin with this number."""
    rows = [
        (f"`{one.case}`", one.versions, one.word, one.reason)
        for one in verdicts()
        if one.versions.startswith(first)
    ]
    return _table(("Case", "Version", "Verdict", "Shown by, or why not"), rows)


def quirks_table() -> str:
    """What is known of models of stations, each quirk a row."""
    rows = [
        (*_models(profile), quirk.what, quirk.state, quirk.how, _threads(quirk.sources))
        for profile in quirk_files.load()
        for quirk in profile.quirks
    ]
    head = ("Profile", "Vendor, model, firmware", "Quirk", "State", "How, or why", "Told in")
    return _table(head, rows)


def _models(profile: QuirkProfile) -> Row:
    stations = (
        ", ".join(
            f"`{text}`" if text else "(empty)"
            for text in (one.vendor, one.model, one.firmware)
            if text is not None
        )
        for one in profile.stations
    )
    return f"[{profile.title}]({profile.name}.toml)", "<br>".join(stations)


def _threads(sources: Iterable[str]) -> str:
    """As owner/repository and number."""
    parts = (source.removeprefix("https://github.com/").split("/") for source in sources)
    return ", ".join(f"{owner}/{name} {number}" for owner, name, _, number in parts)


def _word(command: Any) -> str:
    (kind,) = typing.get_args(typing.get_type_hints(command)["kind"])
    return str(kind)


def _paragraphs(thing: type) -> str:
    return " ".join((inspect.getdoc(thing) or "").split())


def _sentence(text: str) -> str:
    """The first sentence, with its stop."""
    first = " ".join(text.split()).split(". ")[0]
    return first if first.endswith((".", "?")) else f"{first}."


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


# --- the files -----------------------------------------------------------------------------

PARTS: dict[str, tuple[Path, Callable[[], str]]] = {
    "settings": (Path("docs/settings.md"), settings_table),
    "routes": (Path("docs/api.md"), api_table),
    "events": (Path("docs/events.md"), events_table),
    "refusals": (Path("docs/refusals.md"), refusals_table),
    "checkups": (Path("docs/checkups.md"), lambda: _table(*docs_checks.of_stations())),
    "doctor": (Path("docs/doctor.md"), lambda: _table(*docs_checks.of_hubs())),
    "1.6 in": (Path("docs/ocpp.md"), lambda: messages_table(v16)),
    "1.6 out": (Path("docs/ocpp.md"), lambda: commands_table(v16)),
    "2.0.1 in": (Path("docs/ocpp.md"), lambda: messages_table(v201)),
    "2.0.1 out": (Path("docs/ocpp.md"), lambda: commands_table(v201)),
    "2.1 in": (Path("docs/ocpp.md"), lambda: messages_table(v21)),
    "countries": (Path("docs/countries.md"), lambda: _table(*docs_countries.told())),
    "personal": (Path("docs/personal-data.md"), lambda: _table(*docs_personal.told())),
    "quirks": (Path("docs/chargers/README.md"), quirks_table),
    "conformance": (Path("docs/conformance.md"), conformance_summary),
    "conformance 1.6": (Path("docs/conformance.md"), lambda: conformance_table("1")),
    "conformance 2.x": (Path("docs/conformance.md"), lambda: conformance_table("2")),
}


def _around(part: str) -> re.Pattern[str]:
    begin = re.escape(BEGIN.format(part))
    return re.compile(f"(?<={begin}\n).*?(?=\n{re.escape(END)})", re.DOTALL)


def written(part: str, page: str) -> str:
    """A part as it stands in its page. Fails unless its markers are there once."""
    (found,) = _around(part).findall(page)
    return str(found)


def rows_of(table: str) -> list[Sequence[str]]:
    """The cells of the Markdown tables in a text, without heads and rules."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = {index for index, row in enumerate(cells) if set("".join(row)) == {"-"}}
    heads = {index - 1 for index in rules}
    return [row for index, row in enumerate(cells) if index not in rules | heads]


def rewrite() -> None:
    """Write every generated part anew."""
    for part, (path, render) in PARTS.items():
        page = (ROOT / path).read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN.format(part) + "\n")
        after = rest.removeprefix(written(part, page))
        now = f"{before}{BEGIN.format(part)}\n{render()}{after}"
        (ROOT / path).write_text(now, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
