"""Where webhooks may go, and who is told of what."""

from typing import get_args

import pytest

from chargehub import events
from chargehub.addresses import is_public
from chargehub.webhooks.rules import TOLD, UNPUBLISHED, VOCABULARY, BadWebhookUrl, check_url


def test_of_every_event_it_is_said_who_is_told() -> None:
    """An event that is missing would reach operators alone, by silence and not by choice."""
    assert set(TOLD) | UNPUBLISHED == set(get_args(events.Event))
    assert not set(TOLD) & UNPUBLISHED
    assert set(VOCABULARY) == {kind.__name__ for kind in TOLD}


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https:///path",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://example.org/#here",
        "https://example.org:22/",
        "https://example.org:80/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org/a b",
        "https://example.org\\@other.example/",
        "https://ex\u00e4mple.org/",
        "https://example.org/\nHost: other",
        "https://[::1/",
        "",
    ],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadWebhookUrl):
        check_url(url, may_be_private=False)


PRIVATE = [
    "https://10.1.2.3/",
    "https://127.0.0.1:8443/",
    "https://169.254.169.254/latest",
    "https://[::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:192.168.1.1]/",
    "https://localhost/",
    "https://LOCALHOST.:8443/",
    "https://hub.localhost/",
    "https://2130706433/",  # 127.0.0.1 as resolvers read it, and so the next ones
    "https://0x7f000001/",
    "https://127.1/",
    "https://0177.0.0.1/",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_an_address_of_a_closed_network_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadWebhookUrl, match="not a public one"):
        check_url(url, may_be_private=False)

    assert check_url(url, may_be_private=True) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org:8443/a?b=c",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://10.example.org/",
    ],
)
def test_a_place_that_answers_https_is_taken(url: str) -> None:
    assert check_url(url, may_be_private=False) == url


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
def test_an_address_within_somebodys_network_is_not_public(address: str) -> None:
    """Also where an IPv6 address only carries it."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"]
)
def test_an_address_that_anybody_may_reach_is_public(address: str) -> None:
    assert is_public(address)
