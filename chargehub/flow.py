"""What follows what. Read this to know everything that happens by itself.

A reaction is an action: one unit of work, no network. An Effect reaches the world outside any
transaction, and a second action records its outcome. Both may run twice and late.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from chargehub import events
from chargehub.audit import actions as audits
from chargehub.bookings import actions as bookings
from chargehub.bookings import (
    admitted,
    delisting,
    depositing,
    extending,
    following,
)
from chargehub.bookings.promises import PROMISES, Promises
from chargehub.card_disputes import actions as card_disputes
from chargehub.card_disputes import answering
from chargehub.card_disputes import effects as banks
from chargehub.checkups import actions as checkups
from chargehub.checkups import renewing
from chargehub.checkups.actions import CHECKING, Checking
from chargehub.destinations import actions as destinations
from chargehub.disputes import actions as disputes
from chargehub.disputes import lines
from chargehub.energy import actions as grid
from chargehub.energy import balancing
from chargehub.guests import (
    hinting,
    paying,
    redeeming,
    walking_up,
)
from chargehub.guests import (
    telling as guests,
)
from chargehub.invoices import actions as invoices
from chargehub.meters import actions as meters
from chargehub.owing import actions as owing
from chargehub.payments import (
    asking,
    budgeting,
    collect,
    coming_back,
    crediting,
    detaching,
    dropping,
    effects,
    ending,
    growing,
    hearing,
    onboarding,
    paying_in,
    payout,
    reholding,
    reversing,
    setting_up,
    topping_up,
)
from chargehub.payments import confirming as asking_payers
from chargehub.payments.confirming import USUAL, Manner
from chargehub.payments.facts import (
    AccountChanged,
    CardDisputed,
    HoldGone,
    MethodGone,
    OwnersBankRefused,
    PageEnded,
    PayoutReversed,
    RefundReturned,
)
from chargehub.payments.rails import Rails
from chargehub.payments.views import PaymentView
from chargehub.people import actions as people
from chargehub.prices import fetching
from chargehub.receipts import actions as receipts
from chargehub.reconciliation import actions as reconciliation
from chargehub.reputation import actions as reputation
from chargehub.reputation import (
    measuring,
    reviewing,
    trusting,
    unlocking,
)
from chargehub.search import confirming, offering, spotting
from chargehub.search import telling as search_telling
from chargehub.sessions import alerting, failing, stopping
from chargehub.sessions import remote as sessions
from chargehub.settlement import actions as settlement
from chargehub.settlement import compensating, dividing
from chargehub.settlement import tables as settlements
from chargehub.settlement.split import Terms
from chargehub.stations import actions as stations
from chargehub.stations import raising, security
from chargehub.store.outbox import Effect, Reaction, Reactions
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.webhooks import actions as webhooks
from chargehub.webhooks.publishing import publish
from chargehub.webhooks.rules import UNPUBLISHED

LINES = 10_000  # commands under way: each has a line of its own and waits for nobody else
MESSAGES = 1_000_000  # to webhooks; the sender itself bounds what is on its way at once
AUDITS = 1
FETCHES = 4  # of wholesale prices: more at once would be rude to one source
TRIES, HOUR = 60, timedelta(hours=1)  # of a webhook: two days, then a person must look

SessionTells = events.SessionOpened | events.SessionFailed | events.SessionClosed
Send = Callable[[Any, str], Awaitable[Any]]
AFTER_CHANGE: tuple[Reaction, ...] = (
    extending.follow_deposit,
    reholding.follow_change,
    following.look_after_booking,
)


@dataclass(frozen=True, slots=True)
class Senders:
    """How mail, commands and webhooks leave the hub, how wholesale prices and the books of rails
    are fetched, and the hub's own are audited."""

    mail: Send
    command: Send
    webhook: Send
    wholesale: Send
    reconciliation: Send
    audit: Send


