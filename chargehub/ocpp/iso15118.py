"""What stations ask about vehicles' certificates (ISO 15118), alike in 2.0.1 and 2.1. Pure.

Source: OCPP 2.0.1 part 2, C07, M01, M02 and M06.
"""

from collections.abc import Callable
from typing import Any, Final

from chargehub.ocpp.fields import NO_CLOCK, Payload, Unfit, wire_instant
from chargehub.stations.contracts import (
    CertificateVerdict,
    ChainStatusAnswer,
    ChainStatusAsked,
    ContractAnswer,
    ContractAsked,
    ContractShown,
    NamedCertificate,
    StatusAnswer,
    StatusAsked,
)

EMAID: Final = "eMAID"  # the type of an id token that names a contract
VERDICTS: Final[dict[CertificateVerdict, str]] = {
    "accepted": "Accepted",
    "bad_signature": "SignatureError",
    "expired": "CertificateExpired",
    "revoked": "CertificateRevoked",
    "not_available": "NoCertificateAvailable",
    "broken_chain": "CertChainError",
}
_REASON = "NotAvailable"
_LONGEST_REASON = 512

ToPayload = Callable[[Any], dict[str, Any]]


def contract_shown(payload: Payload) -> ContractShown | None:
    """What AuthorizeRequest holds of certificates; None: nothing."""
    chain, named = payload.get("certificate"), payload.get("iso15118CertificateHashData", ())
    if chain is None and not named:
        return None
    return ContractShown(chain, tuple(_certificate(each) for each in named))


def status_asked(payload: Payload) -> StatusAsked:
    """GetCertificateStatusRequest."""
    return StatusAsked(_certificate(payload["ocspRequestData"]))


def chain_status_asked(payload: Payload) -> ChainStatusAsked:
    """GetCertificateChainStatusRequest. Source: OCPP 2.1 part 2, M06."""
    request = tuple(payload["certificateStatusRequests"])
    return ChainStatusAsked(tuple(_ways(each) for each in request), request)


def _ways(asked: Payload) -> tuple[NamedCertificate, ...]:
    if asked["source"] != "OCSP":
        return ()
    hashes = asked["certificateHashData"]
    return tuple(_certificate({**hashes, "responderURL": url}) for url in asked["urls"])


def chain_status_told(answer: ChainStatusAnswer) -> dict[str, Any]:
    """GetCertificateChainStatusResponse. What is not known is not known any more at once."""
    return {
        "certificateStatus": [
            {
                "certificateHashData": asked["certificateHashData"],
                "source": asked["source"],
                "status": standing.capitalize(),
                "nextUpdate": wire_instant(until or NO_CLOCK),
            }
            for asked, (standing, until) in zip(answer.request, answer.standings, strict=True)
        ]
    }


def contract_asked(payload: Payload) -> ContractAsked:
    """Get15118EVCertificateRequest."""
    return ContractAsked(payload)


def status_told(longest: int) -> ToPayload:
    """GetCertificateStatusResponse, of a version that carries so many signs."""

    def told(answer: StatusAnswer) -> dict[str, Any]:
        if answer.signed is None:
            return _failed(answer.reason)
        if len(answer.signed) > longest:
            return _failed("The responder's answer is too long for this version of OCPP.")
        return {"status": "Accepted", "ocspResult": answer.signed}

    return told


def contract_told(longest: int) -> ToPayload:
    """Get15118EVCertificateResponse, of a version that carries so many signs."""

    def told(answer: ContractAnswer) -> dict[str, Any]:
        if answer.response is None:
            return _failed(answer.reason) | {"exiResponse": ""}
        if len(answer.response) > longest:
            reason = "The service's answer is too long for this version of OCPP."
            return _failed(reason) | {"exiResponse": ""}
        more = {} if answer.remaining is None else {"remainingContracts": answer.remaining}
        return {"status": "Accepted", "exiResponse": answer.response, **more}

    return told


def _failed(reason: str) -> dict[str, Any]:
    told = {"reasonCode": _REASON, "additionalInfo": reason[:_LONGEST_REASON]}
    return {"status": "Failed", "statusInfo": told}


def _certificate(asked: Payload) -> NamedCertificate:
    return NamedCertificate(
        hash_algorithm=asked["hashAlgorithm"],
        issuer_name_hash=_hexadecimal(asked["issuerNameHash"], "issuerNameHash"),
        issuer_key_hash=_hexadecimal(asked["issuerKeyHash"], "issuerKeyHash"),
        serial_number=int.from_bytes(_hexadecimal(asked["serialNumber"], "serialNumber")),
        responder_url=asked["responderURL"],
    )


def _hexadecimal(text: str, field: str) -> bytes:
    """An odd number of digits lacks a zero in front. Raises Unfit."""
    digits = text.strip()
    try:
        return bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))
    except ValueError:
        raise Unfit(f"{field} is hexadecimal") from None
