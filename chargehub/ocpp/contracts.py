"""Plug and charge: whether a vehicle's contract holds, and contract certificates for vehicles."""

import base64
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import structlog
from cryptography import x509

from chargehub.ocpp import chains, ocsp
from chargehub.ocpp.chains import Broken
from chargehub.ocpp.outside import Outside, Unreachable, host_of
from chargehub.ocpp.tls import BadFile
from chargehub.settings import Settings
from chargehub.stations.contracts import (
    CertificateVerdict,
    ChainStatusAnswer,
    ChainStatusAsked,
    ContractAnswer,
    ContractAsked,
    ContractShown,
    NamedCertificate,
    Standing,
    StatusAnswer,
    StatusAsked,
)

REMEMBERED: Final = 1_000  # answers of responders
LONGEST_MEMORY: Final = timedelta(hours=1)  # a contract revoked since starts nothing for longer
OCSP_REQUEST: Final = "application/ocsp-request"

_VERDICTS: Final[Mapping[Standing, CertificateVerdict]] = {
    "good": "accepted",
    "revoked": "revoked",
    "unknown": "not_available",
    "failed": "not_available",
}
log = structlog.get_logger(__name__)


class Said(NamedTuple):
    """What a responder signed (DER), what that proves, and until when nobody is asked again."""

    signed: bytes
    told: ocsp.Told
    until: datetime


class Contracts:
    """Asks responders and the contract service. `roots`: whom the operator trusts."""

    def __init__(
        self,
        outside: Outside,
        roots: Sequence[x509.Certificate] = (),
        service_url: str = "",
        service_token: str = "",
    ) -> None:
        self._outside = outside
        self._roots = tuple(roots)
        self._of_roots = frozenset(
            host for root in roots if (host := host_of(chains.responder_of(root)))
        )
        self._service_url = service_url
        self._service_token = service_token
        self._remembered: OrderedDict[NamedCertificate, Said] = OrderedDict()

    async def close(self) -> None:
        await self._outside.close()

    async def judge(self, shown: ContractShown, id_token: str, now: datetime) -> CertificateVerdict:
        """How the certificate of a contract stands: its chain, and whether it was revoked."""
        try:
            if shown.chain is None:
                return await self._worst(shown.named, (), self._of_roots, now)
            links = chains.proven(chains.read(shown.chain), self._roots, now)
            if chains.contract_of(links[0].certificate) != id_token:
                raise Broken("broken_chain")
        except Broken as broken:
            return broken.verdict
        asked = _questions(links, shown.named)
        if asked[0].responder_url == "":
            return "not_available"
        issuers = [link.issuer for link in links]
        vouched = frozenset(host_of(chains.responder_of(link.certificate)) for link in links)
        known = [each for each in asked if each.responder_url]
        return await self._worst(known, issuers, self._of_roots | vouched, now)

    async def _worst(
        self,
        asked: Sequence[NamedCertificate],
        issuers: Sequence[x509.Certificate],
        vouched: frozenset[str],
        now: datetime,
    ) -> CertificateVerdict:
        """Of several certificates all must hold; the first that does not says why."""
        for each in asked:
            try:
                said = await self._ask(each, issuers, vouched, now)
                verdict = _VERDICTS[said.told.standing]
            except ocsp.BadSignature:
                verdict = "bad_signature"
            except (ocsp.Unproven, Unreachable) as error:
                log.warning("contract not checked", responder=each.responder_url, why=str(error))
                verdict = "not_available"
            if verdict != "accepted":
                return verdict
        return "accepted"

    async def status(self, asked: StatusAsked, now: datetime) -> StatusAnswer:
        """What the responder of a certificate signed, for a station to show to vehicles."""
        try:
            said = await self._ask(asked.certificate, (), self._of_roots, now)
        except (ocsp.Unproven, Unreachable) as error:
            return StatusAnswer(None, str(error))
        return StatusAnswer(base64.b64encode(said.signed).decode())

    async def chain_status(self, asked: ChainStatusAsked, now: datetime) -> ChainStatusAnswer:
        """How every certificate of a chain stands, by the first responder that says so."""
        standings = [await self._standing(ways, now) for ways in asked.ways]
        return ChainStatusAnswer(tuple(standings), asked.request)

    async def _standing(
        self, ways: Sequence[NamedCertificate], now: datetime
    ) -> tuple[Standing, datetime | None]:
        for way in ways:
            try:
                told = (await self._ask(way, (), self._of_roots, now)).told
            except (ocsp.Unproven, Unreachable):
                continue
            return told.standing, told.until
        return "failed", None

    async def _ask(
        self,
        asked: NamedCertificate,
        issuers: Sequence[x509.Certificate],
        vouched: frozenset[str],
        now: datetime,
    ) -> Said:
        """An answer that proves something, remembered for a while. Raises Unproven, Unreachable."""
        known = self._remembered.get(asked)
        if known is not None and known.until > now:
            return known
        question = ocsp.question(asked)
        answer = await self._outside.post(asked.responder_url, question, OCSP_REQUEST, vouched)
        told = ocsp.told(answer, asked, (*issuers, *self._roots), now)
        said = Said(answer, told, min(told.until or now, now + LONGEST_MEMORY))
        self._remembered.pop(asked, None)
        self._remembered[asked] = said
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return said

    async def contract(self, asked: ContractAsked) -> ContractAnswer:
        """What the contract service answers a vehicle, whose message nobody else can read."""
        if not self._service_url:
            return ContractAnswer(None, "This hub has no service for contract certificates.")
        headers = {"Content-Type": "application/json"}
        if self._service_token:
            headers["Authorization"] = f"Bearer {self._service_token}"
        try:
            wanted = orjson.dumps(dict(asked.request))
            answer = await self._outside.post_own(self._service_url, wanted, headers)
            return _contract(orjson.loads(answer))
        except Unreachable as error:
            log.warning("contract service failed", why=str(error))
            return ContractAnswer(None, str(error))
        except ValueError:
            return ContractAnswer(None, "The service's answer cannot be read.")


