"""Everything that can happen, as plain values. Past tense, ids and amounts, no rows.

An event is recorded in the commit of the change it tells of; what follows stands in `flow.py`.
The names are also the vocabulary of webhooks. `aggregate` orders deliveries: those of one
aggregate run one after the other.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailRequested:
    """Somebody must be written to. The text itself is a row of `people`."""

    mail_id: str

    @property
    def aggregate(self) -> str:
        return f"mail:{self.mail_id}"


@dataclass(frozen=True, slots=True)
class WebhookRequested:
    """Somebody's webhook must be told; the message is a row of `webhooks`.

    `lane`: the same for all messages to one webhook about one resource, which go in order.
    """

    message_id: str
    lane: str

    @property
    def aggregate(self) -> str:
        return f"webhook:{self.lane}"


@dataclass(frozen=True, slots=True)
class ReconciliationAsked:
    """A rail must be asked for its books of the time of a reconciliation."""

    reconciliation_id: str
    rail: str

    @property
    def aggregate(self) -> str:
        return f"reconciliation:{self.rail}"


@dataclass(frozen=True, slots=True)
class AuditAsked:
    """The hub's books are to be audited."""

    audit_id: str

    @property
    def aggregate(self) -> str:
        return f"audit:{self.audit_id}"


@dataclass(frozen=True, slots=True)
class LawsBroken:
    """An audit of the hub's books found laws of money broken. `laws`: "I3, I10"."""

    audit_id: str
    laws: str

    @property
    def aggregate(self) -> str:
        return f"audit:{self.audit_id}"


@dataclass(frozen=True, slots=True)
class WholesaleAsked:
    """The wholesale prices of an area must be fetched for a local day, as 2026-03-29."""

    area: str
    currency: str
    day: str

    @property
    def aggregate(self) -> str:
        return f"wholesale:{self.area}:{self.currency}"


@dataclass(frozen=True, slots=True)
class WholesaleChanged:
    """How the wholesale prices of an area stand is another now.

    `state`: good; old (the price of now is missing and the last one counts on); missing (tariffs
    that follow them want their own price).
    """

    area: str
    currency: str
    state: str

    @property
    def aggregate(self) -> str:
        return f"wholesale:{self.area}:{self.currency}"


@dataclass(frozen=True, slots=True)
class StationConnected:
    """A station opened its line, or opened it anew."""

    station_id: str

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class StationDisconnected:
    """The line of a station closed and no newer one has taken its place."""

    station_id: str

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class StationBooted:
    """A station introduced itself and was accepted."""

    station_id: str

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class StationRetired:
    """A station was taken out of service by its owner, for good."""

    station_id: str

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class StationChecked:
    """A check-up of a station ended. `grade`: A (best) to F; `score`: points of a hundred."""

    station_id: str
    checkup_id: str
    grade: str
    score: int

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class CheckupAsked:
    """A listed station needs a new check-up until `lapses_at`, or its grade counts no more."""

    station_id: str
    because: str
    lapses_at: str

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class GradeLapsed:
    """A station had no new check-up in time: it is off the market until it passes one."""

    station_id: str

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class StationListed:
    """A station is on the market for the first time. `is_first` false: it was before, but for
    members alone, and is now there for everybody."""

    station_id: str
    is_first: bool

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class EvseFreed:
    """An EVSE is available that was not."""

    station_id: str
    evse_number: int

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class BlockLifted:
    """An owner keeps an EVSE no longer for a time that they had kept."""

    block_id: str
    station_id: str

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class MeterKeyTold:
    """A station tells a key of its meter that was not known: its owner is to confirm it."""

    key_id: str
    station_id: str
    evse_number: int

    @property
    def aggregate(self) -> str:
        return f"station:{self.station_id}"


@dataclass(frozen=True, slots=True)
class StationCommanded:
    """The hub wants something of a station; the command is a row of `stations`."""

    command_id: str
    station_id: str

    @property
    def aggregate(self) -> str:
        return f"command:{self.command_id}"


@dataclass(frozen=True, slots=True)
class CommandFinished:
    """A command got its answer, was refused, timed out or expired; the outcome is in its row."""

    command_id: str
    station_id: str
    kind: str

    @property
    def aggregate(self) -> str:
        return f"command:{self.command_id}"


@dataclass(frozen=True, slots=True)
class BookingRequested:
    """A driver asks for a slot whose owner agrees to every booking. Nothing is held yet."""

    booking_id: str

    @property
    def aggregate(self) -> str:
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True)
class BookingHeld:
    """A slot is kept for a driver until the hold on the money is made."""

    booking_id: str

    @property
    def aggregate(self) -> str:
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True)
class DepositDue:
    """The deposit of a booking that stands is to be held now: it begins soon, or was refused one
    and its driver has mended that. `payment_id`: of the payment that this opens."""

    booking_id: str
    payment_id: str

    @property
    def aggregate(self) -> str:
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True)
class PaymentMethodChanged:
    """An account pays with another means of payment than before, or with its first."""

    account_id: str

    @property
    def aggregate(self) -> str:
        return f"account:{self.account_id}"


