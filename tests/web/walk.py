"""Everything that can be opened: a hub in which every page has something to show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from playwright.async_api import Browser

from chargehub.web.contents import PAGES
from tests.stories.steps import book, charge
from tests.web.browsing import BrowsedHub, Window, window

_NO_PAGES = {"/data/{path:path}"}  # answers of REST
_BEFORE_LOGIN = ("/login", "/register", "/forgotten", "/new-password", "/offline")
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
    """A hub with a driver, an owner and an operator; what stands in addresses, by its name."""
    place = await hub.station(await hub.person("owner"), "2.0.1", evses=2)
    driver = await hub.person("driver")
    await hub.operator()
    await charge(hub, place, driver.id_token)
    session = (await driver.get("/sessions"))["items"][0]
    booking = await book(hub, driver, place, timedelta(minutes=30), timedelta(hours=1))
    return {
        "evse_id": place.evse_ids[1],
        "session_id": session["id"],
        "booking_id": booking["id"],
        "station_id": place.station_id,
        "method_id": (await driver.get("/payment-methods"))["items"][0]["id"],
    }


def pages(names: Mapping[str, str]) -> Iterator[Opened]:
    """Every page there is, and some again in another state. Raises KeyError: say what it is."""
    routes = [route for router in PAGES for route in router.routes]
    for path in sorted({str(route.path) for route in routes if "GET" in route.methods}):  # type: ignore[attr-defined]
        if path not in _NO_PAGES:
            yield Opened(_visitor(path), path.format_map(names))
    for path in _STATES:
        yield Opened("", path)


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
