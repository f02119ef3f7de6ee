"""Words of the standard that several files of a version need. Pure."""

from collections.abc import Mapping

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