def _contract(answer: Any) -> ContractAnswer:
    """The service answers in the words of OCPP's own response."""
    response = answer.get("exiResponse") if isinstance(answer, dict) else None
    if not isinstance(response, str) or not response or answer.get("status") != "Accepted":
        return ContractAnswer(None, "The service has no contract certificate for this vehicle.")
    remaining = answer.get("remainingContracts")
    is_number = isinstance(remaining, int) and not isinstance(remaining, bool) and remaining >= 0
    return ContractAnswer(response, remaining=remaining if is_number else None)


def _questions(
    links: Sequence[chains.Link], named: Sequence[NamedCertificate]
) -> list[NamedCertificate]:
    """What to ask of a chain: where the certificate says, else where the station does."""
    places = {each.serial_number: each.responder_url for each in named}
    return [
        ocsp.named(
            link.certificate,
            link.issuer,
            chains.responder_of(link.certificate) or places.get(link.certificate.serial_number, ""),
        )
        for link in links
    ]


def nobodys() -> Contracts:
    """Asks nobody and trusts nobody."""
    return Contracts(Outside(frozenset(), may_be_private=False, timeout_s=1.0))


def load(settings: Settings) -> Contracts:
    """As the operator set it. Raises BadFile for roots that cannot be read."""
    hosts = frozenset(each.strip().lower() for each in settings.ocsp_hosts.split(",") if each)
    outside = Outside(hosts, settings.ocsp_private_addresses, settings.ocsp_timeout_s)
    roots = _roots(settings.contract_roots_file)
    return Contracts(outside, roots, settings.contract_service_url, settings.contract_service_token)


def _roots(path: Path) -> list[x509.Certificate]:
    if not path.exists():
        return []
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError as error:
        raise BadFile(f"{path} holds no certificates in PEM: {error}") from error