def reactions(
    store: Store,
    rails: Rails,
    send: Senders,
    terms: Terms,
    secret: str,
    promises: Promises = PROMISES,
    checking: Checking = CHECKING,
    manner: Manner = USUAL,
) -> Reactions:
    """The followers of every event, in the order in which they are told. `secret`: the hub's."""
    follows: dict[type[events.Event], list[Reaction | Effect]] = {
        events.MailRequested: [Effect(send.mail, people.record_mail_sent)],
        events.WebhookRequested: [
            Effect(send.webhook, webhooks.record_sent, MESSAGES, TRIES, HOUR)
        ],
        events.WholesaleAsked: [Effect(send.wholesale, fetching.record, FETCHES)],
        events.ReconciliationAsked: [Effect(send.reconciliation, reconciliation.record_run)],
        events.AuditAsked: [Effect(send.audit, audits.record, AUDITS)],
        events.StationConnected: [
            stations.resume_commands,
            following.look_when_back,
            balancing.look_at_station,
            lines.note_connected,
        ],
        events.StationBooted: [balancing.forget_limits, meters.follow_boot],
        events.StationRetired: [grid.take_off],
        events.StationCommanded: [Effect(send.command, stations.record_outcome, LINES)],
        events.CommandFinished: [
            sessions.follow_command,
            bookings.follow_command,
            admitted.follow_command,
            security.follow_command,
            raising.follow_command,
            balancing.follow_command,
            meters.follow_command,
        ],
        events.BookingHeld: [collect.open_for_booking],
        events.DepositDue: [asking.open_for_deposit],
        events.PaymentMethodChanged: [depositing.ask_with_new_method],
        events.BookingConfirmed: [following.look_after_booking, _tell_confirmed(terms, promises)],
        events.BookingChanged: list(AFTER_CHANGE),
        events.BookingReleased: [
            ending.end_booking,
            asking_payers.give_up,
            _charge_owner(terms),
            _credit_spoilt(promises),
            offering.tell_failed,
            offering.tell_retired,
            search_telling.tell_ended,
            _delist(promises),
            following.look_after_booking,
        ],
        events.PaymentAuthorised: [bookings.confirm, ending.return_late],
        events.PaymentRefused: [bookings.decline, ending.take_late, stopping.stop_unpaid],
        events.SessionOpened: [
            bookings.mark_used,
            collect.open_for_session,
            ending.return_fee,
            crediting.withdraw,
            budgeting.begin,
            balancing.look_at_session,
            alerting.tell_driver,
        ],
        events.SessionFailed: [
            collect.release_for_session,
            failing.follow_failed,
        ],
        events.SessionClosed: [
            _fail_closed(promises),
            bookings.complete,
            collect.request_capture,
            balancing.look_at_session,
            _issue_receipt(receipts.Issuer(secret, terms)),
        ],
        events.FeeCaptured: [_settle_fee(terms)],
        events.PaymentCaptured: [_settle(terms)],
        events.CdrCorrected: [collect.adjust, _issue_receipt(receipts.Issuer(secret, terms))],
    }
    told_first: Reactions = {**follows, **_asked_of_rails(store, rails, manner, terms)}
    after = (
        _of_disputes(store, rails),
        _of_wallets(store, rails),
        _standing(),
        _of_checkups(checking),
        _OF_CREDITS,
        _of_watches(),
        _of_invoices(),
        _OF_GUESTS,
    )
    for then in after:
        told_first = _joined(told_first, then)
    return _published(told_first)


def _standing() -> Reactions:
    """What of all this says something of stations and drivers; told after everything else."""
    return {
        events.StationBooted: [measuring.begin],
        events.BookingHeld: [reputation.note_answer],
        events.BookingConfirmed: [reputation.note_answer],
        events.BookingReleased: [reputation.note_end, trusting.after_booking],
        events.SessionFailed: [reputation.note_session],
        events.SessionClosed: [reputation.note_session, trusting.after_session],
        events.SessionSettled: [reviewing.open_window],
        events.ReviewChanged: [trusting.after_review],
    }


_OF_CREDITS: Reactions = {  # who bears them, and how guests can use them; told at last
    events.SessionSettled: [compensating.follow_settlement, redeeming.follow_session],
    events.SessionClosed: [redeeming.follow_session],
    events.DisputeClosed: [compensating.follow_settlement],
    events.BookingReleased: [compensating.follow_credit, redeeming.follow_booking],
    events.SessionOpened: [compensating.follow_credit],
}


def _page_ended(work: Work, rail: str, fact: PageEnded, now: datetime) -> None:
    hinting.hint(work, rail, fact.reference, now)


