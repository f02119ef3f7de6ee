"""What can be wrong with a call, and the word for it in each OCPP version. Pure."""

from collections.abc import Mapping
from typing import Final, Literal

Problem = Literal[
    "unreadable",  # no JSON, or not the envelope of a call
    "message_type",
    "unknown_action",
    "unsupported_action",
    "format",
    "occurrence",
    "property",
    "type",
    "security",
    "internal",
]

# Source: OCPP-J 1.6, section 4.2.3; two of the names are misspelt there, and stations compare.
V16: Final[Mapping[Problem, str]] = {
    "unreadable": "FormationViolation",
    "message_type": "NotSupported",
    "unknown_action": "NotImplemented",
    "unsupported_action": "NotSupported",
    "format": "FormationViolation",
    "occurrence": "OccurenceConstraintViolation",
    "property": "PropertyConstraintViolation",
    "type": "TypeConstraintViolation",
    "security": "SecurityError",
    "internal": "InternalError",
}

# Source: OCPP 2.0.1 part 4, section 4.3.
V2: Final[Mapping[Problem, str]] = {
    "unreadable": "RpcFrameworkError",
    "message_type": "MessageTypeNotSupported",
    "unknown_action": "NotImplemented",
    "unsupported_action": "NotSupported",
    "format": "FormatViolation",
    "occurrence": "OccurrenceConstraintViolation",
    "property": "PropertyConstraintViolation",
    "type": "TypeConstraintViolation",
    "security": "SecurityError",
    "internal": "InternalError",
}

# What a JSON schema asks for, by keyword; anything else is "property".
OF_KEYWORD: Final[Mapping[str, Problem]] = {
    "additionalProperties": "format",
    "maxItems": "occurrence",
    "minItems": "occurrence",
    "required": "occurrence",
    "type": "type",
}


class CallProblem(Exception):
    """A call cannot be done. The text says where and what, and never repeats what was sent."""

    def __init__(self, problem: Problem, text: str) -> None:
        super().__init__(text)
        self.problem: Problem = problem
        self.text = text


class CallRefused(Exception):
    """The station answered a call of ours with an error. `code` and `text` are its own words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class LineClosed(Exception):
    """The line broke. `was_sent`: the call had gone out, and nobody knows what came of it."""

    def __init__(self, was_sent: bool) -> None:
        super().__init__("the line is closed")
        self.was_sent = was_sent
