"""The OCPP versions the hub speaks: subprotocol -> everything that differs between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from websockets.typing import Subprotocol

from chargehub.ocpp import problems, schemas
from chargehub.ocpp.fields import Message, Speech
from chargehub.ocpp.problems import Problem
from chargehub.ocpp.schemas import Schemas
from chargehub.ocpp.v16 import messages as v16
from chargehub.ocpp.v201 import messages as v201
from chargehub.stations.commands import Command


@dataclass(frozen=True, slots=True)
class Version:
    """One version of OCPP.

    `messages` and `commands` are its two translation tables. `unreadable_id` is the message id of
    the answer to what has none that can be read; None: such a frame is ignored.
    """

    name: str
    subprotocol: Subprotocol
    messages: Mapping[str, Message]
    commands: Mapping[type[Command], Speech]
    schemas: Schemas
    problems: Mapping[Problem, str]
    unreadable_id: str | None


@cache
def supported() -> Mapping[Subprotocol, Version]:
    """Every version, the newest first. Compiles the schemas when first asked."""
    versions = (
        _version("2.0.1", v201.MESSAGES, v201.COMMANDS, "v201", problems.V2, "-1"),
        _version("1.6", v16.MESSAGES, v16.COMMANDS, "v16", problems.V16, None),
    )
    return {version.subprotocol: version for version in versions}


def _version(
    name: str,
    messages: Mapping[str, Message],
    commands: Mapping[type[Command], Speech],
    folder: str,
    names: Mapping[Problem, str],
    unreadable_id: str | None,
) -> Version:
    subprotocol = Subprotocol(f"ocpp{name}")
    compiled = schemas.load(folder)
    return Version(name, subprotocol, messages, commands, compiled, names, unreadable_id)