_OF_GUESTS: Reactions = {events.SessionSettled: [guests.mail_receipt]}
_HEARD: Mapping[
    type[Any], hearing.Hear
] = {  # what a rail told by itself, once it was asked how it stands
    HoldGone: hearing.hold_gone,
    MethodGone: detaching.method_gone,
    RefundReturned: hearing.refund_returned_by_bank,
    PageEnded: _page_ended,
    AccountChanged: onboarding.hint,
    OwnersBankRefused: onboarding.bank_refused,
    PayoutReversed: coming_back.hear_reversed,
    CardDisputed: card_disputes.hear,
}


def _joined(first: Reactions, then: Reactions) -> Reactions:
    kinds = dict.fromkeys((*first, *then))
    return {kind: [*first.get(kind, ()), *then.get(kind, ())] for kind in kinds}


def _asked_of_rails(store: Store, rails: Rails, manner: Manner, terms: Terms) -> Reactions:
    """What a rail is asked, and where its answer is noted."""

    def name_owner(work: Work, payment: PaymentView) -> PaymentView:
        return destinations.name_owner(work, payment, rails.at_capture)

    def divide(work: Work, payment: PaymentView) -> PaymentView:
        return destinations.divide(work, payment, rails.at_capture, terms)

    def record_authorisation(
        work: Work, event: events.AuthorisationRequested, outcome: Any, now: datetime
    ) -> None:
        asking_payers.record_authorisation(work, event, outcome, now, manner)

    return {
        events.AuthorisationRequested: [
            Effect(effects.authorise(rails, store, name_owner), record_authorisation)
        ],
        events.HoldPageDue: [
            Effect(
                asking_payers.ask_page(rails, store, manner.public_url), asking_payers.record_page
            )
        ],
        events.CaptureRequested: [
            Effect(effects.capture(rails, store, divide), collect.record_capture)
        ],
        events.FeeRequested: [Effect(effects.capture(rails, store), ending.record_fee)],
        events.ReleaseRequested: [Effect(effects.release(rails, store), collect.record_release)],
        events.RefundRequested: [Effect(effects.refund(rails, store), collect.record_refund)],
        events.AdHocPageDue: [Effect(walking_up.read_page(rails, store), walking_up.record_page)],
        events.HoldGrowthRequested: [Effect(growing.grow(rails, store), growing.record_growth)],
        events.DebtPaymentRequested: [Effect(effects.capture(rails, store), owing.record_payment)],
        events.GuestPageDue: [Effect(paying.read_page(rails, store), paying.record_page)],
        events.TopUpRequested: [
            Effect(effects.take_top_up(rails, store), topping_up.record_top_up)
        ],
        events.TopUpPageDue: [Effect(paying_in.read_page(rails, store), paying_in.record_page)],
        events.PaybackRequested: [
            Effect(effects.pay_back(rails, store), topping_up.record_payback)
        ],
        events.PayoutLookedAt: [Effect(coming_back.look(rails, store), coming_back.record_look)],
        events.RailNotified: [Effect(hearing.look(rails), hearing.hearing(_HEARD))],
        events.PayoutRequested: [Effect(payout.send(rails, store), payout.record_payout)],
        events.PayoutResumed: [Effect(payout.send(rails, store), payout.record_payout)],
        events.PayoutReversalRequested: [
            Effect(reversing.take_back(rails, store), reversing.record_taken_back)
        ],
    }


def _of_wallets(store: Store, rails: Rails) -> Reactions:
    """What rails are asked about cards, and to forget."""
    return {
        events.MethodSetupAsked: [
            Effect(setting_up.read_page(rails, store), setting_up.record_page)
        ],
        events.PayoutAccountAsked: [
            Effect(onboarding.read_account(rails, store), onboarding.record_account)
        ],
        events.MethodDropped: [Effect(dropping.forget_method(rails, store), dropping.note_dropped)],
        events.PayerForgotten: [Effect(dropping.forget_payer(rails), dropping.note_forgotten)],
    }


def _of_disputes(store: Store, rails: Rails) -> Reactions:
    """What disputes follow, and what they ask of rails."""
    return {
        events.StationDisconnected: [lines.note_disconnected],
        events.DisputeClosed: [disputes.end_doubt],
        events.CdrCorrected: [card_disputes.follow_corrected],
        events.CardDisputeAnswerDue: [Effect(banks.answer(rails, store), answering.record_answer)],
        events.CardDisputeAccepted: [
            Effect(banks.give_in(rails, store), answering.record_acceptance)
        ],
        events.DisputeRefundRequested: [
            Effect(effects.refund(rails, store), disputes.record_refund)
        ],
    }


