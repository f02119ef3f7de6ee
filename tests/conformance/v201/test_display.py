"""2.x display messages (O)."""

from typing import Any

import pytest

from tests.conformance.case import Asked, Noted
from tests.conformance.v201.station import ACCEPTED, TRANSACTION, Case2

pytestmark = pytest.mark.asyncio(loop_scope="package")

AT, LATER = "2026-03-02T08:00:00Z", "2030-01-01T00:00:00Z"
MESSAGE = {
    "id": 1,
    "priority": "NormalCycle",
    "message": {"format": "UTF8", "language": "en", "content": "Welcome"},
}
OF_SESSION = {"transactionId": TRANSACTION}


def shown(status: str = "Accepted", **more: Any) -> Asked:
    """SetDisplayMessage."""
    return Asked("SetDisplayMessage", {"message": MESSAGE | more}, {"status": status})


def listed(**criteria: Any) -> list[Asked | Noted]:
    """GetDisplayMessages, and the two parts that follow."""
    parts = ((MESSAGE, True), (MESSAGE | {"id": 2}, False))
    return [
        Asked("GetDisplayMessages", {"requestId": 7} | criteria, ACCEPTED),
        *(
            Noted("NotifyDisplayMessages", {"requestId": 7, "messageInfo": [each], "tbc": more})
            for each, more in parts
        ),
    ]


def unknown(**criteria: Any) -> list[Asked]:
    """GetDisplayMessages that finds none."""
    return [Asked("GetDisplayMessages", {"requestId": 7} | criteria, {"status": "Unknown"})]


def cleared(status: str) -> Asked:
    return Asked("ClearDisplayMessage", {"id": 1}, {"status": status})


CASES = {
    "TC_O_01": [shown()],
    "TC_O_02": listed(),
    "TC_O_03": unknown(),
    "TC_O_04": [shown(), cleared("Accepted")],
    "TC_O_05": [cleared("Unknown")],
    "TC_O_07": listed(id=[1, 2]),
    "TC_O_08": listed(priority="NormalCycle"),
    "TC_O_09": listed(state="Idle"),
    "TC_O_10": [shown("UnknownTransaction", transactionId="tx-9")],
    "TC_O_11": unknown(id=[9], priority="AlwaysFront", state="Faulted"),
    "TC_O_12": [shown(), shown(priority="InFront")],
    "TC_O_13": [shown(startDateTime=LATER)],
    "TC_O_14": [shown(endDateTime=LATER)],
    "TC_O_17": [shown("NotSupportedPriority", priority="AlwaysFront")],
    "TC_O_18": [shown("NotSupportedState", state="Faulted")],
    "TC_O_19": [
        shown(
            "NotSupportedMessageFormat",
            message={"format": "HTML", "language": "en", "content": "<b>Welcome</b>"},
        )
    ],
    "TC_O_25": [shown(state="Charging")],
    "TC_O_26": [shown("Rejected")],
}

DURING = {
    "TC_O_06": [shown(**OF_SESSION)],
    "TC_O_27": [shown(**OF_SESSION, startDateTime=AT)],
    "TC_O_28": [shown(**OF_SESSION, endDateTime=LATER)],
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_messages(case: Case2, steps: Any) -> None:
    await case.plays(steps)


@pytest.mark.parametrize("steps", DURING.values(), ids=DURING)
async def test_messages_of_a_session(case: Case2, steps: Any) -> None:
    await case.charges()
    await case.plays(steps)

    await case.runs()
