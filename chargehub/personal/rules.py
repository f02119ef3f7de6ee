"""What the hub holds about a person: one line for each way from a table to somebody. Pure.

Read in order by the export, and by the erasure, which takes what hangs on other rows first. A
test looks at every column of every table: one that can name or tell of a person has its line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from chargehub.errors import Conflict

ERASED = "ERASED"
SECRET = frozenset(
    ("password_hash", "token_hash", "key_hash", "sealed", "password_digest", "next_password_digest")
)
"""Proofs of who somebody is. They go into no export."""


class NotErasable(Conflict):
    """Money, a booking or a station of the person is still open."""

    code = "not_erasable"


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of a table about a person, and what becomes of them when the person leaves.

    `by`: the column that names the person, or `column@table` where it names a row of another
    table that is theirs. `is_deleted`: the rows go. Else they stay for the books, `blank` says
    what takes the place of what names or tells of somebody, `cut` in which texts every id token of
    the person is made unreadable, and `kept` what stays and `why`. `hidden` is another's: not
    exported to this person. `stays_with`: while the owner has rows of that table, for the law
    asks for both; the clock deletes it years later.
    """

    table: str
    by: str
    is_deleted: bool = False
    blank: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    cut: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    why: str = ""
    stays_with: str = ""


_KEY = "a random key; who it was is known nowhere once the account is empty"
_OTHERS = "tells of the other side, whose it is"
_EVIDENCE = "never changed: what was decided, billed and signed rests on it"
_FOR_TAX_OFFICES = "the law wants it kept for years, then the clock empties it"
_SAID_OF_A_DISPUTE = MappingProxyType(
    {"statement": ERASED, "answer": None, "appeal": None, "reason": None}
)
_SAID_IN_A_REVIEW = MappingProxyType({"text": None, "reply": None, "appeal": None})
_NO_METHOD = MappingProxyType({"method": ERASED, "refusal_detail": None})
_BY_A_RAIL = ("rail_reference", "refusal_code")
_OF_PAYMENT = (*_BY_A_RAIL, "destination", "rail_transfer", "rail_fee")  # of its owner's account
_BY_A_BANK = ("reference", "reason", "refusal_code")
_NOT_THEIRS = ("accepted_by", "words")  # of operators