@dataclass(frozen=True, slots=True)
class BookingConfirmed:
    """The slot is the driver's. Its money is held, or will be a day before it begins."""

    booking_id: str

    @property
    def aggregate(self) -> str:
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True)
class BookingChanged:
    """A booking ends at another time. `state`: made at once, or asked where more is to be held;
    then held and made, or refused and taken_back."""

    booking_id: str
    state: str

    @property
    def aggregate(self) -> str:
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True)
class BookingReleased:
    """A booking ended without a session that counts. `reason`: cancelled, expired, declined,
    no_show, failed (by the station)."""

    booking_id: str
    reason: str

    @property
    def aggregate(self) -> str:
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True)
class BookingLeft:
    """A booking was used, and its session ended before its time did (the slot and the minutes
    kept after it): the rest is free."""

    booking_id: str

    @property
    def aggregate(self) -> str:
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A station started a session, or the hub learnt of one that was started offline.

    `booking_id`: the driver's booking whose time it was; None for a walk-up.
    """

    session_id: str
    booking_id: str | None = None

    @property
    def aggregate(self) -> str:
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True)
class SessionFailed:
    """A session that was asked for never began: refused by the station, or timed out."""

    session_id: str

    @property
    def aggregate(self) -> str:
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A session ended and was priced: its CDR stands."""

    session_id: str
    cdr_id: str

    @property
    def aggregate(self) -> str:
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True)
class CdrCorrected:
    """A credit note took a CDR back and a new CDR took its place."""

    session_id: str
    credit_note_id: str
    cdr_id: str

    @property
    def aggregate(self) -> str:
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True)
class MethodSetupAsked:
    """A rail must be asked what became of its page for entering a card."""

    setup_id: str

    @property
    def aggregate(self) -> str:
        return f"setup:{self.setup_id}"


@dataclass(frozen=True, slots=True)
class MethodDropped:
    """A means of payment was taken out of its wallet, and its rail must forget it."""

    method_id: str

    @property
    def aggregate(self) -> str:
        return f"method:{self.method_id}"


@dataclass(frozen=True, slots=True)
class PayerForgotten:
    """An account was erased, and rails must forget whom they know by it."""

    account_id: str

    @property
    def aggregate(self) -> str:
        return f"payer:{self.account_id}"


@dataclass(frozen=True, slots=True)
class AuthorisationRequested:
    """A payment row stands and wants a hold on its rail."""

    payment_id: str

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class HoldPageDue:
    """A rail must open, read or close its page on which a payment's hold is confirmed."""

    payment_id: str

    @property
    def aggregate(self) -> str:
        return f"hold_page:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class DebtPaymentRequested:
    """A payment row stands that is to pay what a driver owes, and wants money from its rail."""

    payment_id: str

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class HoldGrowthRequested:
    """A session costs nearly what is held: the rail is to keep `amount_minor` in all."""

    payment_id: str
    amount_minor: int

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class PaymentAuthorised:
    """A rail holds the driver's money. Exactly one of the two ids is set at first."""

    payment_id: str
    booking_id: str | None
    session_id: str | None

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class PaymentRefused:
    """A rail would not hold the driver's money."""

    payment_id: str
    booking_id: str | None
    session_id: str | None

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class CaptureRequested:
    """A closed session's cost is to be taken from its payment."""

    payment_id: str
    session_id: str
    cdr_id: str

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class FeeRequested:
    """What a booking's early end costs is to be taken from its deposit."""

    payment_id: str
    booking_id: str

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class FeeCaptured:
    """A rail took the fee for a booking's early end from its deposit; the rest went back.

    `captured_minor` is what is kept of it: 0 when it went back, for its driver did come.
    """

    payment_id: str
    booking_id: str
    captured_minor: int

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """A rail took `captured_minor` of the cost of a CDR, and the driver's credit paid
    `credit_minor`; what is missing is a receivable."""

    payment_id: str
    session_id: str
    cdr_id: str
    captured_minor: int
    credit_minor: int = 0

    @property
    def aggregate(self) -> str:
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True)
class ReleaseRequested:
    """A hold is no longer needed and is to be given back."""

    payment_id: str

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """Part of what was captured is to go back to the driver. Without a session it is the fee of
    a booking whose driver did come."""

    refund_id: str
    payment_id: str
    session_id: str | None

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class TopUpRequested:
    """A driver's money is to be taken and added to what is prepaid."""

    top_up_id: str

    @property
    def aggregate(self) -> str:
        return f"top_up:{self.top_up_id}"


