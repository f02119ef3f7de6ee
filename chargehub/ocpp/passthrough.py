"""A call in the words of the station's own OCPP version, and its answer, both untouched."""

from collections.abc import Sequence

from chargehub.ocpp.fields import Calls, Payload, Speech
from chargehub.stations.commands import Call, Command, Outcome


def _calls(command: Call) -> Calls:
    return ((command.action, command.payload),)


def _answered(command: Command, answers: Sequence[Payload]) -> Outcome:
    """Answered is answered: whether the station said yes is for the reader of the answer."""
    status = answers[0].get("status", "")
    return Outcome("accepted", status if isinstance(status, str) else "", {"answer": answers[0]})


CALL: Speech = (_calls, _answered)
