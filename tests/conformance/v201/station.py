"""What a station of 2.0.1 or 2.1 tells, and what an accepted driver pays for it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from chargehub.ocpp.versions import Version
from tests.conformance.bench import VERSIONS as VERSIONS
from tests.conformance.case import CARD, Case, Site

BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}
ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
TRANSACTION = "tx-1"
"""A station numbers its transactions, so every case may have the same."""
BEGIN_WH, END_WH = 1_000, 6_000
FIVE_KWH = (5_000, 225)
"""From BEGIN_WH to END_WH: Wh, cents."""


class Event(NamedTuple):
    """A TransactionEvent: what is left out is not told."""

    kind: str
    trigger: str
    charging: str = ""
    card: str = ""
    wh: int | None = None
    reason: str = ""
    evse: int = 1
    more: dict[str, Any] | None = None


def started(trigger: str, charging: str = "", **told: Any) -> Event:
    return Event("Started", trigger, charging, **told)


def updated(trigger: str, charging: str = "", **told: Any) -> Event:
    return Event("Updated", trigger, charging, **told)


def ended(trigger: str, reason: str, wh: int = END_WH, **told: Any) -> Event:
    return Event("Ended", trigger, reason=reason, wh=wh, **told)


CHARGING = (
    started("CablePluggedIn", "EVConnected", wh=BEGIN_WH),
    updated("Authorized", "EVConnected", card=CARD),
    updated("ChargingStateChanged", "Charging"),
    updated("MeterValuePeriodic", "Charging", wh=END_WH),
)
"""The driver charges five kWh, and goes on."""


def id_token(card: str) -> dict[str, str]:
    return {"idToken": card, "type": "ISO14443"}


def meter_value(at: str, wh: int, context: str = "Sample.Periodic") -> dict[str, Any]:
    return {"timestamp": at, "sampledValue": [{"value": wh, "context": context}]}


class Case2(Case):
    """A case of 2.x."""

    def __init__(self, site: Site, version: Version, registered: dict[str, Any]) -> None:
        super().__init__(site, version, registered)
        self._numbers: Counter[str] = Counter()

    @classmethod
    async def booted(cls, site: Site, version: Version) -> Self:
        """A new station, accepted by the hub, with a free connector."""
        made = await cls.register(site, version)
        await made.connects()
        await made.boots()
        await made.shows("Available")
        return made

    async def boots(self) -> None:
        assert (await self.tells("BootNotification", BOOT))["status"] == "Accepted"

    async def shows(self, status: str, evse: int = 1, connector: int = 1, **more: Any) -> None:
        """A StatusNotification."""
        told = {"evseId": evse, "connectorId": connector, "connectorStatus": status}
        assert await self.tells("StatusNotification", told | {"timestamp": self.now()} | more) == {}

    async def authorises(self, card: str = CARD) -> str:
        """The hub's word on a card."""
        answer = await self.tells("Authorize", {"idToken": id_token(card)})
        status: str = answer["idTokenInfo"]["status"]
        return status

    async def event(self, event: Event, transaction: str = TRANSACTION, **more: Any) -> Any:
        """Tell an event with the transaction's next number, a minute after the last; the answer."""
        at = self.passes(minutes=1)
        info: dict[str, Any] = {"transactionId": transaction}
        if event.charging:
            info["chargingState"] = event.charging
        if event.reason:
            info["stoppedReason"] = event.reason
        told: dict[str, Any] = {
            "eventType": event.kind,
            "triggerReason": event.trigger,
            "timestamp": at,
            "seqNo": self._numbers[transaction],
            "transactionInfo": info,
        }
        if event.evse:
            told["evse"] = {"id": event.evse, "connectorId": 1}
        if event.card:
            told["idToken"] = id_token(event.card)
        if event.wh is not None:
            told["meterValue"] = [meter_value(at, event.wh)]
        self._numbers[transaction] += 1
        return await self.tells("TransactionEvent", told | (event.more or {}) | more)

    async def events(self, events: Iterable[Event], transaction: str = TRANSACTION) -> Any:
        """Tell them in order; every token is accepted. The last answer."""
        answer: Any = None
        for event in events:
            answer = await self.event(event, transaction)
            assert answer.get("idTokenInfo", ACCEPTED)["status"] == "Accepted", answer
        return answer

    async def charges(self) -> None:
        """A session of the driver that still runs."""
        await self.shows("Occupied")
        await self.events(CHARGING)

    async def runs(self) -> None:
        """The station's one session runs, of a known driver, with all its energy."""
        session = await self.session()
        assert (session["status"], session["driver_id"]) == ("active", self.site.driver.account_id)
        assert (session["energy_wh"], session["cost"]["amount_minor"]) == FIVE_KWH

    async def closed(self, reason: str) -> None:
        """The station's one session ended for this reason and is billed."""
        session = await self.session()
        assert (session["status"], session["stop_reason"]) == ("closed", reason)
        assert await self.bill(session) == FIVE_KWH
