"""Signatures as any receiver of Standard Webhooks checks them."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chargehub.webhooks import keys, signing

KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
CONTENT = b'{"test": 2432232314}'


def test_a_signature_is_the_one_that_others_work_out() -> None:
    """The sample that the libraries of Standard Webhooks test themselves with."""
    made = signing.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, CONTENT, [KEY], "hmac")

    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert signing.secret(KEY) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_an_ed25519_signature_is_checked_with_the_public_key() -> None:
    first, second = keys.new_key(), keys.new_key()
    made = signing.headers("m", 7, CONTENT, [first, second], "ed25519")

    for key, signature in zip((first, second), made["webhook-signature"].split(" "), strict=True):
        public = base64.b64decode(signing.public_key(key).removeprefix("whpk_"))
        raw = base64.b64decode(signature.removeprefix("v1a,"))
        checker = Ed25519PublicKey.from_public_bytes(public)
        checker.verify(raw, b"m.7." + CONTENT)
        with pytest.raises(InvalidSignature):
            checker.verify(raw, b"m.8." + CONTENT)


def test_a_sealed_key_is_opened_by_the_same_secret_alone() -> None:
    sealed = keys.seal("one secret", KEY)

    assert keys.unseal("one secret", sealed) == KEY
    assert keys.unseal("another secret", sealed) is None
