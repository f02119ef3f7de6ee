"""What rails' books added to what the hub noted itself: fees, withdrawals, what nobody explains."""

from collections import Counter

from sqlalchemy import case, func, select

from chargehub.audit.findings import Sums
from chargehub.reconciliation.tables import LINE
from chargehub.store.work import Reads

_ITSELF = case((LINE.c.kind.in_(("fee", "withdrawal")), LINE.c.amount_minor), else_=0)
_ADDED = func.sum(_ITSELF - LINE.c.fee_minor + LINE.c.suspense_minor)


def with_rails(reads: Reads) -> Sums:
    """By how much the lines of rails' books change what lies there, by currency."""
    statement = select(LINE.c.currency, _ADDED).group_by(LINE.c.currency)
    return Counter({currency: int(added) for currency, added in reads.all(statement)})
