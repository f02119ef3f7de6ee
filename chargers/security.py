"""How a simulated station protects its line: profile, ways to the hub, passwords, certificates.

What the hub asks to change is tried before it counts: as long as no hub has let the station in with
the new, it comes back with the old. A profile that was reached is never left for a lower one.

Source: OCPP 1.6 security white paper 3, sections 2 to 5; OCPP 2.0.1 part 2, A00 to A05, B09, B10.
"""

import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from chargers import keys
from chargers.keys import BadCertificate, CertificateName, Own
from chargers.messages import SecurityEvent
from chargers.protection import (
    ONE_SIX,
    PROFILES,
    TWO,
    WITH_CERTIFICATE,
    WITH_TLS,
    Attempt,
    BadProtection,
    Protection,
    Way,
)
from chargers.remembered import Remembered
from chargers.settings import Setting, Settings
from chargers.vault import Use, Vault

PASSWORD_LENGTHS: Final = range(16, 41)  # OCPP 2.0.1 part 2, A00.FR.205
RENEWED: Final = timedelta(days=30)  # before the end, by itself
ASKED_EVERY: Final = timedelta(days=1)
CHANGED: Final = "ReconfigurationOfSecurityParameters"
Job = Callable[[], Awaitable[object]]


class Guarded(Protocol):
    """What the protection needs of a station."""

    version: str
    identity: str
    url: str
    password: str | bytes

    @property
    def is_connected(self) -> bool: ...
    def now(self) -> datetime: ...
    async def call(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]: ...
    async def come_anew(self) -> None: ...
    async def deliver_queue(self) -> None: ...
    def queue_report(self, said: SecurityEvent) -> None: ...


