"""A station that speaks OCPP 2.0.1."""

from ocpp.v201 import ChargePoint

from chargers.dialects.v2x import Station2x


class Station201(Station2x, ChargePoint):  # type: ignore[misc]
    """Says what a station says in 2.0.1 and answers the hub's commands."""
