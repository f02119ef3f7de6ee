"""2.x plug and charge (C07, M01, M02, M06): a real responder and service on loopback."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from cryptography.x509 import ocsp

from chargehub.ocpp.versions import Version
from tests.conformance.bench import VERSIONS
from tests.conformance.case import START, Site, opened_site
from tests.conformance.v201.station import BEGIN_WH, FIVE_KWH, Case2, Event, ended, updated
from tests.contract_pki import Answers, Issuer, Server, hash_data, listening, pem
from tests.hub import application

pytestmark = pytest.mark.asyncio(loop_scope="package")

CONTRACT, SHOWN = "DE8AAC1234567X", "DE-8AA-C1234567-X"
INSTALL = {
    "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
    "action": "Install",
    "exiRequest": base64.b64encode(b"the vehicle's message").decode(),
}
ANSWER = base64.b64encode(b"the service's message").decode()


class Trade(NamedTuple):
    """Who issues contracts, whom one asks about them, and who makes them."""

    root: Issuer
    issuer: Issuer
    contract: Issuer
    responder: Server
    service: Server


@pytest.fixture(scope="module")
def trade() -> Iterator[Trade]:
    with ExitStack() as open_servers:
        responder, service = (open_servers.enter_context(listening()) for _ in range(2))
        root = Issuer.root("Root of contracts", START)
        issuer = root.issuer("Provider", responder.url)
        contract = issuer.holder(SHOWN, responder.url)
        yield Trade(root, issuer, contract, responder, service)


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def place(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, trade: Trade, site: Site
) -> AsyncIterator[Site]:
    """A hub of its own that may ask them."""
    folder = tmp_path_factory.mktemp("contracts")
    roots = folder / "roots.pem"
    roots.write_text(pem(trade.root.certificate))
    settings: dict[str, Any] = {
        "contract_roots_file": roots,
        "contract_service_url": trade.service.url,
        "contract_service_token": "of the operator",
        "ocsp_hosts": "127.0.0.1",
        "ocsp_private_addresses": True,
    }
    async with opened_site(sqlite_template, folder, **settings) as opened:
        await opened.driver.post("/id-tokens", {"value": SHOWN, "kind": "contract"})
        yield opened
    application(site.hub.hub)  # REST is that of the package's hub again


@pytest_asyncio.fixture(loop_scope="package")
async def case(place: Site, version: Version) -> AsyncIterator[Case2]:
    made = await Case2.booted(place, version)
    yield made
    await made.closes()


@pytest.fixture(autouse=True)
def afresh(trade: Trade, place: Site) -> None:
    """The responder knows nothing bad, is of now, and its answers are not remembered."""
    trade.responder.status, trade.service.status = 200, 200
    signers = (trade.issuer, trade.root)
    trade.responder.answers = Answers(signers, place.hub.clock.now(), lasts=None)
    trade.responder.asked.clear()
    trade.service.asked.clear()


def named(trade: Trade) -> list[dict[str, str]]:
    url = trade.responder.url
    return [
        hash_data(trade.contract.certificate, trade.issuer.certificate, url),
        hash_data(trade.issuer.certificate, trade.root.certificate, url),
    ]


async def authorised(case: Case2, **shown: Any) -> tuple[str, str]:
    """The hub's word on the contract, and on its certificate."""
    token = {"idToken": SHOWN, "type": "eMAID"}
    answer = await case.tells("Authorize", {"idToken": token} | shown)
    return answer["idTokenInfo"]["status"], answer["certificateStatus"]


def chain(trade: Trade) -> dict[str, Any]:
    return {"certificate": pem(trade.contract.certificate, trade.issuer.certificate)}


async def test_tc_c_50_a_contract_that_holds(case: Case2, trade: Trade) -> None:
    """The responder is asked of each certificate; then the contract charges as any token."""
    word = await authorised(case, iso15118CertificateHashData=named(trade))
    token = {"idToken": {"idToken": CONTRACT, "type": "eMAID"}}
    await case.event(Event("Started", "CablePluggedIn", "EVConnected", wh=BEGIN_WH))
    begun = await case.event(updated("Authorized", "Charging"), **token)
    await case.event(ended("EVDeparted", "EVDisconnected"))

    assert word == ("Accepted", "Accepted")
    assert begun["idTokenInfo"]["status"] == "Accepted"
    assert len(trade.responder.asked) == 2
    session = await case.session()
    assert session["driver_id"] == case.site.driver.account_id
    assert await case.bill(session) == FIVE_KWH


async def test_tc_c_51_a_contract_that_was_revoked(case: Case2, trade: Trade) -> None:
    assert trade.responder.answers is not None
    trade.responder.answers.revoked.add(trade.contract.certificate.serial_number)

    assert await authorised(case, iso15118CertificateHashData=named(trade)) == (
        "Invalid",
        "CertificateRevoked",
    )


async def test_tc_c_52_the_hub_checks_the_chain(case: Case2, trade: Trade) -> None:
    """Each certificate of it by the issuer above, and by the responder that it names."""
    assert await authorised(case, **chain(trade)) == ("Accepted", "Accepted")
    assert len(trade.responder.asked) == 2


async def test_of_a_contract_that_nobody_has_nobody_is_asked(case: Case2, trade: Trade) -> None:
    """It counts as a guess, like any id token that is unknown."""
    token = {"idToken": "DE-8AA-C7777777-X", "type": "eMAID"}
    shown = {"iso15118CertificateHashData": named(trade)}
    answer = await case.tells("Authorize", {"idToken": token, **shown})

    assert answer == {"idTokenInfo": {"status": "Invalid"}}
    assert trade.responder.asked == []


