"""A vehicle's chain up to a root that is trusted: what is proven, and why not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from chargehub.ocpp import chains
from tests.contract_pki import Issuer, pem

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
URL = "http://responder.example/"
ROOT = Issuer.root("Root", NOW)
UPPER = ROOT.issuer("Upper", path_length=1)
LOWER = UPPER.issuer("Lower", URL)
CARD = LOWER.holder("DE-8AA-C12345678-X", URL)
ROOTS = [ROOT.certificate]


def verdict(*chain: Issuer, now: datetime = NOW) -> str:
    read = chains.read(pem(*(each.certificate for each in chain)))
    with pytest.raises(chains.Broken) as broken:
        chains.proven(read, ROOTS, now)
    return broken.value.verdict


@pytest.mark.parametrize("also", [(), (ROOT,)], ids=["", "with the root"])
def test_a_chain_to_a_trusted_root_is_proven(also: tuple[Issuer, ...]) -> None:
    chain = [each.certificate for each in (CARD, LOWER, UPPER, *also)]

    links = chains.proven(chain, ROOTS, NOW)

    found = [(link.certificate, link.issuer) for link in links]
    whole = [each.certificate for each in (CARD, LOWER, UPPER, ROOT)]
    assert found == list(pairwise(whole))
    assert chains.contract_of(links[0].certificate) == "DE8AAC12345678X"
    assert [chains.responder_of(each) for each in whole] == [URL, URL, "", ""]


def test_a_gap_a_wrong_order_or_a_strange_root_breaks_it() -> None:
    assert verdict(CARD, UPPER) == "broken_chain"
    assert verdict(LOWER, CARD, UPPER) == "broken_chain"
    assert verdict(CARD, LOWER) == "broken_chain"
    assert verdict(Issuer.root("Other", NOW).holder("X")) == "broken_chain"
    assert verdict(ROOT) == "broken_chain"


def test_the_same_names_with_another_key_are_a_wrong_signature() -> None:
    forged = Issuer.root("Root", NOW).issuer("Upper", path_length=1)

    assert verdict(forged.issuer("Lower").holder("X"), LOWER, UPPER) == "bad_signature"
    assert verdict(forged) == "bad_signature"


def test_who_may_not_issue_issues_nothing() -> None:
    """A holder's key, and one issuer too many."""
    assert verdict(CARD.holder("X"), CARD, LOWER, UPPER) == "broken_chain"
    deeper = LOWER.issuer("Deeper")
    assert verdict(deeper.holder("X"), deeper, LOWER, UPPER) == "broken_chain"


def test_a_chain_is_of_its_time() -> None:
    assert verdict(CARD, LOWER, UPPER, now=NOW + timedelta(days=31)) == "expired"
    assert verdict(CARD, LOWER, UPPER, now=NOW - timedelta(days=61)) == "expired"


@pytest.mark.parametrize("text", ["", "no certificate", pem(*[CARD.certificate] * 6)])
def test_what_is_no_chain_is_read_as_none(text: str) -> None:
    with pytest.raises(chains.Broken) as broken:
        chains.read(text)

    assert broken.value.verdict == "broken_chain"
