"""Looks at the settings as `serve` would: what they name is read, and nothing is made."""

import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chargehub.commands.doctor.facts import Configured
from chargehub.configured import host_port, source_of
from chargehub.errors import Refused
from chargehub.jurisdictions import book
from chargehub.mail import Smtp, connected
from chargehub.ocpp import contracts
from chargehub.prices.listed import BadPrices, parse
from chargehub.rails import registry
from chargehub.settings import Settings
from chargehub.stations import quirk_files

LOOSE = (
    *("ocpp_without_password", "ocsp_private_addresses"),
    *("webhook_private_addresses", "wholesale_private_addresses", "mail_to_log"),
    "sandbox_beside_stripe",
)


def look(settings: Settings, asks_mail: bool) -> Configured:
    """What they come to. `asks_mail`: knock at the mail server and send nothing."""
    smtp = _smtp(settings)
    return Configured(
        wrong=tuple(_wrong(settings)),
        loosened=tuple(_name(one) for one in LOOSE if getattr(settings, one)),
        http=settings.http,
        ocpp=settings.ocpp,
        ocpps=settings.ocpps,
        public_url=settings.public_url,
        ocpp_public_url=settings.ocpp_public_url,
        ocpps_public_url=settings.ocpps_public_url,
        smtp=f"{smtp.host}:{smtp.port}" if smtp else "",
        mail_from=settings.mail_from,
        mail_answer=_mail_answer(smtp) if smtp and asks_mail else None,
        rails=registry.names(settings),
        tick_s=settings.tick_s,
    )


def _wrong(settings: Settings) -> Iterator[str]:
    """Why `serve` would refuse; certificates, keys and the database are checks of their own."""
    tries: dict[str, Callable[[], Any]] = {
        "http": lambda: host_port(settings.http),
        "ocpp": lambda: host_port(settings.ocpp),
        "ocpps": lambda: settings.ocpps and host_port(settings.ocpps),
        "country": lambda: _country(settings.country),
        "chargers": lambda: quirk_files.load(
            Path(settings.chargers) if settings.chargers else None
        ),
        "contract_roots_file": lambda: contracts.load(settings),
        "wholesale_file": lambda: _prices(settings.wholesale_file),
        "wholesale_url": lambda: source_of(settings),
    }
    if settings.smtp_url and _smtp(settings) is None:  # the error would tell of the password
        yield f"{_name('smtp_url')}: it looks like smtp://user:password@host:587."
    for name, attempt in tries.items():
        try:
            attempt()
        except (ValueError, OSError, Refused, BadPrices) as error:
            yield f"{_name(name)}: {_said(error)}."


def _name(setting: str) -> str:
    return f"CHARGEHUB_{setting.upper()}"


def _country(country: str) -> None:
    book.check_country(country)
    book.shipped()


def _prices(file: str) -> None:
    if file:
        path = Path(file)
        parse(path.read_bytes(), path.suffix == ".json")


def _smtp(settings: Settings) -> Smtp | None:
    try:
        return Smtp.of(settings.smtp_url) if settings.smtp_url else None
    except ValueError:
        return None


def _mail_answer(smtp: Smtp) -> str:
    """Empty: it lets the hub in; else what it said, or that nobody answers."""
    try:
        with connected(smtp) as line:
            line.noop()
    except smtplib.SMTPResponseException as error:
        return f"it answers {error.smtp_code}"  # its text may repeat what it was told
    except (smtplib.SMTPException, OSError) as error:
        return _said(error) if isinstance(error, OSError) else type(error).__name__
    return ""


def _said(error: Exception) -> str:
    """To stand within a sentence."""
    text = error.detail if isinstance(error, Refused) else str(error)
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror
    return text.rstrip(".")