async def test_a_chain_of_a_stranger_is_worth_nothing(case: Case2, trade: Trade) -> None:
    stranger = Issuer.root("Root of contracts", START).issuer("Provider")
    forged = stranger.holder(SHOWN, trade.responder.url)
    of_another = trade.issuer.holder("DE-8AA-C7654321-X", trade.responder.url)
    both = pem(forged.certificate, stranger.certificate)
    other = pem(of_another.certificate, trade.issuer.certificate)

    assert await authorised(case, certificate=both) == ("Invalid", "SignatureError")
    assert await authorised(case, certificate=other) == ("Invalid", "CertChainError")
    assert trade.responder.asked == []


@pytest.mark.parametrize("url", ["http://127.0.0.2/", "http://localhost/", "file:///etc/passwd"])
async def test_a_station_does_not_choose_whom_the_hub_asks(
    case: Case2, trade: Trade, url: str
) -> None:
    """Nobody is asked whom the operator has not named."""
    elsewhere = named(trade)[0] | {"responderURL": url}
    judged = await authorised(case, iso15118CertificateHashData=[elsewhere])
    status = await case.tells("GetCertificateStatus", {"ocspRequestData": elsewhere})

    assert judged == ("Invalid", "NoCertificateAvailable")
    assert status["status"] == "Failed"
    assert trade.responder.asked == []


async def test_tc_m_24_what_the_responder_signed(case: Case2, trade: Trade) -> None:
    """It comes as it is; within its time nobody is asked again."""
    answers = trade.responder.answers
    assert answers is not None
    answers.lasts = 2 * answers.age
    wanted = {"ocspRequestData": named(trade)[0]}
    first = await case.tells("GetCertificateStatus", wanted)
    again = await case.tells("GetCertificateStatus", wanted)
    case.passes(hours=2)
    answers.now = case.site.hub.clock.now()
    later = await case.tells("GetCertificateStatus", wanted)
    case.passes(hours=2)

    assert {each["status"] for each in (first, again, later)} == {"Accepted"}
    assert (first == again, first == later) == (True, False)
    signed = ocsp.load_der_ocsp_response(base64.b64decode(first["ocspResult"]))
    assert signed.serial_number == trade.contract.certificate.serial_number
    kinds = [headers["Content-Type"] for _, headers, _ in trade.responder.asked]
    assert kinds == ["application/ocsp-request"] * 2


@pytest.mark.parametrize("version", [VERSIONS["2.1"]], ids=["2.1"])
async def test_the_certificates_of_a_chain(case: Case2, trade: Trade) -> None:
    """Of 2.1: each by itself, at any of the places named; lists of the revoked are not read."""
    answers = trade.responder.answers
    assert answers is not None
    answers.lasts = 2 * answers.age
    answers.revoked.add(trade.issuer.certificate.serial_number)
    urls = ["http://nobody.invalid/", trade.responder.url]
    hashes = [
        {name: each[name] for name in each if name != "responderURL"} for each in named(trade)
    ]
    wanted = [
        {"certificateHashData": hashes[0], "source": "OCSP", "urls": urls},
        {"certificateHashData": hashes[1], "source": "OCSP", "urls": urls},
        {"certificateHashData": hashes[1], "source": "CRL", "urls": urls},
    ]
    answer = await case.tells("GetCertificateChainStatus", {"certificateStatusRequests": wanted})
    case.passes(hours=2)

    found = answer["certificateStatus"]
    assert [each["status"] for each in found] == ["Good", "Revoked", "Failed"]
    assert [each["certificateHashData"] for each in found] == [hashes[0], hashes[1], hashes[1]]
    until = answers.now + answers.age
    assert found[0]["nextUpdate"] == until.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_responder_that_fails_is_told(case: Case2, trade: Trade) -> None:
    trade.responder.status = 500
    answer = await case.tells("GetCertificateStatus", {"ocspRequestData": named(trade)[1]})

    assert answer["status"] == "Failed"
    assert "500" in answer["statusInfo"]["additionalInfo"]


@pytest.mark.parametrize("action", ["Install", "Update"], ids=["TC_M_26", "TC_M_28"])
async def test_a_contract_for_a_vehicle(case: Case2, trade: Trade, action: str) -> None:
    """The vehicle's message goes to the operator's service as it is, and its answer back."""
    trade.service.says = {"status": "Accepted", "exiResponse": ANSWER}
    wanted = INSTALL | {"action": action}
    answer = await case.tells("Get15118EVCertificate", wanted)

    assert answer == {"status": "Accepted", "exiResponse": ANSWER}
    ((_, headers, asked),) = trade.service.asked
    assert json.loads(asked) == wanted
    assert headers["Authorization"] == "Bearer of the operator"


@pytest.mark.parametrize(
    "says",
    [{"status": "Failed"}, [], b"no JSON", {"status": "Accepted", "exiResponse": "A" * 20_000}],
)
async def test_a_service_without_a_contract(case: Case2, trade: Trade, says: Any) -> None:
    trade.service.says = says
    answer = await case.tells("Get15118EVCertificate", INSTALL)

    assert (answer["status"], answer["exiResponse"]) == ("Failed", "")
    assert answer["statusInfo"]["additionalInfo"]
