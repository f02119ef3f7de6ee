"""The hash chain over transfers: a row that was changed, taken out or put in shows. Pure."""

from hashlib import sha256

GENESIS = "0" * 64  # what stands before the first transfer


def link(before: str, transfer_id: str, digest: str, at_us: int) -> str:
    """The hash of a transfer in its place: of the hash before it, its id, its body, its time.

    `digest`: of its body, entries included (`rules.digest`); `at_us`: `effective_at` in whole
    microseconds since 1970.
    """
    return sha256(f"{before}\n{transfer_id}\n{digest}\n{at_us}".encode()).hexdigest()
