"""A hub in which an owner and a driver have one of everything, for tests that ask every route."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chargehub.checkups import tables as checkups
from chargehub.checkups.tables import CheckupView, Step
from chargehub.events import StationConnected
from chargehub.payments.books import BookLine
from chargehub.reconciliation import actions as reconciliation
from chargehub.reconciliation.tables import page_of as lines_of
from chargehub.stations.schema import StationCertificate
from chargehub.store.columns import new_id
from chargehub.store.tables import DeliveryRow, EventRow
from chargehub.store.work import Delivery, Work
from tests.hub import Person, Place, RunningHub
from tests.listings.photographs import photo
from tests.people.conftest import mails

HOUR = timedelta(hours=1)
CARD = "04A1B2C3D4"
HOUSEHOLD = "HOUSEHOLD1"
AWAITED = "ACME-1"


@dataclass(frozen=True)
class Busy:
    """Who is there, and the ids of what they have, by the name that routes give them."""

    hub: RunningHub
    owner: Person
    driver: Person
    operator: Person
    stranger: Person
    guest: Person
    place: Place
    ids: dict[str, str]

    def person(self, name: str) -> Person:
        found = getattr(self, name)
        assert isinstance(found, Person)
        return found

    @property
    def private(self) -> set[str]:
        """What nobody but its owner, the driver and the operator may ever read."""
        ids = {name: value for name, value in self.ids.items() if name not in PUBLIC}
        people = (self.owner, self.driver)
        return {
            *ids.values(),
            self.guest.email,
            *(text for one in people for text in (one.account_id, one.email, one.id_token)),
            self.place.identity,
            AWAITED,
            self.place.password,
        }


# Whoever searches sees these.
PUBLIC = {"evse_id", "photo_id", "idle_evse_id", "station_id", "tariff_id", "month", "rail"}


async def busy(hub: RunningHub) -> Busy:
    """Build it: a closed session, an active one, a booking to come, and all that leads there."""
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    stranger = await hub.person("stranger", pays=False)
    operator = await hub.operator()
    place = await hub.station(owner, "2.0.1", evses=3)
    await _equip(owner, driver, place)
    await _charge(hub, place, driver)
    weekly = {"evse_id": place.evse_ids[2], "weeks": 2, **_hour(hub, 9 * HOUR)}
    series = await driver.post("/booking-series", weekly)
    starts_at = hub.clock.now() + 5 * HOUR
    slot = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + HOUR).isoformat()}
    await driver.post("/bookings", {"evse_id": place.evse_ids[2], **slot})
    quote = await driver.post(
        "/quotes", {"evse_id": place.evse_ids[0], **slot, "energy_wh": 10_000}
    )
    where = (await owner.get("/locations"))["items"][0]["id"]
    evses = [{"number": 1, "power_w": 1, "connectors": [{"number": 1, "type": "TESLA_S"}]}]
    await owner.post("/pairings", {"location_id": where, "evses": evses, "identity": AWAITED})
    night = {"kind": "own_car", "times": {"weekdays": [6], "from": "03:00", "to": "04:00"}}
    block = await owner.post(f"/stations/{place.station_id}/blocks", night)
    group = await owner.post("/member-groups", {"name": "Street", "tariff_id": place.tariff_id})
    await driver.post("/memberships", {"code": group["code"]})
    code = await owner.post(f"/member-groups/{group['id']}/codes", {})
    disputed = await _dispute(driver, owner)
    await hub.settle()
    ids = {
        "block_id": block["id"],
        **disputed,
        "series_id": series["id"],
        "group_id": group["id"],
        "code": group["code"],
        "code_id": code["id"],
        "driver_id": driver.account_id,
        "quote_id": quote["id"],
        **await _ids(owner, driver, place),
        "delivery_id": await hub.hub.store.do(_park),
        "rail": "sandbox",
        "line_id": await hub.hub.store.do(_unexplained, hub.clock.now()),
        **await _tell(owner),
        "watch_id": (await driver.post("/watches", {"latitude": 0, "longitude": 0}))["id"],
        "checkup_id": await hub.hub.store.do(_check, place.station_id, hub.clock.now()),
        "certificate_id": await hub.hub.store.do(_certify, place.station_id, hub.clock.now()),
    }
    ids["review_id"] = await _review(owner, driver, ids["closed_session_id"])
    guest = await _guest(hub, place)
    return Busy(hub, owner, driver, operator, stranger, guest, place, ids)


async def _guest(hub: RunningHub, place: Place) -> Person:
    """Somebody without an account, with a booking; the token is its credential."""
    starts_at = hub.clock.now() + 7 * HOUR
    slot = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + HOUR).isoformat()}
    wanted = {"evse_id": place.evse_ids[2], **slot, "energy_wh": 10_000}
    email = "guest@example.org"
    await hub.ask("POST", "/guest-bookings", {**wanted, "email": email}, 202)
    await hub.settle()
    texts = [text for recipient, _, text in await hub.hub.store.read(mails) if recipient == email]
    token = next(one for one in texts[-1].split() if "/guest-bookings/" in one).rpartition("/")[2]
    card = {"payment_method": {"rail": "sandbox", "reference": "ok"}}
    made = await hub.ask("POST", f"/guest-bookings/{token}/confirm", card, 201)
    await hub.settle()
    return Person(hub, "", email, made["credential"])


async def _review(owner: Person, driver: Person, session_id: str) -> str:
    """Both sides review each other; the id of what the owner says of the driver."""
    await driver.post(f"/sessions/{session_id}/reviews", {"stars": 5})
    made = await owner.post(f"/sessions/{session_id}/reviews", {"stars": 4})
    await owner.hub.settle()
    return str(made["id"])


async def _dispute(driver: Person, owner: Person) -> dict[str, str]:
    """What the first session cost is disputed, and the owner has shown a photo."""
    sessions = (await driver.get("/sessions"))["items"]
    wanted = {
        "session_id": next(one["id"] for one in sessions if one["status"] == "closed"),
        "kind": "energy",
        "amount": {"amount_minor": 100, "currency": "EUR"},
        "statement": "That is not right.",
    }
    dispute_id = str((await driver.post("/disputes", wanted))["id"])
    answer = await owner.hub.api.post(
        f"/api/v1/disputes/{dispute_id}/photos",
        content=photo(),
        headers={"Authorization": f"Bearer {owner.token}"},
    )
    assert answer.status_code == 201, answer.text
    return {"dispute_id": dispute_id, "shown_photo_id": answer.json()["photo_id"]}


def _hour(hub: RunningHub, start_in: timedelta) -> dict[str, str]:
    start = hub.clock.now() + start_in
    return {"starts_at": start.isoformat(), "ends_at": (start + HOUR).isoformat()}


async def _tell(owner: Person) -> dict[str, str]:
    """A webhook to an address that nobody may reach, and what became of a ping to it."""
    wanted = {"url": "https://hooks.invalid/hook", "types": ["PayoutFailed"]}
    webhook_id = (await owner.post("/webhooks", wanted))["id"]
    ping = await owner.post(f"/webhooks/{webhook_id}/ping", expect=202)
    await owner.hub.settle()
    return {"webhook_id": webhook_id, "message_id": ping["id"]}


def _certify(work: Work, station_id: str, now: datetime) -> str:
    """A certificate of the station; its id."""
    certificate = StationCertificate(
        id=new_id(),
        station_id=station_id,
        purpose="station",
        serial_number="1f",
        fingerprint="ab" * 32,
        valid_from=now,
        valid_until=now + timedelta(days=1),
        signed_at=now,
    )
    work.add(certificate)
    return certificate.id


def _check(work: Work, station_id: str, now: datetime) -> str:
    """A check-up of the station that is over; its id."""
    found = CheckupView(
        *(new_id(), station_id, now, now, None, None, None, "2.0.1", None, None, None, None),
        *("A", 95, (Step("connection", "passed", "It is connected.", now, now),)),
    )
    checkups.add(work, found)
    return found.id


def _unexplained(work: Work, now: datetime) -> str:
    """A line of a rail's books that nobody knows; its id."""
    begun = now - timedelta(days=3)
    line = BookLine("txn_busy", "other", None, 100, 0, "EUR", begun, begun)
    reconciliation.enter(work, "sandbox", [line], now)
    found = lines_of(work, "suspense", None, 1)
    return found[0].id


