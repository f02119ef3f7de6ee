"""Who is let in: what somebody who knocks has shown, against what the station must show."""

from dataclasses import dataclass
from http import HTTPStatus

from chargehub.clock import Clock
from chargehub.ocpp import login
from chargehub.ocpp.channel import Channel
from chargehub.settings import Settings
from chargehub.stations import certificates
from chargehub.stations.views import StationView
from chargehub.store.writer import Store


@dataclass(frozen=True, slots=True)
class Entry:
    """Let in on this security profile. `is_new_password`: with the one it was just given; None:
    it showed no password.
    """

    profile: int
    is_new_password: bool | None

    @property
    def is_unproven(self) -> bool:
        """Was its name all that it showed?"""
        return self.profile == 0 and self.is_new_password is None


@dataclass(frozen=True, slots=True)
class Turned:
    """Not let in. The text tells no more than the station must know."""

    status: HTTPStatus
    text: str


_NO_TLS = Turned(HTTPStatus.FORBIDDEN, "Connect with TLS.\n")
_NO_CERTIFICATE = Turned(HTTPStatus.FORBIDDEN, "Show the certificate that this hub signed.\n")
_NO_PASSWORD = Turned(HTTPStatus.UNAUTHORIZED, "Wrong user or password.\n")


class Admission:
    """Judges proofs by the hub's secret, its settings and the certificates it signed."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._secret = settings.secret.encode()
        self._without_password = settings.ocpp_without_password

    async def judge(
        self, station: StationView | None, channel: Channel, password: bytes | None
    ) -> Entry | Turned:
        """An unknown station (None) takes as long as a wrong password, and is turned away."""
        if station is None:
            login.may_enter(self._secret, password, "0" * 64)
            return _NO_PASSWORD
        is_old, is_new = (
            digest is not None and login.may_enter(self._secret, password, digest)
            for digest in (station.password_digest, station.next_password_digest)
        )
        proof = login.Proof(
            is_tls=channel.is_tls,
            is_password=is_old or is_new,
            is_certificate=await self._is_certificate(station, channel.fingerprint),
            without_password=self._without_password,
        )
        for profile in (station.next_security_profile, station.security_profile):
            if profile is not None and login.proves(proof, profile):
                return Entry(profile, is_new if proof.is_password else None)
        return _why(proof, station.security_profile)

    async def _is_certificate(self, station: StationView, shown: str | None) -> bool:
        if shown is None:
            return False
        return await self._store.read(certificates.is_good, station.id, shown, self._clock.now())


def _why(proof: login.Proof, profile: int) -> Turned:
    if profile >= 2 and not proof.is_tls:
        return _NO_TLS
    return _NO_CERTIFICATE if profile == 3 else _NO_PASSWORD