@dataclass(frozen=True, slots=True)
class TopUpPageDue:
    """The rail is to be asked what became of the page of a top-up, or to close it."""

    top_up_id: str
    is_closing: bool = False

    @property
    def aggregate(self) -> str:
        return f"top_up:{self.top_up_id}"


@dataclass(frozen=True, slots=True)
class TopUpEnded:
    """A top-up was taken, and can be spent, or was refused."""

    top_up_id: str
    account_id: str

    @property
    def aggregate(self) -> str:
        return f"top_up:{self.top_up_id}"


@dataclass(frozen=True, slots=True)
class PaybackRequested:
    """A part of what is prepaid is to go back to where it came from."""

    payback_id: str

    @property
    def aggregate(self) -> str:
        return f"payback:{self.payback_id}"


@dataclass(frozen=True, slots=True)
class PaybackEnded:
    """Prepaid money went back, or the rail would not take it back."""

    payback_id: str
    account_id: str

    @property
    def aggregate(self) -> str:
        return f"payback:{self.payback_id}"


@dataclass(frozen=True, slots=True)
class RefundReturned:
    """The driver's bank would not take a refund: the money is the hub's again, and owed still."""

    refund_id: str
    payment_id: str
    session_id: str | None

    @property
    def aggregate(self) -> str:
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class RailNotified:
    """A rail told that something happened there; it is to be looked into."""

    rail: str
    notice_id: str
    kind: str
    reference: str
    account: str | None

    @property
    def aggregate(self) -> str:
        return f"rail:{self.rail}:{self.reference}"


@dataclass(frozen=True, slots=True)
class AdHocPageDue:
    """The page on which somebody without an account pays is to be looked at."""

    visit_id: str

    @property
    def aggregate(self) -> str:
        return f"ad_hoc:{self.visit_id}"


@dataclass(frozen=True, slots=True)
class GuestPageDue:
    """The page on which a guest pays is to be looked at; `is_over`: and to be closed."""

    page_id: str
    is_over: bool

    @property
    def aggregate(self) -> str:
        return f"guest_page:{self.page_id}"


@dataclass(frozen=True, slots=True)
class SessionSettled:
    """The cost of a CDR stands in the ledger, divided between owner, hub and tax."""

    session_id: str
    cdr_id: str

    @property
    def aggregate(self) -> str:
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """A document has its number, and does not change any more. Of credit notes `gross_minor` is
    below 0. `session_id`, `booking_id`: what it is for; `account_id`: the owner whose month it
    is; one of the three is set."""

    invoice_id: str
    kind: str
    number: str
    gross_minor: int
    currency: str
    session_id: str | None
    booking_id: str | None
    account_id: str | None

    @property
    def aggregate(self) -> str:
        return f"invoice:{self.invoice_id}"


@dataclass(frozen=True, slots=True)
class ReviewChanged:
    """A review of a session's other side can be read now, or an operator judged it.

    `became`: published, kept, text_removed, reply_removed, struck.
    """

    review_id: str
    session_id: str
    became: str

    @property
    def aggregate(self) -> str:
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True)
class PayoutAccountAsked:
    """A rail must be asked how an owner's account stands."""

    owner_id: str

    @property
    def aggregate(self) -> str:
        return f"payee:{self.owner_id}"


@dataclass(frozen=True, slots=True)
class PayoutRequested:
    """An owner's matured balance is on its way out."""

    payout_id: str

    @property
    def aggregate(self) -> str:
        return f"payout:{self.payout_id}"


@dataclass(frozen=True, slots=True)
class PayoutResumed:
    """A payout that waited for the cards' money must be sent again."""

    payout_id: str

    @property
    def aggregate(self) -> str:
        return f"payout:{self.payout_id}"


@dataclass(frozen=True, slots=True)
class PayoutPaid:
    """The rail confirmed a payout."""

    payout_id: str

    @property
    def aggregate(self) -> str:
        return f"payout:{self.payout_id}"


@dataclass(frozen=True, slots=True)
class PayoutLookedAt:
    """It is time to ask the rail whether a payout that was paid came back."""

    payout_id: str

    @property
    def aggregate(self) -> str:
        return f"payout:{self.payout_id}"


@dataclass(frozen=True, slots=True)
class PayoutFailed:
    """The rail refused a payout, or it came back; the balance is the owner's again."""

    payout_id: str

    @property
    def aggregate(self) -> str:
        return f"payout:{self.payout_id}"


@dataclass(frozen=True, slots=True)
class PayoutReversalRequested:
    """What an owner owes is taken back from an earlier payout."""

    reversal_id: str
    payout_id: str

    @property
    def aggregate(self) -> str:
        return f"payout:{self.payout_id}"


