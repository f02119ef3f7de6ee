"""Registering owners, drivers and stations at a hub by its REST API; twice is once."""

import asyncio
import hashlib
from collections.abc import Awaitable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from chargers.pricing import Price
from chargers.rest import Api, ApiRefused
from chargers.state import State

AT_ONCE = 8  # requests; the hub hashes passwords, and has other callers
CHECK_EVERY_S = 1.0
CONNECTOR = "IEC_62196_T2"


class StateLost(Exception):
    """The hub knows accounts or stations whose passwords this state does not; says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A location. Coordinates in degrees."""

    ref: str
    name: str
    address: str
    latitude: float
    longitude: float
    time_zone: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A registered station of one EVSE, and what it needs to connect. `version` is OCPP's."""

    ref: str
    station_id: str
    evse_id: str
    identity: str
    password: str
    version: str
    owner_token: str


class Enrolment:
    """Makes sure that accounts and stations exist at the hub, and knows their secrets."""

    def __init__(
        self,
        api: Api,
        state: State,
        *,
        rotates_passwords: bool = False,
        security_profile: int = 1,
    ) -> None:
        self._api = api
        self._state = state
        self._rotates = rotates_passwords
        self._profile = security_profile
        self._key: dict[str, str] | None = None
        self._first = asyncio.Lock()

    async def account(self, role: str, who: str) -> str:
        """The token of an account's login; the account is opened if the hub does not know it.

        Raises StateLost if the hub knows it with another password.
        """
        email = self._state.email(role, who)
        token = self._state.login(email)
        if token is not None and await self._is_valid(token):
            return token
        if token is not None:
            token = await self._log_in(email)
        if token is None:
            token = await self._sign_up(email, f"{role.capitalize()} {who}"[:100])
        self._state.keep_login(email, token)
        return token

    async def driver(self, who: str) -> str:
        """A driver with a card and a payment method that works; returns the card's id token."""
        token = await self.account("driver", who)
        card = self._state.id_token(who)
        known = [item["value"] async for item in self._api.pages("/id-tokens", token)]
        if card not in known:
            await self._api.post("/id-tokens", {"value": card}, token)
        if not (await self._api.get("/accounts/me", token))["can_pay"]:
            body = {"rail": "sandbox", "reference": "ok"}
            key = hashlib.sha256(f"{self._state.name}:{who}:pays".encode()).hexdigest()
            await self._api.ask("POST", "/payment-methods", token, body, key=key)
        return card

    async def tariff(self, owner: str, price: Price) -> str:
        """The owner's tariff with this price; returns its id."""
        ref = f"{self._state.name}:{price.key}"[:100]
        body = price.request(f"{self._state.name} {price.key}"[:100], ref)
        tariff: dict[str, Any] = await self._api.post("/tariffs", body, owner)
        return str(tariff["id"])

    async def location(self, owner: str, place: Place) -> str:
        """The owner's location; returns its id."""
        body = {
            "name": place.name,
            "address": place.address,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "time_zone": place.time_zone,
            "external_ref": place.ref,
        }
        location: dict[str, Any] = await self._api.post("/locations", body, owner)
        return str(location["id"])

    async def station(
        self, owner: str, location_id: str, ref: str, version: str, power_w: int
    ) -> Kept | None:
        """A station with one EVSE, published by `publish`; None: its password is lost.

        The version of the first run stands: a station does not change it between two runs.
        """
        evse = {
            "number": 1,
            "power_w": power_w,
            "connectors": [{"number": 1, "type": CONNECTOR}],
        }
        body: dict[str, Any] = {
            "location_id": location_id,
            "external_ref": ref,
            "name": ref,
            "evses": [evse],
        }
        if self._profile != 1:  # a hub that knows no profiles need not hear of them
            body["security_profile"] = self._profile
        answer = await self._api.ask("POST", "/stations", owner, body)
        told = answer.body
        password = told.get("password")
        if password is None and not self._rotates:
            password = self._remembered(ref, told["id"])
        elif password is None:
            path = f"/stations/{told['id']}/password"
            password = (await self._api.post(path, None, owner))["password"]
        if password is None:
            return None
        known = self._state.station(ref)
        if known is not None and known["station_id"] == told["id"]:
            version = known["version"]
        kept = {
            "station_id": told["id"],
            "evse_id": told["evses"][0]["id"],
            "identity": told["identity"],
            "password": password,
            "version": version,
        }
        if kept != known:
            self._state.keep_station(ref, kept)
        return Kept(ref=ref, owner_token=owner, **kept)

    async def publish(self, station: Kept, tariff_id: str) -> bool:
        """Open to everybody at all times with this tariff. False: the hub must check it first."""
        body = {"tariff_id": tariff_id, "opening_hours": "24/7"}
        path = f"/stations/{station.station_id}/listing"
        try:
            await self._api.ask("PUT", path, station.owner_token, body)
        except ApiRefused as refusal:
            if refusal.code != "checkup_needed":
                raise
            return False
        return True

    async def check_up(self, station: Kept) -> str:
        """Have a connected station checked by the hub; the grade it gets."""
        owner = station.owner_token
        found = await self._api.post(f"/stations/{station.station_id}/checkups", {}, owner)
        while found["grade"] is None:
            await asyncio.sleep(CHECK_EVERY_S)
            found = await self._api.get(f"/checkups/{found['id']}", owner)
        return str(found["grade"])

    async def charges_free(self, station: Kept, id_token: str) -> None:
        """This token is of the household of the station's EVSE."""
        path = f"/evses/{station.evse_id}/household/{id_token}"
        await self._api.ask("PUT", path, station.owner_token)

    async def done(self) -> None:
        """Revoke the key that was made for the sign-ups."""
        if self._key is not None:
            await self._api.ask("DELETE", f"/api-keys/{self._key['id']}", self._key["owner"])
            self._key = None

    def _remembered(self, ref: str, station_id: str) -> str | None:
        known = self._state.station(ref)
        if known is None or known["station_id"] != station_id:
            return None
        return str(known["password"])

    async def _is_valid(self, token: str) -> bool:
        try:
            await self._api.get("/accounts/me", token)
        except ApiRefused as refusal:
            if refusal.status != 401:
                raise
            return False
        return True

    async def _log_in(self, email: str) -> str | None:
        body = {"email": email, "password": self._state.password(email)}
        try:
            return str((await self._api.post("/logins", body))["token"])
        except ApiRefused as refusal:
            if refusal.status != 401:
                raise
            return None

    async def _sign_up(self, email: str, name: str) -> str:
        """The first account makes a key that may open accounts: with it sign-ups are not slowed
        as people's are."""
        async with self._first:
            if self._key is None:
                token = await self._open_account(email, name, None)
                body = {"name": "sign-ups of a fleet", "scopes": ["accounts:write"]}
                made = await self._api.post("/api-keys", body, token)
                self._key = {"id": made["id"], "key": made["key"], "owner": token}
                return token
        return await self._open_account(email, name, self._key["key"])

    async def _open_account(self, email: str, name: str, key: str | None) -> str:
        body = {"email": email, "password": self._state.password(email), "name": name}
        try:
            return str((await self._api.post("/accounts", body, key))["token"])
        except ApiRefused as refusal:
            if refusal.code != "email_taken":
                raise
        token = await self._log_in(email)
        if token is None:
            raise StateLost(
                f"The hub has an account {email} with a password this state does not know: the "
                f"set “{self._state.name}” was used here before with another state. Give the "
                "--state file or the --secret of that run, or use another --set."
            )
        return token


async def at_once(jobs: Iterable[Awaitable[Any]], limit: int = AT_ONCE) -> list[Any]:
    """Run jobs, a few at a time; their results in order. The first failure ends all, and rises."""
    gate, begun = asyncio.Semaphore(limit), list(jobs)

    async def gated(job: Awaitable[Any]) -> Any:
        async with gate:
            return await job

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(gated(job)) for job in begun]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        for job in begun:
            if isinstance(job, Coroutine):
                job.close()  # those that never had their turn
    return [task.result() for task in tasks]
