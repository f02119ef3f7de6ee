"""The OCPP versions a simulated station can speak. A new one joins here."""

from collections.abc import Mapping

from chargers.dialects.peer import Dialect
from chargers.dialects.v16 import Station16
from chargers.dialects.v21 import Station21
from chargers.dialects.v201 import Station201

DIALECTS: Mapping[str, type[Dialect]] = {"1.6": Station16, "2.0.1": Station201, "2.1": Station21}
