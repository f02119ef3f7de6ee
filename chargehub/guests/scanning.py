"""Codes at EVSEs: what owners print or show, and what who scans one is told before paying."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from chargehub.errors import Conflict, Refused
from chargehub.guests import demands, pay_codes, walking_up
from chargehub.guests.demands import DemandView
from chargehub.jurisdictions.book import shipped
from chargehub.listings import tables as listings
from chargehub.sessions.rules import NoSuchEvse
from chargehub.stations import tables as stations
from chargehub.stations.commanding import command
from chargehub.stations.registration import owned_evse
from chargehub.stations.upkeep import ClearDisplayMessage, SetDisplayMessage
from chargehub.stations.views import EvseView, LocationView, StationView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.tariffs import quoting
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.price_lines import PriceLine, price_lines
from chargehub.tariffs.pricing import Tariff
from chargehub.units import Money

MESSAGE_ID = 1_000_000  # of the text on a display, and the EVSE's number; owners' own are smaller
CLEARED_WITHIN = timedelta(days=1)


class NoDisplay(Conflict):
    """The station's version of OCPP has no texts on displays."""

    code = "no_display"

    def __init__(self) -> None:
        super().__init__(
            "The hub shows texts on displays of stations with OCPP 2.0.1 and 2.1 alone. Leave"
            " `on_display` out, and show the code by other means: GET /evses/{evse_id}/pay-code."
        )


@dataclass(frozen=True, slots=True)
class CodeTerms:
    """The hub's secret, where codes lead, and how long a changing one is shown."""

    secret: bytes
    base: str
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class OwnedCode:
    """The code of an EVSE for its owner. `until` None: it is the sticker's and stays."""

    evse_id: str
    changes: bool
    on_display: bool
    code: str
    url: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a code leads, as far as who stands there can see it, and what charging costs.

    `tariff` None: nothing is offered to everybody. `why_not`: why nobody can start by the code
    now, as a sentence; None: it can be paid.
    """

    evse: EvseView
    station: StationView
    location: LocationView
    plugs: tuple[str, ...]
    tariff: Tariff | None
    prices: tuple[PriceLine, ...]
    hold: Money | None
    why_not: str | None


def owned_code(
    reads: Reads, owner_id: str, evse_id: str, terms: CodeTerms, now: datetime
) -> OwnedCode:
    """The code that counts at the owner's EVSE now. Raises NotFound."""
    evse = owned_evse(reads, owner_id, evse_id)
    demand = demands.demand(reads, evse.id)
    if demand is None:
        code = pay_codes.sticker_code(terms.secret, evse.id)
        return OwnedCode(evse.id, False, False, code, _url(terms, code), None)
    turn = pay_codes.turn_at(now, terms.lasts)
    code = pay_codes.changing_code(terms.secret, evse.id, turn)
    until = pay_codes.shown_until(turn, terms.lasts)
    return OwnedCode(evse.id, True, demand.show_at is not None, code, _url(terms, code), until)


def sticker_url(reads: Reads, owner_id: str, evse_id: str, terms: CodeTerms) -> str:
    """What the sticker of the owner's EVSE says. Raises NotFound."""
    return _url(
        terms, pay_codes.sticker_code(terms.secret, owned_evse(reads, owner_id, evse_id).id)
    )


def set_demand(
    work: Work, owner_id: str, evse_id: str, wanted: tuple[bool, bool], now: datetime
) -> None:
    """Take only who scans a code that changes, or everybody. `wanted`: whether codes change, and
    whether the station's display shows them. Raises NotFound, NoDisplay."""
    evse, (changes, on_display) = owned_evse(work, owner_id, evse_id), wanted
    before = demands.demand(work, evse.id)
    if changes and on_display and not _shows_texts(evse):
        raise NoDisplay
    if changes:
        demands.put(work, evse.id, now if on_display else None)
    else:
        demands.drop(work, evse.id)
    was_shown = before is not None and before.show_at is not None
    if was_shown and not (changes and on_display):
        clear = ClearDisplayMessage(MESSAGE_ID + evse.number)
        command(work, evse.station_id, clear, now, CLEARED_WITHIN)


