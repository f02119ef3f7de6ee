"""Words of the standard that several files of a version need. Pure."""

from collections.abc import Mapping

from chargers.messages import GridReading

VERDICTS_16: Mapping[str, str] = {
    "Accepted": "accepted",
    "Blocked": "blocked",
    "Expired": "expired",
    "Invalid": "invalid",
    "ConcurrentTx": "concurrent",
}
VERDICTS_2X: Mapping[str, str] = {
    "Accepted": "accepted",
    "Blocked": "blocked",
    "Expired": "expired",
    "Invalid": "invalid",
    "Unknown": "invalid",
    "ConcurrentTx": "concurrent",
    "NoCredit": "no_credit",
    "NotAtThisTime": "not_now",
    "NotAtThisLocation": "not_here",
    "NotAllowedTypeEVSE": "not_here",
}


def at_grid(reading: GridReading) -> list[tuple[str, int, str]]:
    """Measurand, value and unit of what the meter at the grid connection measures."""
    told = (
        ("Power.Active.Export", reading.export_w, "W"),
        ("Power.Active.Import", reading.import_w, "W"),
        ("Energy.Active.Export.Register", reading.exported_wh, "Wh"),
    )
    return [(name, value, unit) for name, value, unit in told if value is not None]