def _park(work: Work) -> str:
    """A delivery that waits for an operator, of a station that nobody has; its id."""
    event, now = StationConnected("nowhere"), datetime.now(UTC)
    event_id = new_id()
    body = asdict(event)
    work.insert(
        EventRow,
        id=event_id,
        name="StationConnected",
        aggregate=event.aggregate,
        body=body,
        recorded_at=now,
    )
    delivery = Delivery(new_id(), event, "stations.commanding.resume_commands")
    work.insert(DeliveryRow, **{**delivery.values(event_id, now), "state": "parked"})
    return delivery.id


async def _equip(owner: Person, driver: Person, place: Place) -> None:
    credentials = {"email": driver.email, "password": "correct horse"}
    await driver.hub.ask("POST", "/logins", credentials, 201)
    await driver.post("/id-tokens", {"value": CARD})
    await driver.post("/api-keys", {"name": "machine", "scopes": ["read"]})
    await owner.ask("PUT", f"/evses/{place.evse_ids[0]}/household/{HOUSEHOLD}", expect=204)
    await owner.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)
    await verify(owner)
    answer = await owner.hub.api.post(
        f"/api/v1/stations/{place.station_id}/photos",
        content=photo(),
        headers={"Authorization": f"Bearer {owner.token}"},
    )
    assert answer.status_code == 201, answer.text
    wish = {"kind": "read_settings", "names": ["OCPPCommCtrlr.HeartbeatInterval"]}
    await owner.post(f"/stations/{place.station_id}/commands", wish, 202)
    await owner.hub.settle()