class Security:
    """A station's protection: its ways to the hub, and what it comes in with."""

    def __init__(self, station: Guarded, given: Protection, follow: Callable[[Job], None]) -> None:
        """Raises BadProtection, OSError."""
        self.words = ONE_SIX if station.version == "1.6" else TWO
        self._station = station
        self._follow = follow
        self._organization = given.organization
        self._asked_at: datetime | None = None
        self._given_password = station.password
        self._settings: Settings
        try:
            self.vault = _filled(given)
            self._book = Remembered(given.folder, station.url)
        except ValueError as fault:
            raise BadProtection(f"{station.identity}: {fault}") from None
        self.profile = self._book.profile or given.profile
        self._slots = {1: Way(self._book.url or station.url, self.profile)}
        self._ways = [self._slots[1]]
        if self.profile == WITH_CERTIFICATE and not self.vault.own:
            raise BadProtection(
                f"{station.identity}: profile 3 needs a certificate and its key; give them, or "
                "start with a lower profile and let the hub raise it"
            )

    # Settings.

    def settings(self) -> dict[str, Setting]:
        """What of it a hub can read or write."""
        words = self.words
        profile, organization = Setting(str(self.profile)), Setting(self._organization)
        if not words.priority:
            return {
                words.profile: profile,
                words.organization: organization,
                words.address: Setting(""),
                "AdditionalRootCertificateCheck": Setting("false", "read_only"),
                "CertificateStoreMaxLength": Setting("10", "read_only"),
            }
        return {
            words.profile: Setting(str(self.profile), "read_only"),
            words.organization: organization,
            words.priority: Setting("1"),
        }

    def guard(self, settings: Settings) -> None:
        """Judge what is written to settings that change the line."""
        self._settings = settings
        settings.guards[settings.password_name] = self._takes_password
        guards = {
            self.words.profile: self._takes_profile,
            self.words.address: self._takes_address,
            self.words.priority: self._takes_priority,
        }
        settings.guards.update({name: judge for name, judge in guards.items() if name})
        if self._book.password is not None:
            self._station.password = self._book.password

    def _takes_password(self, value: str) -> bool:
        is_fit = len(value) in PASSWORD_LENGTHS
        if is_fit:
            self.note(CHANGED, "password")
        return is_fit

    def _takes_profile(self, value: str) -> bool:
        """1.6: go there at once. Lower ones are refused, and what it is not equipped for."""
        wanted = int(value) if value.isdigit() else -1
        if wanted == self.profile:
            return True
        if wanted < self.profile or not self._is_equipped(wanted):
            return False
        self._ways.insert(0, Way(self._secured(self._ways[0].url), wanted))
        self._follow(self._station.come_anew)
        return True

    def _secured(self, url: str) -> str:
        """The address of the maker's setting; else the same one with TLS."""
        told = self._settings.read(self.words.address) or url
        return told.replace("ws://", "wss://", 1) if told.startswith("ws://") else told

    def _takes_address(self, value: str) -> bool:
        return value == "" or value.startswith("wss://")

    def _takes_priority(self, value: str) -> bool:
        """2.x: from the next connection on. Source: OCPP 2.0.1 part 2, A05.FR.02 to 04."""
        try:
            wanted = [self._slots[int(slot)] for slot in value.split(",")]
        except (ValueError, KeyError):
            return False
        if any(way.profile < self.profile or not self._is_equipped(way.profile) for way in wanted):
            return False
        self._ways = wanted
        return True

    def _is_equipped(self, profile: int) -> bool:
        if profile not in PROFILES:
            return False
        has_certificate = profile < WITH_CERTIFICATE or bool(self.vault.own)
        return has_certificate and (profile < WITH_TLS or self.vault.knows_hubs)

    def keep_network(self, slot: int, network: Mapping[str, Any]) -> str:
        """SetNetworkProfile: keep a way in a slot. Source: OCPP 2.0.1 part 2, B09."""
        url, profile = str(network["ocpp_csms_url"]), int(network["security_profile"])
        is_secure = url.startswith("wss://") or (profile < WITH_TLS and url.startswith("ws://"))
        in_use = any(way.slot == slot for way in self._ways)
        if profile < self.profile or profile not in PROFILES or not is_secure or in_use:
            return "Rejected"
        self._slots[slot] = Way(url, profile, slot)
        return "Accepted"

    # The line.

    def attempts(self) -> Iterator[Attempt]:
        """What to try, one after the other, until somebody lets the station in."""
        for way in list(self._ways):
            has_tls = way.url.startswith("wss:")
            if way.profile == WITH_CERTIFICATE:
                for own in list(self.vault.own):
                    yield Attempt(way, None, own, self.vault.context(own))
            elif way.profile == 0:
                yield Attempt(way, None, None, self.vault.context(None) if has_tls else None)
            else:
                for password in self._passwords():
                    yield Attempt(
                        way, password, None, self.vault.context(None) if has_tls else None
                    )

    def _passwords(self) -> list[str | bytes]:
        """The new one first, as long as nobody has taken it; what somebody typed in last."""
        known = [self._station.password, self._given_password]
        fresh = self._settings.new_password
        return list(dict.fromkeys(known if fresh is None else [fresh, *known]))

    def entered(self, attempt: Attempt) -> None:
        """The hub has let the station in so: what it had before counts no more."""
        way = attempt.way
        if attempt.password is not None:
            self._station.password = attempt.password
            self._settings.new_password = None
        if attempt.own is not None:
            self.vault.proven(attempt.own)
        if way.profile > self.profile:
            self.profile = way.profile
            self.note(CHANGED, f"security profile {way.profile}")
        is_older = way != self._ways[0] and not self.words.priority  # 1.6 gives the new one up
        self._ways = [one for one in self._ways if one.profile >= self.profile]
        self._ways = [way] if is_older else self._ways
        self._settings.put(self.words.profile, str(self.profile))
        if self.words.priority:
            self._settings.put(self.words.priority, ",".join(str(one.slot) for one in self._ways))
        self._book.keep(self.profile, way.url, self._station.password)

    def failed(self, error: Exception) -> None:
        """Nobody was let in: a hub that cannot be trusted is told of later."""
        if isinstance(error, ssl.SSLCertVerificationError):
            self.note(self.words.bad_hub, error.verify_message)

    # Certificates.

    async def request_certificate(self) -> None:
        """Ask the hub to sign a new key; it sends the certificate later."""
        self._asked_at = self._station.now()
        key = self.vault.asked = keys.new_key()
        organization = self._settings.read(self.words.organization) or ""
        asked = {
            "csr": keys.request(key, self._station.identity, organization),
            **self.words.asking,
        }
        answer = await self._station.call("SignCertificate", asked)
        if answer["status"] != "Accepted" and self.vault.asked is key:
            self.vault.asked = None

    async def renew_if_due(self) -> None:
        """Ask for a new certificate before the end of the one that lets the station in."""
        now = self._station.now()
        waits = self._asked_at is not None and now - self._asked_at < ASKED_EVERY
        if self.vault.own and not waits and self.vault.own[0].ends_at - now <= RENEWED:
            await self.request_certificate()

    def take_certificate(self, chain: str) -> bool:
        """CertificateSigned: take it if it is what was asked for, and come with it."""
        try:
            self.vault.take(chain, self._station.identity, self._station.now())
        except BadCertificate as fault:
            self.note(self.words.bad_own, str(fault))
            return False
        if self.profile == WITH_CERTIFICATE:
            self._follow(self._station.come_anew)
        return True

    def install(self, use: Use, pem: str) -> str:
        """InstallCertificate: accepted, rejected (it is no good), failed (there is no room)."""
        try:
            return self.vault.install(use, pem, self._station.now())
        except BadCertificate as fault:
            if use == "hub":
                self.note(self.words.bad_hub, str(fault))
            return "rejected"

    def delete(self, wanted: CertificateName) -> str:
        """DeleteCertificate: accepted, failed, not_found."""
        return self.vault.delete(wanted, needs_hub=self.profile >= WITH_TLS)

    def note(self, kind: str, what: str) -> None:
        """A security event: told once the command is answered, or when there is a line."""
        self._station.queue_report(SecurityEvent(kind, self._station.now(), what))
        if self._station.is_connected:
            self._follow(self._station.deliver_queue)


def _filled(given: Protection) -> Vault:
    vault = Vault(given.folder, trusts_system=given.trusts_system and not given.ca)
    if given.ca:
        vault.trust("hub", given.ca)
    if given.certificate and not vault.own:
        vault.own = [Own(keys.read_key(given.key), keys.read_certificates(given.certificate))]
    return vault
