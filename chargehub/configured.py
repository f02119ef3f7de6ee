"""What the settings come to for each part of the hub."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from chargehub.bookings.promises import Promises
from chargehub.checkups.actions import Checking
from chargehub.checkups.evidence import Intervals
from chargehub.checkups.rules import Renewal
from chargehub.ocpp.tls import Tls
from chargehub.payments.confirming import Manner
from chargehub.personal.retaining import Kept
from chargehub.prices.dayahead import Source, check_source, feeds_of
from chargehub.prices.market import FetchedMarket, FileMarket, Market, NoMarket
from chargehub.settings import Settings
from chargehub.settlement.split import Terms, VatMode
from chargehub.stations.quirks import QuirkBook
from chargehub.webhooks import rules as webhook_rules

log = structlog.get_logger(__name__)


def tls_of(settings: Settings) -> Tls | None:
    """The certificate of the port with TLS; None: there is no such port. Raises BadFile."""
    if not settings.ocpps:
        return None
    has_authority = settings.ca_certificate_file.exists()
    return Tls(
        settings.ocpps_certificate_file,
        settings.ocpps_key_file,
        settings.ca_certificate_file if has_authority else None,
    )


_VAT_MODES: Mapping[str, VatMode | None] = {
    "country": None,
    "agent": "agent",
    "commissionaire": "commissionaire",
}


def terms_of(settings: Settings) -> Terms:
    """How costs are divided, as the operator set it."""
    return Terms(
        fee_basis_points=settings.fee_basis_points,
        fee_vat_percent=settings.fee_vat_percent,
        maturity=timedelta(hours=settings.maturity_hours),
        new_owner_maturity=timedelta(hours=settings.new_owner_maturity_hours),
        dispute_window=timedelta(days=settings.prepaid_dispute_days),
        vat_mode=_VAT_MODES[settings.vat_mode],
    )


def manner_of(settings: Settings) -> Manner:
    """How drivers are asked to confirm payments."""
    public_url = settings.public_url or f"http://{settings.http}"
    return Manner(public_url, timedelta(minutes=settings.confirm_within_minutes))


def promises_of(settings: Settings) -> Promises:
    """What drivers are promised whose booking a station spoils, as the operator set it."""
    return Promises(
        start_fails_within=timedelta(seconds=settings.start_fails_within_s),
        credit=settings.failure_credit,
        credits_in_30_days=settings.failure_credits,
        credits_of_owner_in_30_days=settings.owner_credits,
        owner_start=settings.owner_start_credit,
        owner_cancels=settings.owner_cancels,
        delisted=timedelta(days=settings.delisted_days),
        address_before=timedelta(minutes=settings.address_before_minutes),
    )


def webhook_terms_of(settings: Settings) -> webhook_rules.Terms:
    """How long webhooks may fail and events are kept, as the operator set it."""
    return webhook_rules.Terms(
        failing=timedelta(days=settings.webhook_failing_days),
        kept=timedelta(days=settings.events_kept_days),
    )


def checking_of(settings: Settings, book: QuirkBook) -> Checking:
    """How stations are checked, as the operator set it."""
    return Checking(
        Intervals(settings.heartbeat_interval_s),
        book,
        Renewal(
            settings.listing_grade,
            timedelta(days=settings.checkup_lasts_days),
            timedelta(days=settings.checkup_grace_days),
        ),
    )


def kept_of(settings: Settings) -> Kept:
    """How long what tells of people is kept, as the operator set it."""
    return Kept(
        logins=timedelta(days=settings.logins_kept_days),
        mails=timedelta(days=settings.mails_kept_days),
        reveals=timedelta(days=settings.reveals_kept_days),
        knocks=timedelta(days=settings.knocks_kept_days),
        sellers=timedelta(days=settings.sellers_kept_days),
    )


def source_of(settings: Settings) -> Source | None:
    """Where wholesale prices are fetched; None: nowhere. Raises ValueError with a sentence."""
    url = settings.wholesale_url
    if not url:
        return None
    if settings.wholesale_file:
        raise ValueError("Wholesale prices have one source: a file or a URL, not both.")
    source = Source(
        url,
        settings.wholesale_token,
        feeds_of(settings.wholesale_zones),
        timedelta(seconds=settings.wholesale_timeout_s),
        timedelta(minutes=settings.wholesale_lasts_minutes),
    )
    check_source(source, settings.wholesale_private_addresses)
    return source


def market_of(settings: Settings, source: Source | None) -> Market:
    """What is known of wholesale prices, and from where."""
    if source is not None:
        return FetchedMarket(source)
    file = settings.wholesale_file
    return FileMarket(Path(file)) if file else NoMarket()


def with_secret(settings: Settings) -> Settings:
    """The settings with a secret: the given one, or the one kept in the file, or a new one."""
    if settings.secret:
        return settings
    path = settings.secret_file
    if not path.exists():
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(32) + "\n")
        log.info("secret made", file=str(path))
    return settings.model_copy(update={"secret": path.read_text().strip()})


def host_port(text: str) -> tuple[str, int]:
    """'127.0.0.1:8000' as its two parts. Raises ValueError with a sentence."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{text!r} is no HOST:PORT, like 127.0.0.1:8000.")
    return host.strip("[]"), int(port)
