"""A hub that also listens with TLS and signs certificates, and stations with bare lines to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from chargehub.clock import HandClock
from chargehub.ocpp import authority
from chargers.line import HandshakeRefused, RawStation
from tests.hub import Person, RunningHub, serve_again, served
from tests.pki import client, new_key, request, write_server

LIMIT_S = 10.0
WHERE = {
    "name": "Garage",
    "address": "Storgata 1",
    "latitude": 59.9,
    "longitude": 10.7,
    "time_zone": "Europe/Oslo",
}
EVSE = {"number": 1, "power_w": 11_000, "connectors": [{"number": 1, "type": "IEC_62196_T2"}]}


class SecureHub(RunningHub):
    """Its certificates are of the real today, so its clock starts there too."""

    def __init__(self, database: str, folder: Path, kind: str = "ec", **settings: Any) -> None:
        super().__init__(database, HandClock(datetime.now(UTC)))
        certificate, key = write_server(folder, kind)
        self.certificate = certificate
        self.settings = self.settings.model_copy(
            update={
                "ocpps": "127.0.0.1:0",
                "ocpps_certificate_file": certificate,
                "ocpps_key_file": key,
                "ca_certificate_file": folder / "ca.pem",
                "ca_key_file": folder / "ca.key",
                **settings,
            }
        )
        authority.create(folder / "ca.pem", folder / "ca.key", "Test", datetime.now(UTC))

    @property
    def tls_url(self) -> str:
        return f"wss://127.0.0.1:{self.hub.ocpps_port}/ocpp"


@asynccontextmanager
async def secure_hub(
    database: str, folder: Path, kind: str = "ec", **settings: Any
) -> AsyncIterator[SecureHub]:
    """Another hub of the process, if there is one, is served again when this one is gone."""
    before = served()
    hub = SecureHub(database, folder, kind, **settings)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.close()
        serve_again(before)


class Device:
    """A registered station, its owner, and what it connects with."""

    def __init__(self, hub: SecureHub, owner: Person, body: dict[str, Any], version: str) -> None:
        self.hub, self.owner, self.version = hub, owner, version
        self.id, self.identity = str(body["id"]), str(body["identity"])
        self.password: str | bytes | None = body["password"]
        self.chain, self.key = "", new_key()
        self.line: RawStation | None = None

    async def connect(self, tls: bool = True, password: Any = "own") -> RawStation:
        """Open a line, with its certificate if it has one."""
        context = self.context() if tls else None
        station = RawStation(
            self.hub.tls_url if tls else self.hub.url,
            self.identity,
            self.password if password == "own" else password,
            subprotocols=(f"ocpp{self.version}",),
            tls=context,
        )
        await station.connect()
        self.line = station
        return station

    def context(self) -> ssl.SSLContext:
        return client(self.hub.certificate, self.chain, self.key if self.chain else None)

    async def refused(self, tls: bool = True, password: Any = "own") -> int:
        """The HTTP status for this station; 101 if it was let in."""
        try:
            line = await self.connect(tls, password)
        except HandshakeRefused as refusal:
            return refusal.status
        await line.call("Heartbeat", {})  # after its answer the hub knows what it came with
        await line.close()
        return 101

    async def boot(self, line: RawStation) -> None:
        boot: dict[str, Any] = {"chargePointVendor": "Acme", "chargePointModel": "One"}
        if self.version != "1.6":
            who = {"vendorName": "Acme", "model": "One"}
            boot = {"reason": "PowerUp", "chargingStation": who}
        assert (await line.call("BootNotification", boot))[2]["status"] == "Accepted"

    async def sign(self, line: RawStation, **more: Any) -> str:
        """Ask for a certificate; the hub's word. It is installed when the hub sends it."""
        self.key = new_key()
        csr = more.pop("csr", None) or request(self.key, self.identity, "Acme")
        answer = await line.call("SignCertificate", {"csr": csr, **more})
        return str(answer[2]["status"])

    async def install(self, line: RawStation) -> dict[str, Any]:
        """Take the certificate that comes."""
        asked = await answer(line, {"status": "Accepted"})
        assert asked[2] == "CertificateSigned"
        self.chain = asked[3]["certificateChain"]
        return dict(asked[3])

    async def certificates(self) -> list[dict[str, Any]]:
        found = await self.owner.get(f"/stations/{self.id}/certificates")
        return list(found["items"])

    async def has_profile(self, profile: int) -> bool:
        return bool((await self.body())["security_profile"] == profile)

    async def body(self) -> dict[str, Any]:
        return dict(await self.owner.get(f"/stations/{self.id}"))


async def device(
    hub: SecureHub, version: str = "1.6", owner: Person | None = None, **more: Any
) -> Device:
    person = owner or await hub.person("owner", pays=False)
    location = await person.post("/locations", WHERE)
    wanted = {"location_id": location["id"], "evses": [EVSE], **more}
    return Device(hub, person, await person.post("/stations", wanted), version)


async def signed(hub: SecureHub, owner: Person | None = None) -> Device:
    """A station that has a certificate, and whose profile is 3."""
    made = await device(hub, owner=owner)
    line = await made.connect()
    await made.boot(line)
    assert await made.sign(line) == "Accepted"
    await made.install(line)
    path = f"/stations/{made.id}/security-profile"
    await hub.settle()
    await made.owner.ask("PUT", path, {"security_profile": 3}, 200)
    await answer(line, {"status": "Accepted"})
    await line.close()
    assert await made.refused(password=None) == 101
    return made


async def answer(line: RawStation, payload: Any, kind: int = 3) -> list[Any]:
    """The hub's next call, answered with this."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            frame: list[Any] = orjson.loads(await line.receive_raw())
            if frame[0] == 2:
                content = [payload] if kind == 3 else ["InternalError", "", {}]
                await line.send_raw(orjson.dumps([kind, frame[1], *content]).decode())
                return frame
