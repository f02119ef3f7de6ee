"""What can be wrong with an installation: how it is brought about, and what the doctor must say.

Each is a function that breaks a whole installation for real. Its name and colour are the check's.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from chargehub.ledger.tables import LedgerEntry, LedgerTxn
from chargehub.people.tables import Account
from chargehub.receipts import keys
from chargehub.receipts.schema import ReceiptKey
from chargehub.store import sealing
from chargehub.store.tables import DeliveryRow, EventRow
from chargehub.webhooks.schema import Webhook
from tests.commands.ground import Break, Ground

NOW: Final = datetime.now(UTC)
LONG_AGO: Final = NOW - timedelta(days=3)


class Ailment(NamedTuple):
    """`word`: part of what must be said."""

    check: str
    colour: str
    word: str
    brought_about: Break


def account(ground: Ground, is_operator: bool = False) -> None:
    mail = "somebody@example.org"
    ground.insert(
        Account,
        email=mail,
        email_folded=mail,
        name="S",
        password_hash="x",
        is_operator=is_operator,
        can_pay=False,
        failures=0,
        created_at=LONG_AGO,
    )


def sealed_by(ground: Ground, secret: str) -> None:
    """A key of receipts that this secret opens."""
    sealed = sealing.seal(secret, keys.PURPOSE, b"k" * 32)
    ground.insert(ReceiptKey, public_key="k", sealed=sealed, created_at=LONG_AGO)


def delivery(ground: Ground, state: str, aggregate: str = "a:1", tries: int = 0) -> None:
    ground.insert(
        DeliveryRow,
        event_id="e",
        follower="webhooks.publishing.publish",
        aggregate=aggregate,
        state=state,
        tries=tries,
        due_at=LONG_AGO,
    )


def entries(ground: Ground, *rows: tuple[str, str, int]) -> None:
    """A transfer as no action would post it: account, asset, amount."""
    ground.insert(LedgerTxn, id="t", kind="capture", digest="d", effective_at=LONG_AGO)
    for position, (code, asset, amount) in enumerate(rows):
        ground.insert(
            LedgerEntry, txn_id="t", position=position, account=code, asset=asset, amount=amount
        )


def future_event(ground: Ground) -> None:
    at = datetime.now(UTC) + timedelta(days=2)
    ground.insert(EventRow, name="StationChecked", aggregate="a:1", body={}, recorded_at=at)


def webhook(ground: Ground) -> None:
    account(ground)
    with sqlite3.connect(ground.database) as connection:
        (owner,) = connection.execute("SELECT id FROM account").fetchone()
    ground.insert(
        Webhook,
        account_id=owner,
        url="https://hooks.example.org/",
        types=[],
        signing="ed25519",
        is_hub_wide=False,
        is_enabled=True,
        failing_since=LONG_AGO,
        created_at=LONG_AGO,
    )


def flip_bytes(ground: Ground) -> None:
    """Pages in the middle are overwritten, as by a bad disk."""
    with ground.database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 40)


def other_key(ground: Ground, name: str) -> None:
    ground.certificate("other")
    (ground.folder / "other.key").replace(ground.folder / f"{name}.key")


def elsewhere(ground: Ground, **settings: str) -> None:
    ground.settings.update(settings)


def metrics(ground: Ground, ended: datetime, failing: int = 0, put_off: int = 0) -> None:
    """A hub that tells this of itself."""
    figures = {
        "jobs_ended_at_seconds": ended.timestamp(),
        "jobs_failing": failing,
        "rows_put_off": put_off,
    }
    body = "".join(f"chargehub_{name} {value}\n" for name, value in figures.items())
    ground.settings["http"] = ground.answering("/metrics", body)


def write(ground: Ground, name: str, text: str, mode: int = 0o600) -> None:
    path = ground.folder / name
    path.write_text(text)
    path.chmod(mode)


def web_clock(ground: Ground, ahead: timedelta) -> None:
    told = (datetime.now(UTC) + ahead).strftime("%a, %d %b %Y %H:%M:%S GMT")
    ground.wanted["clock"] = f"http://{ground.answering('/', '', Date=told)}/"


def silent_mail_server(ground: Ground) -> None:
    ground.settings["smtp_url"] = f"smtp://user:hidden-word@{ground.taken_port()}"
    ground.wanted["mail"] = True


def mode_644(name: str) -> Break:
    def opened(ground: Ground) -> None:
        ground.certificate("chargehub-ca")
        ground.with_tls()
        (ground.folder / name).chmod(0o644)

    return opened


def tls(**how: object) -> Break:
    return lambda ground: ground.with_tls(**how)


def authority(ends: int = 400) -> Break:
    return lambda ground: ground.certificate("chargehub-ca", ends=ends)


def settings(**set_to: str) -> Break:
    return lambda ground: elsewhere(ground, **set_to)


def both(*ways: Break) -> Break:
    def brought_about(ground: Ground) -> None:
        for way in ways:
            way(ground)

    return brought_about


AILMENTS: Final = (
    Ailment("settings", "red", "CHARGEHUB_CHARGERS", settings(chargers="nowhere")),
    Ailment("settings", "red", "CHARGEHUB_COUNTRY", settings(country="QQ")),
    Ailment("settings", "red", "CHARGEHUB_FRAMES_KEPT", settings(frames_kept="-1")),
    Ailment("settings", "red", "CHARGEHUB_OCPPS", settings(ocpps="nowhere")),
    Ailment("settings", "red", "CHARGEHUB_SMTP_URL", settings(smtp_url="smtp://u:hidden-w/x@h")),
    Ailment("settings", "red", "WHOLESALE_FILE: No such", settings(wholesale_file="no.csv")),
    Ailment("settings", "red", "WHOLESALE_URL: ", settings(wholesale_url="http://10.0.0.1/{day}")),
    Ailment("loosened", "yellow", "OCPP_WITHOUT_PASSWORD", settings(ocpp_without_password="1")),
    Ailment("database", "red", "damaged", flip_bytes),
    Ailment("database", "red", "damaged", lambda g: write(g, "chargehub.sqlite", "no SQLite" * 99)),
    Ailment("database", "yellow", "serve", lambda g: g.database.unlink()),
    Ailment("database", "red", "no folder", settings(database="sqlite:///away/c.sqlite")),
    Ailment(
        "database",
        "red",
        "another database",
        both(lambda g: g.database.unlink(), lambda g: metrics(g, NOW)),
    ),
    Ailment(
        "database",
        "red",
        "does not answer",
        settings(database="postgresql://u:hidden-word@127.0.0.1:1/x"),
    ),
    Ailment("database", "red", "no URL", settings(database="hidden-word")),
    Ailment("database", "red", "no URL", settings(database="postgresql://u:hidden-word@h:x/y")),
    Ailment("database", "red", "keeps SQLite or", settings(database="mysql://u:hidden-word@h/x")),
    Ailment("schema", "red", "no tables", lambda g: write(g, "chargehub.sqlite", "")),
    Ailment(
        "schema",
        "red",
        "revision 0000",
        lambda g: g.execute("UPDATE alembic_version SET version_num = '0000'"),
    ),
    Ailment(
        "schema", "red", "lacks station_grade", lambda g: g.execute("DROP TABLE station_grade")
    ),
    Ailment(
        "schema",
        "red",
        "lacks delivery.error",
        lambda g: g.execute("ALTER TABLE delivery DROP COLUMN error"),
    ),
    Ailment("storage", "yellow", "rollback", lambda g: g.execute("PRAGMA journal_mode=DELETE")),
    Ailment(
        "secret",
        "red",
        "made with one",
        both(account, lambda g: (g.folder / "chargehub.secret").unlink()),
    ),
    Ailment("secret", "red", "less than 16", lambda g: write(g, "chargehub.secret", "short")),
    Ailment("secret", "red", "not the one", lambda g: sealed_by(g, "another secret altogether")),
    *(
        Ailment("file_modes", "red", f"{name} holds", mode_644(name))
        for name in (
            "chargehub-ca.key",
            "chargehub-tls.key",
            "chargehub.secret",
            "chargehub.sqlite",
        )
    ),
    Ailment("tls", "red", "ended on", tls(ends=-1)),
    Ailment("tls", "yellow", "in 20 days", tls(ends=20)),
    Ailment("tls", "red", "valid from", tls(begins=2)),
    Ailment("tls", "red", "MISMATCH", both(tls(), lambda g: other_key(g, "chargehub-tls"))),
    Ailment("tls", "red", "chargehub-tls", settings(ocpps="127.0.0.1:0")),
    Ailment(
        "tls",
        "yellow",
        "the certificate is for hub.example",
        both(tls(host="hub.example"), settings(ocpps_public_url="wss://other.example/ocpp")),
    ),
    Ailment("authority", "red", "ended on", authority(ends=-1)),
    Ailment("authority", "yellow", "in 3 days", authority(ends=3)),
    Ailment(
        "authority",
        "red",
        "does not belong",
        both(authority(), lambda g: other_key(g, "chargehub-ca")),
    ),
    Ailment("disk", "red", "Only 0 MB", settings(database="sqlite:////proc/c.sqlite")),
    Ailment("clock", "red", "to come", future_event),
    Ailment("clock", "red", "differs", lambda g: web_clock(g, timedelta(hours=-1))),
    Ailment("clock", "yellow", "differs", lambda g: web_clock(g, timedelta(seconds=30))),
    Ailment("ports", "red", "another program", lambda g: elsewhere(g, http=g.taken_port())),
    Ailment("ports", "red", "ocpp at 192.0.2.1", settings(ocpp="192.0.2.1:9000")),
    Ailment("ports", "yellow", "does not listen for ocpp", lambda g: metrics(g, NOW)),
    Ailment("jobs", "red", "s ago", lambda g: metrics(g, LONG_AGO)),
    Ailment("jobs", "red", "2 jobs failed", lambda g: metrics(g, datetime.now(UTC), failing=2)),
    Ailment("jobs", "yellow", "3 rows", lambda g: metrics(g, datetime.now(UTC), put_off=3)),
    Ailment("public_url", "yellow", "None is set", settings()),
    Ailment("public_url", "yellow", "this machine", settings(public_url="http://localhost:8000")),
    Ailment("public_url", "red", "everybody", settings(public_url="http://hub.example")),
    Ailment("public_url", "red", "no URL", settings(public_url="hub.example")),
    Ailment("station_urls", "yellow", "without TLS", settings(ocpp="0.0.0.0:0")),
    Ailment("station_urls", "red", "wss://", settings(ocpps_public_url="https://hub.example")),
    Ailment("station_urls", "red", "ws://", settings(ocpp_public_url="hub.example/ocpp")),
    Ailment("mail", "yellow", "No mail server", settings()),
    Ailment("mail", "yellow", "@localhost", settings(smtp_url="smtp://127.0.0.1:1")),
    Ailment("mail", "red", "takes no mail", silent_mail_server),
    Ailment("rails", "yellow", "no real money", settings()),
    Ailment("operators", "yellow", "Nobody", settings()),
    Ailment("deliveries", "yellow", "1 wait for a person", lambda g: delivery(g, "parked")),
    Ailment("deliveries", "yellow", "no hub runs", lambda g: delivery(g, "pending")),
    Ailment(
        "deliveries",
        "red",
        "never tried",
        both(lambda g: delivery(g, "pending"), lambda g: metrics(g, NOW)),
    ),
    Ailment("webhooks", "yellow", "1 fail", webhook),
    Ailment("ledger", "red", "EUR: 7", lambda g: entries(g, ("card", "EUR", 7))),
    Ailment(
        "ledger",
        "red",
        "5 Wh were metered",
        lambda g: entries(g, ("meter:1", "WH", -5), ("session:1", "WH", 5)),
    ),
)
