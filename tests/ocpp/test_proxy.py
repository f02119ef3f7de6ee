"""Behind a proxy that takes TLS off: its word counts, and nobody else's."""

import hashlib
import ssl
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import ValidationError
from websockets.datastructures import Headers

from chargehub.ocpp.channel import Channel, Channels
from chargehub.settings import Settings
from chargers.line import HandshakeRefused, RawStation
from tests.secure import Device, device, secure_hub, signed
from tests.stations.samples import ON_SQLITE

pytestmark = ON_SQLITE
HTTPS = {"X-Forwarded-Proto": "https"}


async def status(made: Device, headers: dict[str, str], password: str | None = None) -> int:
    """What a station gets that comes by the plain port with these headers."""
    url = made.hub.url
    station = RawStation(url, made.identity, password, headers=headers)
    try:
        await station.connect()
    except HandshakeRefused as refused:
        return refused.status
    await station.close()
    return 101


def shown(made: Device) -> dict[str, str]:
    """The headers that a proxy sets for a station with this certificate."""
    return {**HTTPS, "X-Client-Certificate": quote(made.chain)}


async def test_by_default_nobodys_headers_are_believed(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await signed(hub)
        second = await device(hub, owner=made.owner, security_profile=2)

        assert await status(made, shown(made)) == 403
        assert await status(second, HTTPS, str(second.password)) == 403


async def test_another_address_than_the_proxys_is_not_believed(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path, ocpp_proxies="10.0.0.5, 192.0.2.0/24") as hub:
        made = await signed(hub)

        assert await status(made, shown(made)) == 403


async def test_the_proxys_word_counts(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await signed(hub)
        other = await signed(hub, made.owner)
        second = await device(hub, owner=made.owner, security_profile=2)
        hub.settings = hub.settings.model_copy(update={"ocpp_proxies": "127.0.0.1"})
        await hub.restart()
        der = ssl.PEM_cert_to_DER_cert(made.chain)
        fingerprint = hashlib.sha256(der).hexdigest().upper()

        assert await status(second, HTTPS, str(second.password)) == 101
        assert await status(second, {}, str(second.password)) == 403
        assert await status(second, {"X-Forwarded-Proto": "http"}, str(second.password)) == 403
        assert await status(made, shown(made)) == 101
        assert await status(made, {**HTTPS, "X-Client-Certificate": fingerprint}) == 101
        assert await status(made, shown(other)) == 403
        assert await status(made, HTTPS) == 403
        without_tls = {**shown(made), "X-Forwarded-Proto": "http"}
        assert await status(made, without_tls) == 403


class Transport:
    """A plain connection from an address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str) -> object:
        return (self._address, 5) if name == "peername" else None


@pytest.mark.parametrize(
    ("address", "pairs", "expected"),
    [
        ("10.0.0.5", [("X-Forwarded-Proto", "wss")], Channel(True, None)),
        ("::ffff:10.0.0.5", [("x-forwarded-proto", "HTTPS")], Channel(True, None)),
        ("10.0.0.6", [("X-Forwarded-Proto", "wss")], Channel(False, None)),
        ("fe80::1%eth0", [("X-Forwarded-Proto", "wss")], Channel(False, None)),
        (
            "10.0.0.5",
            [("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "https")],
            Channel(False, None),
        ),
        ("10.0.0.5", [("X-Forwarded-Proto", "http, https")], Channel(False, None)),
        (
            "10.0.0.5",
            [("X-Forwarded-Proto", "https"), ("X-Client-Certificate", "AB:" * 31 + "AB")],
            Channel(True, "ab" * 32),
        ),
        (
            "10.0.0.5",
            [("X-Forwarded-Proto", "https"), ("X-Client-Certificate", "-----BEGIN%20")],
            Channel(True, None),
        ),
    ],
)
def test_what_a_header_says(
    database: str, address: str, pairs: list[tuple[str, str]], expected: Channel
) -> None:
    channels = Channels(Settings(ocpp_proxies="10.0.0.5"))

    assert channels.of(Transport(address), Headers(pairs)) == expected


def test_what_is_no_address_is_refused_at_start(database: str) -> None:
    with pytest.raises(ValidationError):
        Settings(ocpp_proxies="the proxy")
