"""A chain of certificates up to a root that the operator trusts. Pure.

Source: OCPP 2.0.1 part 2, C07 (central contract validation); RFC 5280, section 6.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from chargehub.ocpp.ocsp import is_issued_by
from chargehub.stations.contracts import CertificateVerdict

LONGEST: Final = 5  # certificates; ISO 15118 has at most three below a root


class Broken(Exception):
    """A chain that proves nothing; `verdict` says in what way."""

    def __init__(self, verdict: CertificateVerdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict


class Link(NamedTuple):
    """A certificate and who issued it."""

    certificate: x509.Certificate
    issuer: x509.Certificate


def read(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM text, in its order. Raises Broken."""
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise Broken("broken_chain") from None
    if len(found) > LONGEST:
        raise Broken("broken_chain")
    return found


def proven(
    chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: datetime
) -> list[Link]:
    """Every certificate below a root with its issuer, the holder's own first. Raises Broken.

    Each is of this time and issued by the next one, which may issue; the last by a root.
    """
    below = [each for each in chain if each not in roots]
    if not below:
        raise Broken("broken_chain")
    root = next((each for each in roots if _names(below[-1], each)), None)
    if root is None:
        raise Broken("broken_chain")
    links = [Link(*pair) for pair in zip(below, [*below[1:], root], strict=True)]
    for depth, link in enumerate(links):
        _check(link, depth, now)
    return links


def _check(link: Link, depth: int, now: datetime) -> None:
    """`depth`: how many issuers stand between the holder's certificate and this one."""
    if not _names(link.certificate, link.issuer) or not _may_issue(link.issuer, depth):
        raise Broken("broken_chain")
    if not is_issued_by(link.certificate, link.issuer):
        raise Broken("bad_signature")
    for one in link:
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            raise Broken("expired")


def _names(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    return certificate.issuer == issuer.subject


def _may_issue(certificate: x509.Certificate, depth: int) -> bool:
    extensions = certificate.extensions
    try:
        limits = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    try:
        signs = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        signs = True
    is_short = limits.path_length is None or depth <= limits.path_length
    return limits.ca and signs and is_short


def contract_of(certificate: x509.Certificate) -> str:
    """The contract that a certificate names, as id tokens are compared; empty: none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = names[0].value if len(names) == 1 else ""
    return text.replace("-", "").strip().upper() if isinstance(text, str) else ""


def responder_of(certificate: x509.Certificate) -> str:
    """Where its issuer says that one may ask whether it holds; empty: nowhere."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return ""
    places = [
        one.access_location.value
        for one in access.value
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    ]
    return places[0] if places else ""
