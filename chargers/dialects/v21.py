"""A station that speaks OCPP 2.1: the words of 2.0.1, and types of frames that 2.0.1 has not.

Source: OCPP 2.1 part 4, sections 4.2.4 (CALLRESULTERROR) and 4.3 (error codes).
"""

import orjson
from ocpp.v21 import ChargePoint
from ocpp.v21.enums import Action

from chargers.dialects.v2x import Station2x
from chargers.traffic import read_frame

CALL, CALL_RESULT_ERROR, SEND = 2, 5, 6
KNOWN = frozenset(str(action.value) for action in Action)


class Station21(Station2x, ChargePoint):  # type: ignore[misc]
    """Says what a station says in 2.1 and answers the hub's commands."""

    async def route_message(self, raw: str) -> None:
        """Answer what the library leaves unanswered: calls that nobody here acts on."""
        frame = read_frame(raw)
        if frame is None or frame[0] not in (CALL, CALL_RESULT_ERROR, SEND):
            return await super().route_message(raw)
        if frame[0] != CALL:  # neither has an answer; the line has noted it
            return None
        if frame[2] in self.route_map:
            return await super().route_message(raw)
        code = "NotSupported" if frame[2] in KNOWN else "NotImplemented"
        await self._line.send(orjson.dumps([4, frame[1], code, "", {}]).decode())
        return None