def scanned_evse(reads: Reads, code: str, terms: CodeTerms, now: datetime) -> str:
    """The EVSE at which this code was scanned. Raises PayCodeUnknown, PayCodeOver, PayCodeChanges
    for a sticker where its owner wants more."""
    scanned = pay_codes.read_code(terms.secret, code)
    if scanned is None:
        raise pay_codes.PayCodeUnknown
    if scanned.turn is None:
        check_unscanned(reads, scanned.evse_id)
    elif not pay_codes.counts(scanned.turn, now, terms.lasts):
        raise pay_codes.PayCodeOver
    return scanned.evse_id


def check_unscanned(reads: Reads, evse_id: str) -> None:
    """Who has not scanned what is shown there now may pay at this EVSE. Raises PayCodeChanges."""
    if demands.demand(reads, evse_id) is not None:
        raise pay_codes.PayCodeChanges


def place(reads: Reads, evse_id: str, now: datetime) -> Place:
    """What who stands at an EVSE is told before paying. Raises NoSuchEvse."""
    evse = stations.evse(reads, evse_id)
    station = stations.station(reads, evse.station_id) if evse else None
    location = stations.location(reads, evse.location_id) if evse else None
    if evse is None or station is None or location is None or station.retired_at is not None:
        raise NoSuchEvse("There is no such EVSE any more.")
    plugs = tuple(plug.type for plug in stations.connectors_of(reads, [evse.id]))
    tariff = _offered(reads, evse, now)
    hold, why_not = None, None
    try:
        hold = walking_up.check(reads, evse_id, now).hold
    except Refused as error:
        why_not = str(error)
    prices = price_lines(tariff, _order(location)) if tariff else ()
    return Place(evse, station, location, plugs, tariff, prices, hold, why_not)


def _offered(reads: Reads, evse: EvseView, now: datetime) -> Tariff | None:
    listing = listings.listing(reads, evse.station_id)
    if listing is None or listing.audience.access != "public":
        return None
    snapshot_id = tariffs.snapshot_of(reads, listing.tariff_id, now)
    return tariffs.snapshot(reads, snapshot_id) if snapshot_id else None


def _order(location: LocationView) -> tuple[quoting.PartName, ...]:
    ordered = shipped().of(location.country).price_order
    return quoting.ORDER if ordered is None else ordered.value


def show_due(work: Work, now: datetime, terms: CodeTerms, chunk: Chunk = ALL) -> int:
    """Have displays show the codes of this turn, at most 50; how many."""
    due = demands.due(work, now, chunk.limit)
    show = partial(_show, now=now, terms=terms)
    return chunk.each(work, due, attrgetter("evse_id"), show)


def _show(work: Work, demand: DemandView, now: datetime, terms: CodeTerms) -> None:
    turn = pay_codes.turn_at(now, terms.lasts)
    until = pay_codes.shown_until(turn, terms.lasts)
    evse = stations.evse(work, demand.evse_id)
    if evse is None:
        demands.drop(work, demand.evse_id)
        return
    demands.put(work, evse.id, until)
    if not (evse.is_connected and _shows_texts(evse)):
        return
    code = pay_codes.changing_code(terms.secret, evse.id, turn)
    shown = SetDisplayMessage(
        MESSAGE_ID + evse.number,
        _url(terms, code),
        priority="in_front",
        ends_at=until + terms.lasts,
        evse=evse.number,
    )
    command(work, evse.station_id, shown, now, terms.lasts)


def _shows_texts(evse: EvseView) -> bool:
    return evse.ocpp_version is not None and evse.ocpp_version != "1.6"


def _url(terms: CodeTerms, code: str) -> str:
    return pay_codes.pay_url(terms.base, code)