@dataclass(frozen=True, slots=True)
class PayoutReversalEnded:
    """The rail took it back, or refused. `became`: taken, refused."""

    reversal_id: str
    payout_id: str
    became: str

    @property
    def aggregate(self) -> str:
        return f"payout:{self.payout_id}"


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """A driver disputes what was taken, or an owner claims a damage. One subject is set."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeAnswered:
    """The other side contests a dispute: an operator is to decide."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeDecided:
    """A dispute was decided: by the facts, by silence, by one side giving in, or by an operator.

    `awarded_minor` of the disputed amount is for who opened it. It is carried out when nobody can
    appeal any more.
    """

    dispute_id: str
    session_id: str | None
    booking_id: str | None
    awarded_minor: int

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeAppealed:
    """One side does not accept the decision: another operator is to decide, for the last time."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeRefundRequested:
    """What a dispute gives a driver is to be sent back.

    In order with what is told of the captures of the same session or fee.
    """

    refund_id: str
    payment_id: str
    dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        if self.session_id is not None:
            return f"session:{self.session_id}"
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class DisputeClosed:
    """A dispute is over for good. `refunded_minor` went back to the driver; nothing is frozen."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None
    refunded_minor: int

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class CardDisputeOpened:
    """A cardholder disputes a charge at the bank. No subject is set where a top-up is disputed."""

    card_dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        return f"card_dispute:{self.card_dispute_id}"


@dataclass(frozen=True, slots=True)
class CardDisputeAnswerDue:
    """Evidence is to be sent to a cardholder's bank."""

    card_dispute_id: str

    @property
    def aggregate(self) -> str:
        return f"card_dispute:{self.card_dispute_id}"


@dataclass(frozen=True, slots=True)
class CardDisputeAccepted:
    """An operator leaves a disputed charge to its cardholder; the rail is to be told."""

    card_dispute_id: str

    @property
    def aggregate(self) -> str:
        return f"card_dispute:{self.card_dispute_id}"


@dataclass(frozen=True, slots=True)
class CardDisputeClosed:
    """A bank has decided: `state` won, lost, or closed (it only asked). `returned_minor` of the
    cost went back to the cardholder; nothing is frozen any more."""

    card_dispute_id: str
    session_id: str | None
    booking_id: str | None
    state: str
    returned_minor: int

    @property
    def aggregate(self) -> str:
        return f"card_dispute:{self.card_dispute_id}"


@dataclass(frozen=True, slots=True)
class WatchMatched:
    """Somebody was told that what they watch for is there. `evse_id`: the nearest that fits."""

    watch_id: str
    account_id: str
    evse_id: str

    @property
    def aggregate(self) -> str:
        return f"watch:{self.watch_id}"


Event = (
    MailRequested
    | WebhookRequested
    | ReconciliationAsked
    | AuditAsked
    | LawsBroken
    | WholesaleAsked
    | WholesaleChanged
    | StationConnected
    | StationDisconnected
    | StationBooted
    | StationRetired
    | StationChecked
    | CheckupAsked
    | GradeLapsed
    | StationListed
    | EvseFreed
    | BlockLifted
    | MeterKeyTold
    | StationCommanded
    | CommandFinished
    | BookingRequested
    | BookingHeld
    | DepositDue
    | PaymentMethodChanged
    | BookingConfirmed
    | BookingChanged
    | BookingReleased
    | BookingLeft
    | SessionOpened
    | SessionFailed
    | SessionClosed
    | CdrCorrected
    | MethodSetupAsked
    | MethodDropped
    | PayerForgotten
    | AuthorisationRequested
    | HoldPageDue
    | DebtPaymentRequested
    | HoldGrowthRequested
    | PaymentAuthorised
    | PaymentRefused
    | CaptureRequested
    | FeeRequested
    | FeeCaptured
    | PaymentCaptured
    | ReleaseRequested
    | RefundRequested
    | TopUpRequested
    | TopUpPageDue
    | TopUpEnded
    | PaybackRequested
    | PaybackEnded
    | RefundReturned
    | RailNotified
    | AdHocPageDue
    | GuestPageDue
    | SessionSettled
    | InvoiceIssued
    | ReviewChanged
    | PayoutAccountAsked
    | PayoutRequested
    | PayoutResumed
    | PayoutPaid
    | PayoutLookedAt
    | PayoutFailed
    | PayoutReversalRequested
    | PayoutReversalEnded
    | DisputeOpened
    | DisputeAnswered
    | DisputeDecided
    | DisputeAppealed
    | DisputeRefundRequested
    | DisputeClosed
    | CardDisputeOpened
    | CardDisputeAnswerDue
    | CardDisputeAccepted
    | CardDisputeClosed
    | WatchMatched
)