def _of_checkups(checking: Checking) -> Reactions:
    """What a check-up of a station waits for."""

    def check_up(work: Work, event: events.CommandFinished, now: datetime) -> None:
        checkups.advance_at(work, event.station_id, checking, now)

    def check_up_again(work: Work, event: events.StationConnected, now: datetime) -> None:
        checkups.come_back(work, event.station_id, checking, now)

    def check_charge(work: Work, event: SessionTells, now: datetime) -> None:
        checkups.follow_session(work, event.session_id, checking, now)

    def check_firmware(work: Work, event: events.StationBooted, now: datetime) -> None:
        renewing.follow_boot(work, event, checking.renewal, now)

    return {
        events.StationBooted: [check_firmware],
        events.StationConnected: [check_up_again],
        events.CommandFinished: [check_up],
        events.SessionOpened: [check_charge],
        events.SessionFailed: [check_charge],
        events.SessionClosed: [check_charge],
    }


def _of_watches() -> Reactions:
    """What may have come free; a job tells those who wait for it."""
    return {
        events.StationListed: [spotting.follow_listed],
        events.EvseFreed: [spotting.follow_freed],
        events.BlockLifted: [spotting.follow_lifted],
        events.BookingChanged: [spotting.follow_changed],
        events.BookingReleased: [spotting.follow_released],
        events.BookingLeft: [spotting.follow_left],
    }


def _of_invoices() -> Reactions:
    """What is invoiced, or credited; told when all of it is booked."""
    return {
        events.SessionSettled: [invoices.follow_settled],
        events.FeeCaptured: [invoices.follow_fee],
        events.BookingReleased: [invoices.follow_penalty],
        events.DisputeClosed: [invoices.follow_dispute],
        events.CardDisputeClosed: [invoices.follow_dispute],
    }


def _published(follows: Reactions) -> Reactions:
    """Last of all an event is published: in the feed, and from there to webhooks."""
    told = (kind for kind in get_args(events.Event) if kind not in UNPUBLISHED)
    return {**follows, **{kind: [*follows.get(kind, ()), publish] for kind in told}}


def _fail_closed(promises: Promises) -> Reaction:
    def follow_closed(work: Work, event: events.SessionClosed, now: datetime) -> None:
        failing.follow_closed(work, event, now, promises)

    return follow_closed


def _delist(promises: Promises) -> Reaction:
    def follow_cancelled(work: Work, event: events.BookingReleased, now: datetime) -> None:
        delisting.follow_cancelled(work, event, now, promises)

    return follow_cancelled


def _credit_spoilt(promises: Promises) -> Reaction:
    bounds = crediting.Bounds(promises, settlements.hub_fees)

    def credit_spoilt(work: Work, event: events.BookingReleased, now: datetime) -> None:
        crediting.credit_spoilt(work, event, now, bounds)

    return credit_spoilt


def _tell_confirmed(terms: Terms, promises: Promises) -> Reaction:
    def tell_confirmed(work: Work, event: events.BookingConfirmed, now: datetime) -> None:
        telling = confirming.Telling(terms, promises.address_before)
        confirming.tell_confirmed(work, event, telling, now)

    return tell_confirmed


def _issue_receipt(issuer: receipts.Issuer) -> Reaction:
    def issue_receipt(
        work: Work, event: events.SessionClosed | events.CdrCorrected, now: datetime
    ) -> None:
        receipts.issue_for(work, event, issuer, now)

    return issue_receipt


def _settle(terms: Terms) -> Reaction:
    def settle(work: Work, event: events.PaymentCaptured, now: datetime) -> None:
        settlement.settle(work, event, now, unlocking.of_session(work, event, terms, now))
        destinations.pay(work, event, now)

    return settle


def _settle_fee(terms: Terms) -> Reaction:
    def settle_fee(work: Work, event: events.FeeCaptured, now: datetime) -> None:
        dividing.settle_fee(work, event, now, unlocking.of_fee(work, event, terms, now))

    return settle_fee


def _charge_owner(terms: Terms) -> Reaction:
    def charge_owner(work: Work, event: events.BookingReleased, now: datetime) -> None:
        dividing.charge_owner(work, event, now, terms)

    return charge_owner
