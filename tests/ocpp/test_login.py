"""Who knocks: identities and passwords out of requests."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.ocpp import login
from chargehub.stations.rules import password_digest

SECRET = b"the hub's secret in tests"


def basic(user: str | bytes, password: str | bytes) -> str:
    parts = [part.encode() if isinstance(part, str) else part for part in (user, password)]
    return f"Basic {base64.b64encode(b':'.join(parts)).decode()}"


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/ocpp/CH-1", "CH-1"),
        ("/ocpp/CH%201", "CH 1"),
        ("/ocpp/CH%2F1", "CH/1"),
        ("/ocpp/CH+1", "CH+1"),
        ("/ocpp/CH-1?from=mobile", "CH-1"),
        ("/ocpp/", None),
        ("/ocpp", None),
        ("/CH-1", None),
        ("/", None),
        ("/ocpp/%FF", None),
        ("/ocpp/a%00b", None),
        ("/ocpp/" + "a" * 49, None),
    ],
)
def test_identity_in_a_path(path: str, identity: str | None) -> None:
    assert login.identity_of(path) == identity


@pytest.mark.parametrize(
    ("header", "password"),
    [
        (basic("CH-1", "secret"), b"secret"),
        (basic("CH-1", "se:cr:et"), b"se:cr:et"),
        (basic("CH-1", b"\x00\xff\x10"), b"\x00\xff\x10"),
        (basic("CH-1", "secret").replace("Basic", "basic"), b"secret"),
        (basic("CH-1", ""), b""),
        (basic("CH-2", "secret"), None),
        (basic("ch-1", "secret"), None),
        (basic("CH-1x", "secret"), None),
        ("Bearer abc", None),
        ("Basic !!!", None),
        ("Basic", None),
        ("", None),
        (None, None),
    ],
)
def test_password_for_the_right_user_alone(header: str | None, password: bytes | None) -> None:
    assert login.password_of(header, "CH-1") == password


def test_an_identity_with_a_colon_can_log_in() -> None:
    assert login.password_of(basic("a:b", "secret"), "a:b") == b"secret"


def test_the_right_password_opens_and_others_do_not() -> None:
    digest = password_digest(SECRET, b"abcdefgh")

    assert login.may_enter(SECRET, b"abcdefgh", digest)
    assert not login.may_enter(SECRET, b"abcdefgH", digest)
    assert not login.may_enter(SECRET, b"", digest)
    assert not login.may_enter(SECRET, None, digest)
    assert not login.may_enter(b"another secret", b"abcdefgh", digest)


def test_nothing_is_not_the_empty_password() -> None:
    assert not login.may_enter(SECRET, None, password_digest(SECRET, b""))


@given(st.binary(min_size=16, max_size=20))
def test_a_station_that_decodes_its_hexadecimal_key_may_enter(key: bytes) -> None:
    """1.6 writes AuthorizationKey in hexadecimal and sends the bytes behind it."""
    for written in (key.hex(), key.hex().upper()):
        digest = password_digest(SECRET, written.encode())

        assert login.may_enter(SECRET, key, digest)
        assert login.may_enter(SECRET, written.encode(), digest)
