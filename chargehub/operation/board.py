"""What of the hub's money waits for an operator: each topic, what was found, what resolves it.

Every query is bounded (`COUNTED` rows) and reads by an index: parked deliveries, lines, doubted
and owed settlements have one of their own. One grows with the hub: `failed payouts` looks at the
payouts of 30 days.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, String, cast, exists, func, literal, null, or_, select
from sqlmodel import col

from chargehub.audit import tables as audits
from chargehub.audit.claims import MOVES_MONEY
from chargehub.invoices import tables as invoices
from chargehub.ledger.tables import ACCOUNT
from chargehub.operation.found import SHOWN, Action, Asked, Found, Item, Topic, found_of
from chargehub.payments import card_disputes
from chargehub.payments.card_disputes import CardDisputeView
from chargehub.payments.tables import PAYMENT, PAYOUT
from chargehub.reconciliation.missing import missing as missing_of
from chargehub.reconciliation.tables import LINE
from chargehub.settlement import doubting
from chargehub.settlement.tables import SETTLEMENT
from chargehub.settlement.writing_off import AFTER
from chargehub.store.columns import Instant, first_id
from chargehub.store.tables import DeliveryRow, EventRow
from chargehub.store.work import Reads
from chargehub.units import Money

COUNTED: Final = 1_000
SOON: Final = timedelta(days=1)
FAILED_SINCE: Final = timedelta(days=30)


def _rows(reads: Reads, wanted: Any) -> Found:
    """`wanted` gives id, told, amount_minor, currency and since, in the order they are shown."""
    some = wanted.limit(COUNTED).subquery()
    columns = some.c.currency, func.count(), func.sum(some.c.amount_minor), func.min(some.c.since)
    groups = reads.all(select(*columns).group_by(some.c.currency).order_by(some.c.currency))
    items = [
        Item(row.id, row.told, _money(row.amount_minor, row.currency), row.since)
        for row in (reads.all(wanted.limit(SHOWN)) if groups else ())
    ]
    sums = [_money(amount, currency) for currency, _, amount, _ in groups]
    return Found(
        count=sum(int(count) for _, count, _, _ in groups),
        sums=tuple(one for one in sums if one is not None),
        oldest=min((at for _, _, _, at in groups if at is not None), default=None),
        items=tuple(items),
    )


def _money(amount_minor: Any, currency: str | None) -> Money | None:
    return None if currency is None else Money(int(amount_minor), currency)


def _lines(reads: Reads, state: str, told: Any) -> Found:
    amount = LINE.c.suspense_minor if state == "suspense" else LINE.c.amount_minor
    columns = (
        *(LINE.c.id, told.label("told"), amount.label("amount_minor")),
        *(LINE.c.currency, LINE.c.booked_at.label("since")),
    )
    return _rows(reads, select(*columns).where(LINE.c.state == state).order_by(LINE.c.id))


def broken_laws(reads: Reads, _asked: Asked) -> Found:
    """Laws of money that the last audit found broken."""
    last = audits.last(reads)
    if last is None:
        return Found()
    is_broken = [one for one in last.laws or () if one["state"] == "broken"]
    told = (f"{one['law']}, {one['title']}: {one['told']}" for one in is_broken)
    return found_of(Item(last.id, one, since=last.finished_at) for one in told)


def suspense(reads: Reads, _asked: Asked) -> Found:
    """Lines that stand in suspense."""
    return _lines(reads, "suspense", func.coalesce(LINE.c.told, LINE.c.reference))


def unexplained(reads: Reads, _asked: Asked) -> Found:
    """Lines that nothing explains yet."""
    return _lines(reads, "new", LINE.c.kind + " " + LINE.c.reference)


def missing(reads: Reads, asked: Asked) -> Found:
    """What the hub noted and no line of a rail's books has told."""
    items = []
    for rail in asked.rails:
        items += [
            Item(one.id, f"{one.kind} {one.reference} at {rail}", one.amount, one.noted_at)
            for one in missing_of(reads, rail)
        ]
    return found_of(items)


def deliveries(reads: Reads, _asked: Asked) -> Found:
    """Parked deliveries whose followers move money."""
    follower = col(DeliveryRow.follower)
    wanted: Any = (
        select(
            col(DeliveryRow.id),
            (follower + ": " + func.coalesce(col(DeliveryRow.error), "")).label("told"),
            cast(null(), BigInteger).label("amount_minor"),
            cast(null(), String(3)).label("currency"),
            col(EventRow.recorded_at).label("since"),
        )
        .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
        .where(
            col(DeliveryRow.state) == "parked", or_(*(follower.like(one) for one in MOVES_MONEY))
        )
        .order_by(col(DeliveryRow.id))
    )
    return _rows(reads, wanted)


