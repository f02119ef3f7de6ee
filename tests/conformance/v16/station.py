"""What a station of 1.6 tells, and what an accepted driver pays for it."""

from typing import Any, Self

from tests.conformance.bench import VERSIONS
from tests.conformance.case import CARD, Case, Site

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
ACCEPTED = {"status": "Accepted"}
BEGIN_WH, END_WH = 1_000, 6_000
FIVE_KWH = (5_000, 225)
"""What `Case16.charges` takes: Wh, cents."""


class Case16(Case):
    """A case of 1.6."""

    @classmethod
    async def booted(cls, site: Site) -> Self:
        """A new station, accepted by the hub, with a free connector."""
        made = await cls.register(site, VERSIONS["1.6"])
        await made.connects()
        await made.boots()
        await made.shows("Available")
        return made

    async def boots(self) -> None:
        assert (await self.tells("BootNotification", BOOT))["status"] == "Accepted"

    async def shows(self, status: str, connector: int = 1, error: str = "NoError") -> None:
        """A StatusNotification."""
        told = {"connectorId": connector, "status": status, "errorCode": error}
        assert await self.tells("StatusNotification", told | {"timestamp": self.now()}) == {}

    async def authorises(self, id_tag: str = CARD) -> str:
        """The hub's word on an id tag."""
        status: str = (await self.tells("Authorize", {"idTag": id_tag}))["idTagInfo"]["status"]
        return status

    async def starts(self, id_tag: str = CARD, **more: Any) -> tuple[int, str]:
        """A StartTransaction: the hub's transaction id, and its word on the id tag."""
        told = {"connectorId": 1, "idTag": id_tag, "meterStart": BEGIN_WH, "timestamp": self.now()}
        answer = await self.tells("StartTransaction", told | more)
        return answer["transactionId"], answer["idTagInfo"]["status"]

    async def meters(self, transaction: int, register_wh: int) -> None:
        """MeterValues of connector 1."""
        value = {"timestamp": self.now(), "sampledValue": [{"value": str(register_wh)}]}
        told = {"connectorId": 1, "transactionId": transaction, "meterValue": [value]}
        assert await self.tells("MeterValues", told) == {}

    async def stops(self, transaction: int, reason: str = "Local", **more: Any) -> Any:
        """A StopTransaction; the hub's answer."""
        told = {
            "transactionId": transaction,
            "meterStop": END_WH,
            "timestamp": self.now(),
            "reason": reason,
        }
        return await self.tells("StopTransaction", told | more)

    async def charges(self, id_tag: str = CARD, **more: Any) -> int:
        """An accepted session of an hour that still runs; its transaction id."""
        transaction, status = await self.starts(id_tag, **more)
        assert status == "Accepted"
        await self.shows("Charging")
        self.passes(hours=1)
        await self.meters(transaction, END_WH)
        return transaction

    async def runs(self) -> None:
        """The station's one session runs, of a known driver, with all its energy."""
        session = await self.session()
        assert (session["status"], session["driver_id"]) == ("active", self.site.driver.account_id)
        assert (session["energy_wh"], session["cost"]["amount_minor"]) == FIVE_KWH
        assert (await self.evse())[0] == "occupied"

    async def closed(self, reason: str) -> None:
        """The station's one session ended for this reason and is billed."""
        session = await self.session()
        assert (session["status"], session["stop_reason"]) == ("closed", reason)
        assert await self.bill(session) == FIVE_KWH
