"""Cards that were taken away at their rail and not here, by its operators or the card's bank."""

from datetime import datetime

from sqlalchemy import select

from chargehub.payments import actions, tables
from chargehub.payments.facts import MethodGone
from chargehub.payments.tables import METHOD
from chargehub.payments.views import MethodView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.store.work import Work

SUBJECT = "Your card was removed"


def method_gone(work: Work, rail: str, fact: MethodGone, now: datetime) -> None:
    """Take a card out of its wallet and write to its driver. One that was removed here is out
    already: nothing happens."""
    is_it = METHOD.c.reference.endswith(f"/{fact.reference}", autoescape=True)
    for row in work.all(
        select(METHOD).where(is_it, METHOD.c.rail == rail, METHOD.c.removed_at.is_(None))
    ):
        method = MethodView(*row)
        actions.remove_method(work, method.account_id, method.id, now)
        _write(work, method, now)


def _write(work: Work, method: MethodView, now: datetime) -> None:
    account = people.account(work, method.account_id)
    if account is None or not account.email:
        return
    rest = tables.default_method(work, method.account_id)
    paid_with = f"You pay with {rest.label} now." if rest else "You have no other card here."
    text = (
        "Hello,\n\n"
        f"the payment service does not keep your card {method.label} any more, so it was taken\n"
        f"out of your wallet. {paid_with} Enter one anew if you need it:\n"
        "POST /api/v1/payment-method-setups. A booking whose deposit nothing pays ends by itself.\n"
    )
    mails.write_mail(work, account.email, SUBJECT, text, now)