def _receivables(reads: Reads, family: str, told: str) -> Found:
    columns = (
        *(ACCOUNT.c.holder.label("id"), literal(told).label("told")),
        *(ACCOUNT.c.balance.label("amount_minor"), ACCOUNT.c.asset.label("currency")),
        cast(null(), Instant()).label("since"),
    )
    owed = ACCOUNT.c.family == family, ACCOUNT.c.balance > 0
    return _rows(
        reads, select(*columns).where(*owed).order_by(ACCOUNT.c.balance.desc(), ACCOUNT.c.code)
    )


def driver_debts(reads: Reads, _asked: Asked) -> Found:
    """What drivers owe, the largest first."""
    found = _receivables(reads, "driver:receivable", "A driver's account.")
    oldest = select(func.min(SETTLEMENT.c.captured_at)).where(
        SETTLEMENT.c.gross_minor > SETTLEMENT.c.captured_minor + SETTLEMENT.c.credit_minor,
        SETTLEMENT.c.written_off_at.is_(None),
        SETTLEMENT.c.reversed_at.is_(None),
    )
    return Found(found.count, found.sums, reads.value(oldest), found.items)


def owner_debts(reads: Reads, _asked: Asked) -> Found:
    """What owners owe, the largest first."""
    return _receivables(reads, "owner:receivable", "An owner's account, or an agreement's.")


def doubted(reads: Reads, _asked: Asked) -> Found:
    """Earnings that do not mature, because something contradicts their bill."""
    return found_of(
        Item(one.cdr_id, " ".join(one.reasons), Money(one.earnings_minor, one.currency))
        for one in doubting.doubted(reads, None, None, COUNTED)
    )


def failed_payouts(reads: Reads, asked: Asked) -> Found:
    """Payouts of 30 days that failed, and nothing of the kind was paid to their owner since."""
    later = PAYOUT.alias()
    paid_since = exists().where(
        *(later.c.owner_id == PAYOUT.c.owner_id, later.c.currency == PAYOUT.c.currency),
        *(later.c.state == "paid", later.c.id > PAYOUT.c.id),
    )
    told = PAYOUT.c.rail + " " + func.coalesce(PAYOUT.c.refusal_detail, "")
    columns = (
        *(PAYOUT.c.id, told.label("told"), PAYOUT.c.amount_minor, PAYOUT.c.currency),
        PAYOUT.c.finished_at.label("since"),
    )
    is_newer = PAYOUT.c.id >= first_id(asked.now - FAILED_SINCE)
    failed = select(*columns).where(PAYOUT.c.state == "failed", is_newer, ~paid_since)
    return _rows(reads, failed.order_by(PAYOUT.c.id.desc()))


def waiting_payouts(reads: Reads, _asked: Asked) -> Found:
    """Payouts that a rail has no free money for yet."""
    told = PAYOUT.c.rail + ": " + func.coalesce(PAYOUT.c.refusal_detail, "")
    columns = (
        *(PAYOUT.c.id, told.label("told"), PAYOUT.c.amount_minor, PAYOUT.c.currency),
        PAYOUT.c.requested_at.label("since"),
    )
    waits = PAYOUT.c.state == "requested", PAYOUT.c.look_at.is_not(None)
    return _rows(reads, select(*columns).where(*waits).order_by(PAYOUT.c.id))


def ending_holds(reads: Reads, asked: Asked) -> Found:
    """Holds that a rail lets go of within a day."""
    about = func.coalesce(PAYMENT.c.session_id, PAYMENT.c.booking_id, PAYMENT.c.id)
    columns = (
        *(about.label("id"), (PAYMENT.c.rail + ", payment " + PAYMENT.c.id).label("told")),
        *(PAYMENT.c.hold_minor.label("amount_minor"), PAYMENT.c.currency),
        PAYMENT.c.expires_at.label("since"),
    )
    soon = PAYMENT.c.state == "authorised", PAYMENT.c.expires_at <= asked.now + SOON
    return _rows(reads, select(*columns).where(*soon).order_by(PAYMENT.c.expires_at))


def open_disputes(reads: Reads, _asked: Asked) -> Found:
    """Card disputes that no bank has decided, the first due before the others."""
    return found_of(
        Item(one.id, dispute_told(one), Money(one.amount_minor, one.currency), one.due_by)
        for one in card_disputes.waiting(reads, COUNTED)
    )


def dispute_told(one: CardDisputeView) -> str:
    """Why a charge is disputed, and what becomes of the evidence."""
    if one.accepted_by is not None:
        state = "left to the cardholder"
    elif one.refusal_code is not None:
        state = f"the rail took no evidence ({one.refusal_code}): add words"
    elif one.is_answered:
        state = "evidence is sent, the bank decides"
    elif one.answer_at is not None:
        with_words = "with an operator's words" if one.words else "without words of yours"
        state = f"evidence is sent at {one.answer_at:%Y-%m-%d %H:%M} UTC, {with_words}"
    else:
        state = "no evidence is awaited"
    return f"{one.reason}: {state}."