async def verify(person: Person) -> None:
    """Confirm the address with the code that was mailed: nobody else is paid out."""
    sent = await person.hub.hub.store.read(mails)
    text = next(text for recipient, _, text in sent if recipient == person.email)
    code = next(line for line in text.splitlines() if line.startswith("    ")).strip()
    await person.hub.ask("POST", "/email-verifications", {"token": code}, 204)


async def _charge(hub: RunningHub, place: Place, driver: Person) -> None:
    """A whole session at the first EVSE, paid out; then one at the second that goes on."""
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 30_000, before_each=lambda: hub.clock.advance(3 * HOUR))
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await hub.settle()
    await hub.advance(hours=25)
    await place.sim.plug_in(2, driver.id_token)
    await place.sim.charge(2, 1_000, before_each=lambda: hub.clock.advance(HOUR))
    await hub.settle()


async def _ids(owner: Person, driver: Person, place: Place) -> dict[str, str]:
    async def first(person: Person, path: str, **having: Any) -> dict[str, Any]:
        items = (await person.get(path))["items"]
        return next(one for one in items if having.items() <= one.items())

    async def id_of(person: Person, path: str, **having: Any) -> str:
        return str((await first(person, path, **having))["id"])

    return {
        "login_id": await id_of(driver, "/logins", is_current=False),
        "key_id": await id_of(driver, "/api-keys"),
        "value": CARD,
        "photo_id": await id_of(owner, f"/stations/{place.station_id}/photos"),
        "location_id": await id_of(owner, "/locations"),
        "station_id": place.station_id,
        "pairing_id": await id_of(owner, "/pairings"),
        "command_id": await id_of(owner, f"/stations/{place.station_id}/commands"),
        "evse_id": place.evse_ids[0],
        "idle_evse_id": place.evse_ids[2],
        "token": HOUSEHOLD,
        "tariff_id": place.tariff_id,
        "booking_id": await id_of(driver, "/bookings"),
        "session_id": await id_of(driver, "/sessions", status="active"),
        "closed_session_id": await id_of(driver, "/sessions", status="closed"),
        "invoice_id": await id_of(driver, "/invoices", kind="invoice"),
        "cdr_id": await id_of(driver, "/cdrs"),
        "method_id": await id_of(driver, "/payment-methods"),
        "payment_id": await id_of(driver, "/payments"),
        "payout_id": await id_of(owner, "/payouts"),
        "month": "2026-03",
    }
