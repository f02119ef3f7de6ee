"""What an answer about a certificate proves, and what it does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.x509 import ocsp as library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehub.ocpp import ocsp
from chargehub.stations.contracts import NamedCertificate
from tests.contract_pki import Answers, Issuer

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
URL = "http://responder.example/"
ROOT = Issuer.root("Root", NOW)
ISSUER = ROOT.issuer("Issuer")
CARD = ISSUER.holder("DE8AAC12345678")
ASKED = ocsp.named(CARD.certificate, ISSUER.certificate, URL)
KNOWN = (ISSUER.certificate,)
SERIAL = CARD.certificate.serial_number


def answered(**how: Any) -> bytes:
    signers = how.pop("signers", (ISSUER,))
    return Answers(signers, NOW, **how).answer(ocsp.question(ASKED))


@pytest.mark.parametrize(
    ("how", "standing"),
    [({}, "good"), ({"revoked": {SERIAL}}, "revoked"), ({"unknown": {SERIAL}}, "unknown")],
    ids=["good", "revoked", "unknown"],
)
@pytest.mark.parametrize("known", [KNOWN, ()], ids=["known", "in the answer"])
def test_the_issuer_tells(how: Any, standing: str, known: Any) -> None:
    told = ocsp.told(answered(**how), ASKED, known, NOW)

    assert (told.standing, told.until) == (standing, NOW + timedelta(hours=23))


def test_keys_of_rsa_tell_too() -> None:
    root = Issuer.root("Root", NOW, kind="2048")
    holder = root.holder("DE8AAC12345678")
    asked = ocsp.named(holder.certificate, root.certificate, URL)
    answer = Answers((root,), NOW).answer(ocsp.question(asked))

    assert ocsp.told(answer, asked, (), NOW).standing == "good"


def test_whom_the_issuer_lets_sign_tells() -> None:
    delegate = ISSUER.holder("Responder", signs_answers=True)

    assert ocsp.told(answered(signers=(delegate,)), ASKED, KNOWN, NOW).standing == "good"


@pytest.mark.parametrize(
    "signer",
    [
        ISSUER.holder("Somebody"),
        ISSUER.holder("Late", days=-1, signs_answers=True),
        ROOT.holder("Of another", signs_answers=True),
        Issuer.root("Issuer", NOW),
    ],
    ids=lambda signer: "",
)
def test_nobody_else_tells(signer: Issuer) -> None:
    """Not let, let no longer, let by another, or of the same name."""
    answer = answered(signers=(signer,))

    with pytest.raises(ocsp.BadSignature):
        ocsp.told(answer, ASKED, KNOWN, NOW)


@pytest.mark.parametrize(
    "how",
    [{"age": timedelta(days=2)}, {"age": -timedelta(hours=1)}],
    ids=["too old", "of the future"],
)
def test_an_answer_is_of_its_time(how: Any) -> None:
    with pytest.raises(ocsp.Unproven, match="not of this time"):
        ocsp.told(answered(**how), ASKED, KNOWN, NOW)


def test_an_answer_about_another_proves_nothing() -> None:
    other = ocsp.named(ISSUER.holder("X").certificate, ISSUER.certificate, URL)

    with pytest.raises(ocsp.Unproven, match="another"):
        ocsp.told(answered(), other, KNOWN, NOW)


def test_a_responder_that_will_not_say() -> None:
    status = library.OCSPResponseStatus.TRY_LATER
    answer = library.OCSPResponseBuilder.build_unsuccessful(status)

    with pytest.raises(ocsp.Unproven, match="try_later"):
        ocsp.told(answer.public_bytes(ocsp.serialization.Encoding.DER), ASKED, KNOWN, NOW)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_a_changed_answer_proves_nothing_else(data: st.DataObject) -> None:
    """Whatever byte is another: it is unproven, or says the same."""
    answer = bytearray(ANSWER)
    at = data.draw(st.integers(0, len(answer) - 1))
    answer[at] ^= data.draw(st.integers(1, 255))

    try:
        told = ocsp.told(bytes(answer), ASKED, KNOWN, NOW)
    except ocsp.Unproven:
        return
    assert told == ocsp.told(ANSWER, ASKED, KNOWN, NOW)


ANSWER = answered()


def test_hashes_that_cannot_be_ask_nothing() -> None:
    with pytest.raises(ocsp.Unproven):
        ocsp.question(NamedCertificate("SHA256", b"short", b"short", 1, URL))
