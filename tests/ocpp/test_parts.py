"""Lists that are longer than a station takes at once go in several calls, whole and in order."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from chargehub.ocpp.parts import ENVELOPE_BYTES, Parted, parted

RULE = Parted("names", "Items", "Bytes")
numbers = st.none() | st.integers(0, 400)


@given(st.lists(st.text(max_size=40), max_size=30), numbers, numbers)
def test_parts_are_the_whole_list_in_order_and_no_longer_than_told(
    names: list[str], items: int | None, most_bytes: int | None
) -> None:
    limits = {"Items": items, "Bytes": most_bytes}
    told = {name: str(limit) for name, limit in limits.items() if limit is not None}

    calls = parted((("Get", {"names": names, "also": 1}),), {"Get": RULE}, told)

    parts = [payload["names"] for _, payload in calls]
    assert [name for part in parts for name in part] == names
    assert calls
    assert all(action == "Get" and payload["also"] == 1 for action, payload in calls)
    for _, payload in calls:
        length = len(payload["names"])
        assert length <= 1 or not items or length <= items
        size = len(orjson.dumps(payload)) + ENVELOPE_BYTES
        assert length <= 1 or not most_bytes or size <= most_bytes


def test_what_has_no_such_list_goes_as_it_is() -> None:
    calls: Any = (("Get", {}), ("Other", {"names": ["a", "b"]}))

    assert parted(calls, {"Get": RULE}, {"Items": "1"}) == calls


def test_a_limit_that_is_no_number_is_none() -> None:
    calls: Any = (("Get", {"names": ["a", "b"]}),)

    assert parted(calls, {"Get": RULE}, {"Items": "many"}) == calls
