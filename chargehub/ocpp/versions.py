"""The OCPP versions the hub speaks: subprotocol -> everything that differs between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from websockets.typing import Subprotocol

from chargehub.ocpp import passthrough, problems, schemas
from chargehub.ocpp.fields import Message, Payload, Speech
from chargehub.ocpp.parts import Parted
from chargehub.ocpp.problems import Problem
from chargehub.ocpp.repairs import Words
from chargehub.ocpp.schemas import Schemas
from chargehub.ocpp.v16 import messages as v16
from chargehub.ocpp.v16 import tuning as tuning16
from chargehub.ocpp.v16 import words as words16
from chargehub.ocpp.v21 import messages as v21
from chargehub.ocpp.v201 import messages as v201
from chargehub.ocpp.v201 import tuning as tuning2
from chargehub.ocpp.v201 import words as words2
from chargehub.stations.commands import Call, Command


@dataclass(frozen=True, slots=True)
class Tuning:
    """The settings that quirk profiles know: what they are called here, and which list measurands.

    `written`: the settings that a call writes, name -> value.
    """

    names: Mapping[str, str]
    of_measurands: frozenset[str]
    written: Callable[[str, Payload], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of OCPP.

    `messages` and `commands` are its two translation tables; `words` say how calls may be mended,
    `parted` which lists are sent in parts.
    `unreadable_id` is the message id of the answer to what has none that can be read; None: such
    a frame is ignored. `sent` are the actions that have no answer; None: the version has no such
    message type.
    """

    name: str
    subprotocol: Subprotocol
    messages: Mapping[str, Message]
    commands: Mapping[type[Command], Speech]
    schemas: Schemas
    problems: Mapping[Problem, str]
    words: Words
    parted: Mapping[str, Parted]
    tuning: Tuning
    unreadable_id: str | None
    sent: frozenset[str] | None = None

    @property
    def to_station(self) -> frozenset[str]:
        """The actions that a hub may ask of a station."""
        return frozenset(self.schemas.answers) - frozenset(self.messages) | {"DataTransfer"}


WORDS_16 = Words(
    words16.NEUTRAL, words16.LABELS, words16.SPELLINGS, words16.REGISTERS, words16.OPAQUE
)
WORDS_2 = Words(words2.NEUTRAL, words2.LABELS)
TUNING_16 = Tuning(
    tuning16.NAMES, frozenset(map(str.casefold, tuning16.OF_MEASURANDS)), tuning16.written
)
TUNING_2 = Tuning(
    tuning2.NAMES, frozenset(map(str.casefold, tuning2.OF_MEASURANDS)), tuning2.written
)


@cache
def supported() -> Mapping[Subprotocol, Version]:
    """Every version, the newest first. Compiles the schemas when first asked."""
    newest = {**v201.MESSAGES, **v21.MESSAGES}  # the same but for what 2.1 adds
    versions = (
        _version("2.1", newest, v201.COMMANDS, "v21", v21.SENT),
        _version("2.0.1", v201.MESSAGES, v201.COMMANDS, "v201"),
        _version("1.6", v16.MESSAGES, v16.COMMANDS, "v16"),
    )
    return {version.subprotocol: version for version in versions}


def _version(
    name: str,
    messages: Mapping[str, Message],
    commands: Mapping[type[Command], Speech],
    folder: str,
    sent: frozenset[str] | None = None,
) -> Version:
    is_old = name == "1.6"
    return Version(
        name=name,
        subprotocol=Subprotocol(f"ocpp{name}"),
        messages=messages,
        commands={**commands, Call: passthrough.CALL},
        schemas=schemas.load(folder),
        problems=problems.V16 if is_old else problems.V2,
        words=WORDS_16 if is_old else WORDS_2,
        parted=v16.PARTED if is_old else v201.PARTED,
        tuning=TUNING_16 if is_old else TUNING_2,
        unreadable_id=None if is_old else "-1",
        sent=sent,
    )