HELD: tuple[Held, ...] = (
    # --- the account and what opens it ---
    Held("webhook_key", "webhook_id@webhook", is_deleted=True),
    Held("webhook_message", "webhook_id@webhook", is_deleted=True),
    Held("webhook", "account_id", is_deleted=True),
    Held("feed_reader", "account_id", is_deleted=True),
    Held("idempotency_key", "actor_id", is_deleted=True),
    Held("login", "account_id", is_deleted=True),
    Held("api_key", "account_id", is_deleted=True),
    Held("mail_token", "account_id", is_deleted=True),
    Held("operator_note", "account_id", kept=("account_id", "route", "ids"), why=_KEY),
    Held("jurisdiction_confirmation", "account_id", is_deleted=True),
    Held("seller", "account_id", is_deleted=True, stays_with="settlement"),
    Held("billing_party", "account_id", is_deleted=True, stays_with="settlement"),
    Held("seller_request", "account_id", is_deleted=True),
    *(Held(one, "owner_id", is_deleted=True) for one in ("payout_hold", "payout_plan")),
    # --- what was said to the other side ---
    Held("dispute_photo", "account_id", is_deleted=True),
    Held("dispute_message", "account_id", blank={"text": ERASED}, kept=("account_id",), why=_KEY),
    Held("dispute_evidence", "dispute_id@dispute", kept=("sha256", "body"), why=_EVIDENCE),
    Held(
        "dispute",
        "driver_id",
        blank=_SAID_OF_A_DISPUTE,
        hidden=("owner_id", "decided_by"),
        kept=("driver_id", "evidence_sha256"),
        why=_KEY,
    ),
    Held(
        "dispute",
        "owner_id",
        blank=_SAID_OF_A_DISPUTE,
        hidden=("driver_id", "decided_by"),
        kept=("owner_id",),
        why=_KEY,
    ),
    Held(
        "review_decision",
        "review_id@review",
        blank={"reason": ERASED, "removed_text": None},
        hidden=("operator_id",),
    ),
    Held(
        "review",
        "author_id",
        blank=_SAID_IN_A_REVIEW,
        hidden=("subject_id",),
        kept=("scores",),
        why="figures, which make the other's rating",
    ),
    Held(  # a review is blind until it is shown: who it is about reads it by its own route
        "review",
        "subject_id",
        blank=_SAID_IN_A_REVIEW,
        hidden=("author_id", "stars", "scores", "text", "written_at"),
    ),
    Held("review_window", "driver_id", hidden=("owner_id",), kept=("driver_id",), why=_KEY),
    Held("review_window", "owner_id", hidden=("driver_id",), kept=("owner_id",), why=_KEY),
    # --- as a driver ---
    Held("watch_find", "watch_id@watch", is_deleted=True),
    Held("watch_place", "watch_id@watch", is_deleted=True),
    Held("watch", "account_id", is_deleted=True),
    Held("guest_booking", "account_id", is_deleted=True),
    Held("ad_hoc", "account_id", is_deleted=True),
    Held("guest_page", "account_id", is_deleted=True),
    Held("guest_credit_code", "account_id", is_deleted=True),
    Held("driver_trust", "driver_id", is_deleted=True),
    Held("access_code", "booking_id@booking", is_deleted=True),
    Held("booking_change", "booking_id@booking"),
    Held("booking_quote", "driver_id", kept=("driver_id", "policy", "time_zone"), why=_KEY),
    Held("booking_series", "driver_id", kept=("driver_id",), why=_KEY),
    Held("credit", "driver_id", kept=("driver_id",), why=_KEY),
    Held("session_stay", "session_id@session", kept=("unknown",), why=_EVIDENCE),
    Held("session_budget", "session_id@session", is_deleted=True),
    Held("receipt", "session_id@session", kept=("hash", "content"), why=_EVIDENCE),
    Held(
        "signed_packet", "session_id@session", kept=("content", "digest", "encoding"), why=_EVIDENCE
    ),
    Held(
        "invoice",
        "driver_id",
        hidden=("owner_id", "issuer", "series"),
        kept=("driver_id", "sha256", "content"),
        why=_FOR_TAX_OFFICES,
    ),
    Held(
        "invoice_subject",
        "driver_id",
        hidden=("owner_id",),
        kept=("driver_id", "missing"),
        why=_KEY,
    ),
    Held("membership", "driver_id", is_deleted=True),
    Held("address_reveal", "account_id", is_deleted=True),
    Held("payment_method", "account_id", is_deleted=True),
    Held("payment_method_setup", "account_id", is_deleted=True),
    Held(
        "stripe_customer",
        "account_id",
        kept=("account_id", "customer_id"),
        why="deleted with the customer itself, as soon as Stripe has been told",
    ),
    Held("top_up", "account_id", blank=_NO_METHOD, kept=("account_id", *_BY_A_RAIL), why=_KEY),
    Held(
        *("payback", "account_id"),
        blank={"refusal_detail": None},
        kept=("account_id", "rail_reference", "refusal_code"),
        why=_KEY,
    ),
    Held("top_up_chargeback", "account_id", kept=("account_id",), why=_KEY),
    Held(
        "prepaid_order",
        "account_id",
        kept=("account_id", "key", "asked", "origin", "purpose", "refusal_code", "refusal_detail"),
        why=_KEY,
    ),
    *(
        Held("card_dispute", who, hidden=_NOT_THEIRS, kept=(who, *_BY_A_BANK), why=_KEY)
        for who in ("driver_id", "owner_id")
    ),
    Held(
        "refund",
        "payment_id@payment",
        kept=("rail_reference", "refusal_code", "refusal_detail"),
        why=_KEY,
    ),
    Held("payment", "driver_id", blank=_NO_METHOD, kept=("driver_id", *_OF_PAYMENT), why=_KEY),
    Held(
        *("debt", "driver_id"),
        blank={"because": None},
        hidden=("forgiven_by",),
        kept=("driver_id",),
        why=_KEY,
    ),
    Held("debtor", "account_id", is_deleted=True),
    Held("deposit_page", "booking_id@booking", is_deleted=True),
    Held("hold_page", "payment_id@payment", is_deleted=True),
    Held("top_up_page", "top_up_id@top_up", is_deleted=True),
    Held("command", "booking_id@booking", cut=("body", "outcome", "progress")),
    Held("command", "session_id@session", cut=("body", "outcome", "progress")),
    Held(
        "report",
        "session_id@session",
        cut=("payload", "fact"),
        kept=("message_id",),
        why="what the station said of the energy; the books rest on it",
    ),
    Held("reading", "session_id@session"),
    Held(
        "cdr",
        "driver_id",
        blank={"id_token": None},
        hidden=("owner_id",),
        kept=("driver_id", "reason", "lines", "flags"),
        why=_KEY,
    ),
    Held("settlement", "driver_id", hidden=("owner_id",), kept=("driver_id",), why=_KEY),
    Held(
        "booking",
        "driver_id",
        blank={"id_token": ERASED},
        hidden=("owner_id",),
        kept=("driver_id", "policy"),
        why=_KEY,
    ),
    Held(
        "session",
        "driver_id",
        blank={"id_token": None, "start_key": None},
        hidden=("owner_id",),
        kept=("driver_id", "flags"),
        why=_KEY,
    ),
    Held("id_token", "account_id", is_deleted=True),
    # --- as an owner ---
    Held("household_token", "evse_id@evse", is_deleted=True),
    Held("pay_code_demand", "evse_id@evse", is_deleted=True),
    Held("calendar_feed", "station_id@station", is_deleted=True),
    Held("station_photo", "station_id@station", is_deleted=True),
    Held("station_note", "station_id@station", is_deleted=True),
    Held("station_frame", "station_id@station", is_deleted=True),
    Held("station_setting", "station_id@station", is_deleted=True),
    Held("checkup", "station_id@station", is_deleted=True),
    Held("station_grade", "station_id@station", is_deleted=True),
    Held("station_proof", "station_id@station", is_deleted=True),
    Held("local_list", "station_id@station", is_deleted=True),
    Held("evse_block", "station_id@station", is_deleted=True),
    Held("pairing", "owner_id", is_deleted=True),
    Held("member_code", "group_id@member_group", is_deleted=True),
    Held("membership", "group_id@member_group", is_deleted=True, hidden=("driver_id",)),
    Held("member_group", "owner_id", is_deleted=True),
    Held("tariff_dynamics", "tariff_id@tariff", is_deleted=True),
    Held("site_export", "location_id@location", is_deleted=True),
    Held("cost_model", "owner_id", is_deleted=True),
    Held("sunny_time", "location_id@location", is_deleted=True),
    Held("station_month", "owner_id", is_deleted=True),
    Held("site_solar", "location_id@location", is_deleted=True),
    Held("address_reveal", "location_id@location", kept=("account_id",), why=_OTHERS),
    *(Held(one, "owner_id", is_deleted=True) for one in ("payout_preference", "payout_account")),
    Held(
        "payout",
        "owner_id",
        blank={"destination": ERASED, "refusal_detail": None},
        kept=("owner_id", "rail_reference", "refusal_code"),
        why=_KEY,
    ),
    Held(
        "payout_reversal",
        "owner_id",
        blank={"because": ERASED, "refusal_detail": None},
        hidden=("asked_by",),
        kept=("owner_id", *_BY_A_RAIL),
        why=_KEY,
    ),
    Held("token_credit", "account_id", kept=("account_id", "key", "purpose"), why=_KEY),
    Held("booking_fee", "owner_id", kept=("owner_id",), why=_KEY),
    Held("share", "account_id", kept=("account_id",), why=_KEY),
    Held("share_agreement", "owner_id", kept=("owner_id",), why=_KEY),
    Held("settlement", "owner_id", hidden=("driver_id",), kept=("owner_id",), why=_KEY),
    Held(
        "invoice",
        "owner_id",
        hidden=("driver_id",),
        kept=("owner_id", "series", "sha256", "content"),
        why=_FOR_TAX_OFFICES,
    ),
    Held("invoice_subject", "owner_id", hidden=("driver_id",), kept=("owner_id",), why=_KEY),
    Held("invoice_month", "owner_id", kept=("owner_id", "missing"), why=_KEY),
    Held("cdr", "owner_id", hidden=("driver_id", "id_token"), kept=("owner_id",), why=_KEY),
    Held("booking", "owner_id", hidden=("driver_id", "id_token"), kept=("owner_id",), why=_KEY),
    Held(
        "session",
        "owner_id",
        hidden=("driver_id", "id_token", "start_key"),
        kept=("owner_id",),
        why=_KEY,
    ),
    Held(
        "tariff",
        "owner_id",
        blank={"external_ref": None, "name": ERASED},
        kept=("owner_id",),
        why=_KEY,
    ),
    Held("listing", "station_id@station", kept=("hours",), why="when a place was open to all"),
    Held("past_listing", "station_id@station", kept=("hours",), why="when a place was open to all"),
    Held("station_standing", "owner_id", kept=("owner_id",), why=_KEY),
    Held("settlement_contest", "owner_id", kept=("owner_id",), why=_KEY),
    Held("booking_policy", "station_id@station", kept=("terms",), why="what was booked under it"),
    Held("evse", "station_id@station", kept=("error_code",), why="the device's own word"),
    Held(
        "station",
        "owner_id",
        blank={
            "name": ERASED,
            "external_ref": None,
            "serial_number": None,
            "password_digest": "",
            "next_password_digest": None,
        },
        kept=("owner_id", "identity", "vendor", "model", "firmware_version", "quirk_profile"),
        why=_KEY,
    ),
    Held(
        "location",
        "owner_id",
        blank={"name": ERASED, "address": ERASED, "access_notes": "", "external_ref": None},
        kept=("owner_id", "time_zone"),
        why=_KEY,
    ),
    # --- last, for the others are found by it ---
    Held(
        "account",
        "id",
        blank={"email": "", "name": ERASED, "password_hash": ""},
        kept=("email_folded",),
        why="replaced by a mark that no address folds to",
    ),
)