def waiting_invoices(reads: Reads, _asked: Asked) -> Found:
    """Documents that wait for a fact."""
    subjects = invoices.waiting_subjects(reads, None, COUNTED)
    months = invoices.waiting_months(reads, None, COUNTED)
    of_subjects = [Item(one.id, one.missing or "", since=one.created_at) for one in subjects]
    of_months = [Item(one.owner_id, one.missing or "", since=one.up_to) for one in months]
    return found_of((*of_subjects, *of_months))


TOPICS: Final = (
    Topic(
        "broken_laws",
        "Laws of money that the last audit found broken; operators were written to.",
        broken_laws,
        Action(
            "GET",
            "/api/v1/audits/{audit_id}",
            "Keep a copy of the database as it is, pay nobody, and find what breaks the law;"
            " then POST /api/v1/audits.",
        ),
    ),
    Topic(
        "suspense",
        "Lines of rails' books that nothing of the hub's explains.",
        suspense,
        Action(
            "POST",
            "/api/v1/balance-lines/{line_id}/resolution",
            "Look the reference up at the rail, and say on which account the amount belongs.",
        ),
    ),
    Topic(
        "unexplained",
        "Lines of the last two days that nothing explains yet; most explain themselves.",
        unexplained,
        Action(
            "GET", "/api/v1/balance-lines", "Read them with state=new; after two days say what."
        ),
    ),
    Topic(
        "missing",
        "Payments, refunds and payouts that no line of a rail's books has told for three days.",
        missing,
        Action(
            "POST",
            "/api/v1/reconciliations/{rail}",
            "Look the reference up at the rail, and have its books read again.",
        ),
    ),
    Topic(
        "parked_deliveries",
        "Steps of money that failed too often and wait for a person.",
        deliveries,
        Action(
            "POST",
            "/api/v1/deliveries/{delivery_id}/retry",
            "Mend what the error says, then have it tried again.",
        ),
    ),
    Topic(
        "driver_debts",
        f"What drivers have not paid; it is given up after {AFTER.days} days.",
        driver_debts,
        Action(
            "GET",
            "/api/v1/debts",
            "Read them with whose=all: the hub asks for each by itself. Forgive what is not owed:"
            " POST /api/v1/debts/{debt_id}/forgive.",
        ),
    ),
    Topic(
        "card_disputes",
        "Charges that cardholders dispute at their banks; `since` is until when evidence is taken.",
        open_disputes,
        Action(
            "POST",
            "/api/v1/card-disputes/{card_dispute_id}/words",
            "Say what the bank is to read first, until the evidence is sent; or leave the charge to"
            " the cardholder: POST /api/v1/card-disputes/{card_dispute_id}/acceptance.",
        ),
    ),
    Topic(
        "owner_debts",
        "What owners owe after refunds, lost disputes and penalties; earnings pay it first.",
        owner_debts,
        Action(
            "POST",
            "/api/v1/owner-debts/{owner_id}/reversals",
            "Take it back from what was paid out; GET /api/v1/owner-debts says since when.",
        ),
    ),
    Topic(
        "doubted_earnings",
        "Owners' shares that do not mature, because something contradicts the bill.",
        doubted,
        Action(
            "POST",
            "/api/v1/doubted-earnings/{cdr_id}/acceptance",
            "Look at the session; accept it, or correct the CDR.",
        ),
    ),
    Topic(
        "failed_payouts",
        "Payouts that a rail refused or a bank sent back; after three the owner chooses anew.",
        failed_payouts,
        Action(
            "GET",
            "/api/v1/payouts",
            "Read them with whose=all; ask the owner to say anew where to be paid.",
        ),
    ),
    Topic(
        "waiting_payouts",
        "Payouts that wait until the cards' money has come; each is sent again every hour.",
        waiting_payouts,
        Action(
            "GET",
            "/api/v1/payouts",
            "Read them with whose=all. They leave by themselves; sooner if you top up the rail.",
        ),
    ),
    Topic(
        "ending_holds",
        "Holds on cards that end within a day; the hub asks for new ones by itself.",
        ending_holds,
        Action(
            "POST",
            "/api/v1/sessions/{session_id}/stop",
            "If no new hold came about, stop the session: what it costs can still be taken.",
        ),
    ),
    Topic(
        "waiting_invoices",
        "Invoices and monthly documents that wait for a fact.",
        waiting_invoices,
        Action(
            "GET",
            "/api/v1/waiting-invoices",
            "Ask who is named for what is missing; the hub itself: PUT /api/v1/hub/legal-entity.",
        ),
    ),
)


def looked_at(reads: Reads, asked: Asked) -> tuple[tuple[Topic, Found], ...]:
    """Every topic and what was found, in the order of the table, in one state of the database."""
    return tuple((topic, topic.look(reads, asked)) for topic in TOPICS)
