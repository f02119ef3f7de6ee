"""Everything that can be opened: a hub in which every page has something to show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from playwright.async_api import Browser

from chargehub.web.contents import PAGES
from tests.hub import Person, Place
from tests.listings.photographs import photo
from tests.stories.steps import book, charge
from tests.stories.test_guest import ask, guest_of, link
from tests.web.browsing import BrowsedHub, Window, window

# Answers of REST, documents that are looked at elsewhere, and what only leads on.
_NO_PAGES = {
    "/data/{path:path}",
    "/back",
    "/ad-hoc/{token}/invoice",
    "/guest-booking/{credential}/invoice",
    "/guest-booking/{credential}/receipt.json",
    "/guest-booking/{credential}/disputes/{dispute_id}",  # is the driver's page of one
}
_BEFORE_LOGIN = (
    *("/login", "/register", "/forgotten", "/new-password", "/offline"),
    *("/ad-hoc/", "/charge/", "/guest-book", "/start/"),
)
_STATES = (  # the same pages with something else to show
    "/?south=1&west=1&north=1.1&east=1.1",
    "/?when=later&from=2026-03-03T10:00&hours=2&need=20",
    "/?when=later&from=never",
    "/nowhere",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A page, and whose window it is opened in; nobody's is ''."""

    name: str
    path: str


async def filled(hub: BrowsedHub) -> Mapping[str, str]:
    """A hub with a driver, a guest, an owner and an operator; what stands in addresses, by its
    name, or by that of a page where another page calls something else so."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1", evses=3)
    await hub.operator()
    await charge(hub, place, driver.id_token)
    session = (await driver.get("/sessions"))["items"][0]
    booking = await book(hub, driver, place, timedelta(hours=4), timedelta(hours=1))
    disputed = {"session_id": session["id"], "kind": "energy", "statement": "My car took less."}
    asked = {**disputed, "amount": {"amount_minor": 10, "currency": "EUR"}}
    guest, mailed = await guests(hub, place)
    location = (await owner.get("/locations"))["items"][0]
    await pictured(hub, owner, place)
    code = (await owner.get(f"/evses/{place.evse_ids[2]}/pay-code"))["url"].rpartition("/")[2]
    return {
        "evse_id": place.evse_ids[1],
        "session_id": session["id"],
        "booking_id": booking["id"],
        "station_id": place.station_id,
        "method_id": (await driver.get("/payment-methods"))["items"][0]["id"],
        "dispute_id": (await driver.post("/disputes", asked))["id"],
        "location_id": location["id"],
        "pairing_id": await pairing(owner, location["id"]),
        "credential": guest.token,
        "code": code,
        "/guest-bookings/{token}": mailed,
        "/ad-hoc/{token}": (await hub.ask("POST", "/ad-hoc-sessions", {"code": code}))["token"],
        "/operator/lists/{name}": "disputes",
        "/operator/acts/{name}": "post_dispute_decision",
    }


async def pictured(hub: BrowsedHub, owner: Person, place: Place) -> None:
    """A photo of the station."""
    path, login = f"/api/v1/stations/{place.station_id}/photos", f"Bearer {owner.token}"
    sent = await hub.api.post(path, content=photo(), headers={"Authorization": login})
    assert sent.status_code == 201, sent.text


async def guests(hub: BrowsedHub, place: Place) -> tuple[Person, str]:
    """A guest whose booking is confirmed, and the token of a link that is open."""
    guest = await guest_of(hub, place)
    await ask(hub, place, start_in=timedelta(hours=6))
    return guest, await link(hub)


async def pairing(owner: Person, location_id: str) -> str:
    """Hardware with a name of its own that its owner waits for."""
    plug = {"number": 1, "type": "IEC_62196_T2"}
    evses = [{"number": 1, "power_w": 11_000, "connectors": [plug]}]
    wanted = {"location_id": location_id, "evses": evses, "identity": "ACME-2"}
    made = await owner.post("/pairings", wanted)
    return str(made["id"])


def pages(names: Mapping[str, str]) -> Iterator[Opened]:
    """Every page there is, and some again in another state. Raises KeyError: say what it is."""
    routes = [route for router in PAGES for route in router.routes]
    for path in sorted({str(route.path) for route in routes if "GET" in route.methods}):  # type: ignore[attr-defined]
        if path not in _NO_PAGES:
            yield Opened(_visitor(path), _address(path, names))
    for path in _STATES:
        yield Opened("", path)


def _address(path: str, names: Mapping[str, str]) -> str:
    own = dict.fromkeys(("token", "name"), names.get(path, ""))
    things = {"kind": "sessions", "subject_id": names["session_id"]}
    if path.startswith("/operator/things"):
        things = {"kind": "session", "thing_id": names["session_id"]}
    return path.format_map({**names, **things, **own})


def _visitor(path: str) -> str:
    if path.startswith(_BEFORE_LOGIN):
        return ""
    if path.startswith("/operator"):
        return "operator"
    return "owner" if path.startswith("/owner") else "driver"


async def windows(chromium: Browser, hub: BrowsedHub) -> Mapping[str, Window]:
    """A window of each, logged in; and one of nobody's."""
    opened = {name: await window(chromium, hub) for name in ("", "driver", "owner", "operator")}
    for name, each in opened.items():
        if name:
            await each.log_in(f"{name}@example.org")
    return opened