NOBODYS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("audit.laws", "audit.head_hash"), "figures of the hub's books"),
        "balance_line.about": "a rail's name for a payment, refund or payout",
        "balance_line.because": "written by the hub and its operators",
        "balance_line.reference": "a rail's name for a line of its books",
        "balance_line.told": "written by the hub and its operators",
        "reconciliation_missing.reference": "a rail's name for a payment, refund or payout",
        "charging_limit.refused": "a station's word",
        "command.outcome": "cut by the lines above",
        "connector.error_code": "a station's word",
        "delivery.aggregate": "ids of things",
        "delivery.error": "what the program failed with",
        "delivery.follower": "a name of the program",
        "event.aggregate": "ids of things",
        "event.body": "ids and amounts",
        "event.name": "a name of the program",
        "feed_entry.body": "ids and amounts",
        "feed_entry.name": "a name of the program",
        "feed_entry.resource": "ids of things",
        "grid_station.refused": "a station's word",
        "legal_entity.address": "of who runs the hub, who publishes it",
        "legal_entity.name": "of who runs the hub, who publishes it",
        "legal_entity.register_entry": "of who runs the hub, who publishes it",
        "ledger_account.code": "the random key of an account is in it; the ledger never forgets",
        "ledger_account.holder": "the random key of an account; the ledger never forgets",
        "ledger_entry.account": "the random key of an account is a part of it",
        "ledger_head.hash": "a hash of hashes",
        "ledger_link.hash": "a hash of hashes",
        "ledger_txn.digest": "a hash of amounts",
        "ledger_txn.reason": "written by the hub and its operators",
        "settlement.accepted_because": "written by the hub and its operators",
        "settlement.doubts": "names of the program",
        "mail.recipient": "deleted by address, see `erasing`; else by the clock",
        "mail.subject": "as the recipient",
        "mail.text": "emptied when it is sent",
        "mail.error": "as the recipient",
        "meter_key.content": "a device's key",
        "meter_key.fingerprint": "a device's key",
        "offer.time_zone": "of a place while it is offered",
        **dict.fromkeys(("receipt_key.public_key", "receipt_key.sealed"), "the hub's own key"),
        "rail_notice.kind": "what a rail tells of its own objects",
        "rail_notice.reference": "what a rail tells of its own objects",
        **{
            f"sandbox_entry.{name}": "money of the sandbox, which is nobody's"
            for name in ("asked", "key", "method", "refusal_code", "refusal_detail")
        },
        "sandbox_page.back_url": "money of the sandbox, which is nobody's",
        "sandbox_page.key": "money of the sandbox, which is nobody's",
        "sandbox_page.purpose": "money of the sandbox, which is nobody's",
        "station_certificate.fingerprint": "a device's certificate",
        "tariff_version.signals": "what was known of a market and of stations when a price moved",
        "tariff_snapshot.body": "a price list that drivers were charged by; never changes",
        "wholesale_feed.fault": "why a source of prices did not answer",
    }
)
"""Columns that look as if they could tell of somebody and do not, or only by a key."""
