"""How a model of station behaves where stations differ."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

FIRST_REGISTER_WH = 100_000  # meters do not start at zero: energy is a difference


@dataclass(frozen=True, slots=True)
class Habits:
    """How this model of station behaves where stations differ.

    `honours_reservations`: it refuses other tokens itself. `offers_reservations`: it takes any.
    `takes_remote_starts`: it says yes to them; `begins_remote_starts`: and then does it.
    `stops_when_refused`: a session whose token the hub refuses is ended as deauthorized.
    `plug_in_within`: how long a remote start waits for a car. `message_attempts`: how often a
    message that the hub answers with an error is sent (TransactionMessageAttempts); None: always.
    `phases` of every EVSE; `least_current_a`: a limit below it lets a car take nothing.
    `obeys_limits` False: charging profiles are taken, and not followed.
    `install_time` of firmware; None: it never succeeds. `manufacturer_roots`: certificates (PEM)
    that sign firmware; None: any is believed. `noise_percent`: how far off power, voltage and
    current are told at most. `signs`: the curve with which meters sign; None: they do not. `seed`:
    what keys and noise are made from, with the identity.
    """

    honours_reservations: bool = True
    offers_reservations: bool = True
    takes_remote_starts: bool = True
    begins_remote_starts: bool = True
    stops_when_refused: bool = True
    plug_in_within: timedelta = timedelta(seconds=120)
    vendor: str = "ChargeHub"
    model: str = "Simulated"
    compression: str | None = None
    first_register_wh: int = FIRST_REGISTER_WH
    message_attempts: int | None = None
    phases: int = 3
    least_current_a: int = 6
    obeys_limits: bool = True
    install_time: timedelta | None = timedelta()
    manufacturer_roots: bytes | None = None
    noise_percent: int = 0
    signs: Literal["secp256r1", "secp256k1"] | None = None
    seed: str = "0"


USUAL = Habits()
