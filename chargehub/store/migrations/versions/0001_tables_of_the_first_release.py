"""tables of the first release"""

import sqlalchemy as sa
from alembic import op

from chargehub.store.columns import Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Laws that no model can say: bookings of an EVSE never overlap, the ledger is append only.
SQLITE = (
    """
    CREATE TRIGGER booking_no_overlap_insert BEFORE INSERT ON booking
    WHEN NEW.status IN ('requested', 'held', 'confirmed', 'active')
    BEGIN
      SELECT RAISE(ABORT, 'no_overlap') WHERE EXISTS (
        SELECT 1 FROM booking AS other
        WHERE other.evse_id = NEW.evse_id AND other.id <> NEW.id
          AND other.blocked_until > NEW.starts_at AND other.starts_at < NEW.blocked_until
          AND other.status IN ('requested', 'held', 'confirmed', 'active')
      );
    END
    """,
    """
    CREATE TRIGGER booking_no_overlap_update
    BEFORE UPDATE OF id, evse_id, starts_at, blocked_until, status ON booking
    WHEN NEW.status IN ('requested', 'held', 'confirmed', 'active')
    BEGIN
      SELECT RAISE(ABORT, 'no_overlap') WHERE EXISTS (
        SELECT 1 FROM booking AS other
        WHERE other.evse_id = NEW.evse_id AND other.id <> NEW.id
          AND other.blocked_until > NEW.starts_at AND other.starts_at < NEW.blocked_until
          AND other.status IN ('requested', 'held', 'confirmed', 'active')
      );
    END
    """,
    """
    CREATE TRIGGER ledger_txn_no_update BEFORE UPDATE ON ledger_txn BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
    """,
    """
    CREATE TRIGGER ledger_txn_no_delete BEFORE DELETE ON ledger_txn BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
    """,
    """
    CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
    """,
    """
    CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
    """,
    """
    CREATE TRIGGER ledger_link_no_update BEFORE UPDATE ON ledger_link BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
    """,
    """
    CREATE TRIGGER ledger_link_no_delete BEFORE DELETE ON ledger_link BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
    """,
    """
    CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
    """,
    """
    CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head WHEN NEW.number < OLD.number BEGIN SELECT RAISE(ABORT, 'ledger_append_only'); END
    """,
    """
    CREATE TRIGGER tariff_snapshot_append_only_update BEFORE UPDATE ON tariff_snapshot BEGIN SELECT RAISE(ABORT, 'tariff_snapshot_append_only'); END
    """,
    """
    CREATE TRIGGER tariff_snapshot_append_only_delete BEFORE DELETE ON tariff_snapshot BEGIN SELECT RAISE(ABORT, 'tariff_snapshot_append_only'); END
    """,
    """
    CREATE TRIGGER reliability_event_no_update BEFORE UPDATE ON reliability_event BEGIN SELECT RAISE(ABORT, 'reliability_append_only'); END
    """,
    """
    CREATE TRIGGER reliability_event_no_delete BEFORE DELETE ON reliability_event BEGIN SELECT RAISE(ABORT, 'reliability_append_only'); END
    """,
    """
    CREATE TRIGGER dispute_evidence_append_only_update BEFORE UPDATE ON dispute_evidence BEGIN SELECT RAISE(ABORT, 'dispute_evidence_append_only'); END
    """,
    """
    CREATE TRIGGER dispute_evidence_append_only_delete BEFORE DELETE ON dispute_evidence BEGIN SELECT RAISE(ABORT, 'dispute_evidence_append_only'); END
    """,
)
POSTGRESQL = (
    """
    CREATE EXTENSION IF NOT EXISTS btree_gist
    """,
    """
    ALTER TABLE booking ADD CONSTRAINT no_overlap EXCLUDE USING gist (
      evse_id WITH =, int8range(starts_at, blocked_until) WITH &&
    ) WHERE (status IN ('requested', 'held', 'confirmed', 'active'))
    """,
    """
    CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ledger_append_only' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE TRIGGER ledger_txn_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_txn FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()
    """,
    """
    CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()
    """,
    """
    CREATE TRIGGER ledger_link_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_link FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()
    """,
    """
    CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head FOR EACH ROW WHEN (NEW.number < OLD.number) EXECUTE FUNCTION ledger_append_only()
    """,
    """
    CREATE TRIGGER ledger_head_stays BEFORE DELETE OR TRUNCATE ON ledger_head FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()
    """,
    """
    CREATE FUNCTION tariff_snapshot_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'tariff_snapshot_append_only' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE TRIGGER tariff_snapshot_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tariff_snapshot FOR EACH STATEMENT EXECUTE FUNCTION tariff_snapshot_append_only()
    """,
    """
    CREATE FUNCTION reliability_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reliability_append_only' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE TRIGGER reliability_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reliability_event FOR EACH STATEMENT EXECUTE FUNCTION reliability_append_only()
    """,
    """
    CREATE FUNCTION dispute_evidence_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'dispute_evidence_append_only' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE TRIGGER dispute_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dispute_evidence FOR EACH STATEMENT EXECUTE FUNCTION dispute_evidence_append_only()
    """,
)


def upgrade() -> None:
    op.create_table(
        "access_code",
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_access_code")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_folded", sa.String(length=800), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("is_operator", sa.Boolean(), nullable=False),
        sa.Column("can_pay", sa.Boolean(), nullable=False),
        sa.Column("verified_at", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("erased_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_folded", name="uq_account_email_folded"),
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("id_token", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("cancelled_by", sa.String(length=8), nullable=True),
        sa.Column("opens_at", Instant(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("arrive_by", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("blocked_until", Instant(), nullable=False),
        sa.Column("pay_by", Instant(), nullable=True),
        sa.Column("deposit_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("tariff_snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("reservation", sa.String(length=8), nullable=False),
        sa.Column("reserved_at", Instant(), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("policy", Json(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("expected_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("penalty_minor", sa.BigInteger(), nullable=False),
        sa.Column("approve_by", Instant(), nullable=True),
        sa.Column("deposit_state", sa.String(length=7), nullable=False),
        sa.CheckConstraint(
            "starts_at < ends_at AND ends_at <= blocked_until", name=op.f("ck_booking_slot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.create_index(
            "ix_booking_deposit", ["deposit_state", "status", "starts_at"], unique=False
        )
        batch_op.create_index("ix_booking_driver", ["driver_id", "id"], unique=False)
        batch_op.create_index(
            "ix_booking_evse_blocked_until", ["evse_id", "blocked_until"], unique=False
        )
        batch_op.create_index("ix_booking_owner", ["owner_id", "id"], unique=False)
        batch_op.create_index("ix_booking_session", ["session_id"], unique=False)
        batch_op.create_index("ix_booking_station", ["station_id", "id"], unique=False)
        batch_op.create_index(
            "ix_booking_station_status", ["station_id", "status", "starts_at"], unique=False
        )
        batch_op.create_index("ix_booking_status_opens_at", ["status", "opens_at"], unique=False)
        batch_op.create_index("uq_booking_reservation", ["reservation_id"], unique=True)

    op.create_table(
        "booking_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("was_ends_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("was_deposit_minor", sa.BigInteger(), nullable=False),
        sa.Column("deposit_minor", sa.BigInteger(), nullable=False),
        sa.Column("was_expected_minor", sa.BigInteger(), nullable=False),
        sa.Column("expected_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_change")),
    )
    op.create_index(
        "ix_booking_change_booking", "booking_change", ["booking_id", "id"], unique=False
    )
    op.create_table(
        "booking_series",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_series")),
    )
    op.create_index("ix_booking_series_driver", "booking_series", ["driver_id", "id"], unique=False)
    op.create_table(
        "series_booking",
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("series_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_series_booking")),
    )
    op.create_index("ix_series_booking_series", "series_booking", ["series_id"], unique=False)
    op.create_table(
        "booking_fee",
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("owner_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_at", Instant(), nullable=False),
        sa.Column("matures_at", Instant(), nullable=False),
        sa.Column("matured_at", Instant(), nullable=True),
        sa.Column("reversed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_booking_fee")),
    )
    with op.batch_alter_table("booking_fee", schema=None) as batch_op:
        batch_op.create_index(
            "ix_booking_fee_due",
            ["matures_at"],
            unique=False,
            sqlite_where=sa.text("matured_at IS NULL AND reversed_at IS NULL"),
            postgresql_where=sa.text("matured_at IS NULL AND reversed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_booking_fee_owner_captured", ["owner_id", "captured_at"], unique=False
        )

    op.create_table(
        "booking_policy",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms", Json(), nullable=False),
        sa.Column("stated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "version", name=op.f("pk_booking_policy")),
    )
    op.create_table(
        "booking_quote",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("energy_wh", sa.Integer(), nullable=False),
        sa.Column("power_w", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("tariff_snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("policy", Json(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=False),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_quote")),
    )
    op.create_index(
        "ix_booking_quote_driver", "booking_quote", ["driver_id", "valid_until"], unique=False
    )
    op.create_index(
        "ix_booking_quote_valid_until", "booking_quote", ["booking_id", "valid_until"], unique=False
    )
    op.create_table(
        "guest_booking",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("mailbox_key", sa.String(length=64), nullable=False),
        sa.Column("quote_id", sa.String(length=36), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("credential_hash", sa.String(length=64), nullable=True),
        sa.Column("credential_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_booking")),
    )
    op.create_index("uq_guest_booking_link", "guest_booking", ["link_hash"], unique=True)
    op.create_index(
        "uq_guest_booking_credential", "guest_booking", ["credential_hash"], unique=True
    )
    op.create_index(
        "ix_guest_booking_mailbox", "guest_booking", ["mailbox_key", "created_at"], unique=False
    )
    op.create_index(
        "ix_guest_booking_forget", "guest_booking", ["booking_id", "expires_at"], unique=False
    )
    op.create_index("ix_guest_booking_over", "guest_booking", ["credential_until"], unique=False)
    op.create_index("ix_guest_booking_account", "guest_booking", ["account_id"], unique=False)
    op.create_table(
        "guest_credit_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_guest_credit_code")),
    )
    op.create_index(
        "ix_guest_credit_code_account", "guest_credit_code", ["account_id"], unique=False
    )
    op.create_table(
        "cdr",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("replaces", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=True),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("id_token", sa.String(length=255), nullable=True),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("billed_wh", sa.BigInteger(), nullable=False),
        sa.Column("free_wh", sa.BigInteger(), nullable=False),
        sa.Column("unbilled_wh", sa.BigInteger(), nullable=False),
        sa.Column("unbilled_reason", sa.String(length=30), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", Json(), nullable=False),
        sa.Column("tariff_snapshot_id", sa.String(length=64), nullable=True),
        sa.Column("flags", Json(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cdr")),
    )
    with op.batch_alter_table("cdr", schema=None) as batch_op:
        batch_op.create_index("ix_cdr_driver", ["driver_id", "id"], unique=False)
        batch_op.create_index("ix_cdr_owner", ["owner_id", "id"], unique=False)
        batch_op.create_index("ix_cdr_station_started", ["station_id", "started_at"], unique=False)
        batch_op.create_index(
            "uq_cdr_session_version_kind", ["session_id", "version", "kind"], unique=True
        )

    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("follower", sa.String(length=100), nullable=False),
        sa.Column("aggregate", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_state_id",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'parked'"),
        )

    op.create_table(
        "event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("aggregate", sa.String(length=80), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_aggregate"), ["aggregate"], unique=False)

    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("route", sa.String(length=100), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", Json(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("actor_id", "key", name="uq_idempotency_key_actor_key"),
    )
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotency_key_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "ledger_account",
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("asset", sa.String(length=4), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance * side >= 0", name=op.f("ck_ledger_account_right_side")),
        sa.PrimaryKeyConstraint("code", "asset", name=op.f("pk_ledger_account")),
    )
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_account_family_balance", ["family", "balance"], unique=False
        )

    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )

    op.create_table(
        "ledger_txn",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("payout_id", sa.String(length=36), nullable=True),
        sa.Column("reverses", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("effective_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_txn")),
    )
    with op.batch_alter_table("ledger_txn", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_txn_booking",
            ["booking_id"],
            unique=False,
            sqlite_where=sa.text("booking_id IS NOT NULL"),
            postgresql_where=sa.text("booking_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_ledger_txn_payout",
            ["payout_id"],
            unique=False,
            sqlite_where=sa.text("payout_id IS NOT NULL"),
            postgresql_where=sa.text("payout_id IS NOT NULL"),
        )
        batch_op.create_index("ix_ledger_txn_session", ["session_id"], unique=False)
        batch_op.create_index(
            "uq_ledger_txn_reverses",
            ["reverses"],
            unique=True,
            sqlite_where=sa.text("reverses IS NOT NULL"),
            postgresql_where=sa.text("reverses IS NOT NULL"),
        )

    op.create_table(
        "location",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("external_ref", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("latitude_e6", sa.Integer(), nullable=False),
        sa.Column("longitude_e6", sa.Integer(), nullable=False),
        sa.Column("cell", sa.String(length=15), nullable=False),
        sa.Column("cell_latitude_e6", sa.Integer(), nullable=False),
        sa.Column("cell_longitude_e6", sa.Integer(), nullable=False),
        sa.Column("access_notes", sa.String(length=1000), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("owner_id", "external_ref", name="uq_location_external_ref"),
    )
    op.create_index("ix_location_cell", "location", ["cell"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_table(
        "location_amenities",
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("amenities", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_location_amenities_location_id")
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_location_amenities")),
    )
    op.create_table(
        "offer",
        sa.Column("strip", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("longitude_e6", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("latitude_e6", sa.Integer(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("power_w", sa.Integer(), nullable=False),
        sa.Column("plugs", sa.BigInteger(), nullable=False),
        sa.Column("amenities", sa.BigInteger(), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "strip",
            "longitude_e6",
            "evse_id",
            name=op.f("pk_offer"),
            postgresql_include=[
                *("latitude_e6", "cell", "station_id", "power_w", "plugs", "amenities"),
                *("time_zone", "is_public"),
            ],
        ),
        sa.UniqueConstraint("evse_id", name="uq_offer_evse"),
    )
    op.create_index("ix_offer_station", "offer", ["station_id"], unique=False)
    op.create_table(
        "offer_count",
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("latitude_e6", sa.Integer(), nullable=False),
        sa.Column("longitude_e6", sa.Integer(), nullable=False),
        sa.Column("evses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cell", name=op.f("pk_offer_count")),
    )
    op.create_index(
        "ix_offer_count_place", "offer_count", ["resolution", "latitude_e6"], unique=False
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("hold_minor", sa.BigInteger(), nullable=False),
        sa.Column("capturable_minor", sa.BigInteger(), nullable=False),
        sa.Column("ask_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("cdr_id", sa.String(length=36), nullable=True),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("wish", sa.String(length=10), nullable=True),
        sa.Column("rail_reference", sa.String(length=200), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("renew_at", Instant(), nullable=True),
        sa.Column("renews", sa.String(length=36), nullable=True),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("refusal_detail", sa.String(length=300), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.String(length=200), nullable=True),
        sa.Column("owner_minor", sa.BigInteger(), nullable=True),
        sa.Column("rail_transfer", sa.String(length=200), nullable=True),
        sa.Column("rail_fee", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "0 <= captured_minor AND captured_minor <= capturable_minor",
            name=op.f("ck_payment_captured"),
        ),
        sa.CheckConstraint(
            "0 <= refunded_minor AND refunded_minor <= captured_minor",
            name=op.f("ck_payment_refunded"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index("ix_payment_booking", ["booking_id"], unique=False)
        batch_op.create_index("ix_payment_driver", ["driver_id", "id"], unique=False)
        batch_op.create_index("ix_payment_renewal", ["state", "renew_at"], unique=False)
        batch_op.create_index(
            "ix_payment_captured",
            ["changed_at"],
            unique=False,
            sqlite_where=sa.text("captured_minor > 0"),
            postgresql_where=sa.text("captured_minor > 0"),
        )
        batch_op.create_index("ix_payment_session", ["session_id"], unique=False)
        batch_op.create_index("ix_payment_reference", ["rail_reference"], unique=False)
        batch_op.create_index("ix_payment_transfer", ["rail_transfer"], unique=False)
        batch_op.create_index("ix_payment_fee", ["rail_fee"], unique=False)
        batch_op.create_index(
            "uq_payment_answerable",
            ["session_id"],
            unique=True,
            sqlite_where=sa.text("cdr_id IS NOT NULL"),
            postgresql_where=sa.text("cdr_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_payment_live_booking",
            ["booking_id"],
            unique=True,
            sqlite_where=sa.text(
                "state IN ('requested', 'authorised', 'capture_requested', 'captured')"
            ),
            postgresql_where=sa.text(
                "state IN ('requested', 'authorised', 'capture_requested', 'captured')"
            ),
        )
        batch_op.create_index(
            "uq_payment_live_session",
            ["session_id"],
            unique=True,
            sqlite_where=sa.text(
                "state IN ('requested', 'authorised', 'capture_requested', 'captured')"
            ),
            postgresql_where=sa.text(
                "state IN ('requested', 'authorised', 'capture_requested', 'captured')"
            ),
        )

    op.create_table(
        "payment_method",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.Column("dropped_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("expiry_told_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_method")),
    )
    op.create_index("ix_payment_method_dropped", "payment_method", ["dropped_at", "removed_at"])
    op.create_index("ix_payment_method_expires_at", "payment_method", ["expires_at"])
    with op.batch_alter_table("payment_method", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payment_method_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(
            "uq_payment_method_default",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("is_default AND removed_at IS NULL"),
            postgresql_where=sa.text("is_default AND removed_at IS NULL"),
        )

    op.create_table(
        "payment_method_setup",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("method_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_method_setup")),
    )
    op.create_index(
        "ix_payment_method_setup_account", "payment_method_setup", ["account_id", "expires_at"]
    )
    op.create_index("ix_payment_method_setup_reference", "payment_method_setup", ["reference"])
    op.create_index("ix_payment_method_setup_expires_at", "payment_method_setup", ["expires_at"])
    op.create_index(
        "ix_payment_method_setup_open",
        "payment_method_setup",
        ["asked_at"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    op.create_table(
        "payout",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("destination", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("token_units", sa.BigInteger(), nullable=True),
        sa.Column("token_price", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rail_reference", sa.String(length=200), nullable=True),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("refusal_detail", sa.String(length=300), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("look_at", Instant(), nullable=True),
        sa.Column("reversed_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "0 <= reversed_minor AND reversed_minor <= amount_minor",
            name=op.f("ck_payout_reversed"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
    )
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.create_index("ix_payout_owner", ["owner_id", "id"], unique=False)
        batch_op.create_index("ix_payout_reference", ["rail_reference"], unique=False)
        batch_op.create_index("ix_payout_finished", ["finished_at"], unique=False)
        batch_op.create_index(
            "ix_payout_look",
            ["look_at"],
            unique=False,
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_payout_open",
            ["owner_id", "currency"],
            unique=True,
            sqlite_where=sa.text("state = 'requested'"),
            postgresql_where=sa.text("state = 'requested'"),
        )

    op.create_table(
        "payout_reversal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("payout_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("because", sa.String(length=300), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=True),
        sa.Column("rail_reference", sa.String(length=200), nullable=True),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("refusal_detail", sa.String(length=300), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_reversal")),
    )
    op.create_index("ix_payout_reversal_owner", "payout_reversal", ["owner_id", "id"])
    op.create_index("ix_payout_reversal_payout", "payout_reversal", ["payout_id"])
    op.create_index("ix_payout_reversal_reference", "payout_reversal", ["rail_reference"])
    op.create_index("ix_payout_reversal_finished", "payout_reversal", ["finished_at"])

    op.create_table(
        "share_agreement",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column("holds_from", Instant(), nullable=True),
        sa.Column("divisions", sa.Integer(), nullable=False),
        sa.Column("is_joint", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_agreement")),
    )
    op.create_index("ix_share_agreement_owner_id", "share_agreement", ["owner_id"], unique=False)
    op.create_index(
        "ix_share_agreement_station", "share_agreement", ["station_id", "holds_from"], unique=False
    )
    op.create_table(
        "share",
        sa.Column("agreement_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", "position", name=op.f("pk_share")),
    )
    op.create_index("ix_share_account_id", "share", ["account_id"], unique=False)
    op.create_table(
        "payout_plan",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("schedule", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("minimum_minor", sa.BigInteger(), nullable=True),
        sa.Column("minimum_currency", sa.String(length=3), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_payout_plan")),
    )
    op.create_index("ix_payout_plan_next_at", "payout_plan", ["next_at"], unique=False)
    op.create_table(
        "payout_account",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("is_rejected", sa.Boolean(), nullable=False),
        sa.Column("due", Json(), nullable=False),
        sa.Column("due_by", Instant(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_payout_account")),
    )
    op.create_index("ix_payout_account_reference", "payout_account", ["reference"])
    op.create_index("ix_payout_account_asked_at", "payout_account", ["asked_at"])
    op.create_table(
        "payout_preference",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("destination", sa.String(length=200), nullable=False),
        sa.Column("pays_in", sa.String(length=4), nullable=True),
        sa.Column("chosen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_payout_preference")),
    )
    op.create_table(
        "reading",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("register_wh", sa.BigInteger(), nullable=True),
        sa.Column("power_w", sa.BigInteger(), nullable=True),
        sa.Column("soc_percent", sa.Integer(), nullable=True),
        sa.Column("context", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.create_index("ix_reading_session_at", ["session_id", "at"], unique=False)

    op.create_table(
        "station_frame",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("action", sa.String(length=50), nullable=True),
        sa.Column("error_code", sa.String(length=50), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_frame")),
    )
    with op.batch_alter_table("station_frame", schema=None) as batch_op:
        batch_op.create_index("ix_station_frame_station", ["station_id", "id"], unique=False)

    op.create_table(
        "station_timeline",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("word", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_timeline")),
    )
    op.create_index(
        "ix_station_timeline", "station_timeline", ["station_id", "evse_number", "at"], unique=False
    )
    op.create_table(
        "station_standing",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("measured_until", Instant(), nullable=False),
        sa.Column("look_at", Instant(), nullable=True),
        sa.Column("uptime_ppm", sa.Integer(), nullable=True),
        sa.Column("start_ppm", sa.Integer(), nullable=True),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("cancel_ppm", sa.Integer(), nullable=True),
        sa.Column("bookings", sa.Integer(), nullable=False),
        sa.Column("answer_s", sa.Integer(), nullable=True),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("rating_thousandths", sa.Integer(), nullable=False),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=9), nullable=False),
        sa.Column("is_reliable", sa.Boolean(), nullable=False),
        sa.Column("keeps_bookings", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_station_standing")),
    )
    with op.batch_alter_table("station_standing", schema=None) as batch_op:
        batch_op.create_index("ix_station_standing_measured", ["measured_until"], unique=False)
        batch_op.create_index("ix_station_standing_look_at", ["look_at"], unique=False)
        batch_op.create_index("ix_station_standing_owner", ["owner_id"], unique=False)

    for table, part, length in (("evse_day", "day", 10), ("evse_month", "month", 7)):
        op.create_table(
            table,
            sa.Column("station_id", sa.String(length=36), nullable=False),
            sa.Column(part, sa.String(length=length), nullable=False),
            sa.Column("evse_number", sa.Integer(), nullable=False),
            sa.Column("offered_s", sa.Integer(), nullable=False),
            sa.Column("outage_s", sa.Integer(), nullable=False),
            sa.Column("excluded_s", sa.Integer(), nullable=False),
            sa.Column("working_s", sa.Integer(), nullable=False),
            sa.Column("down_s", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("station_id", part, "evse_number", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "booking_conduct",
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("answer_s", sa.BigInteger(), nullable=True),
        sa.Column("is_excused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_booking_conduct")),
    )
    op.create_index(
        "ix_booking_conduct_station", "booking_conduct", ["station_id", "at"], unique=False
    )

    op.create_table(
        "driver_trust",
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("terms", sa.String(length=8), nullable=False),
        sa.Column("rating_thousandths", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("driver_id", name=op.f("pk_driver_trust")),
    )
    is_doubted = sa.text("(terms <> 'usual' OR rating_thousandths < 4000)")
    op.create_index(
        "ix_driver_trust_doubted",
        "driver_trust",
        ["looked_at"],
        unique=False,
        sqlite_where=is_doubted,
        postgresql_where=is_doubted,
    )
    op.create_table(
        "review_window",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closes_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_review_window")),
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_review_window_due",
        "review_window",
        ["closes_at"],
        unique=False,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "review",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.String(length=6), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("scores", Json(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=True),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("reply", sa.String(length=1000), nullable=True),
        sa.Column("replied_at", Instant(), nullable=True),
        sa.Column("appeal", sa.String(length=1000), nullable=True),
        sa.Column("appealed_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=13), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("session_id", "author", name="uq_review_session_author"),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index("ix_review_station", ["station_id", "author", "id"], unique=False)
        batch_op.create_index("ix_review_subject", ["subject_id", "author", "id"], unique=False)
    is_appealed = sa.text("appealed_at IS NOT NULL AND decided_at IS NULL")
    op.create_index(
        "ix_review_appealed",
        "review",
        ["id"],
        unique=False,
        sqlite_where=is_appealed,
        postgresql_where=is_appealed,
    )
    op.create_table(
        "review_decision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("review_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("outcome", sa.String(length=13), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("removed_text", sa.String(length=1000), nullable=True),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decision")),
    )
    op.create_index(
        "ix_review_decision_review", "review_decision", ["review_id", "id"], unique=False
    )

    op.create_table(
        "refund",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("payment_id", sa.String(length=36), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rail_reference", sa.String(length=200), nullable=True),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("refusal_detail", sa.String(length=300), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
    )
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.create_index("ix_refund_payment", ["payment_id"], unique=False)
        batch_op.create_index("ix_refund_reference", ["rail_reference"], unique=False)
        batch_op.create_index("ix_refund_finished", ["finished_at"], unique=False)
        batch_op.create_index(
            "uq_refund_open",
            ["payment_id"],
            unique=True,
            sqlite_where=sa.text("state = 'requested'"),
            postgresql_where=sa.text("state = 'requested'"),
        )

    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("seq_no", sa.Integer(), nullable=True),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("device_at", Instant(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("fact", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(
            "uq_report_session_seq",
            ["session_id", "seq_no"],
            unique=True,
            sqlite_where=sa.text("seq_no IS NOT NULL"),
            postgresql_where=sa.text("seq_no IS NOT NULL"),
        )

    op.create_table(
        "rail_notice",
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("notice_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("rail", "notice_id", name=op.f("pk_rail_notice")),
    )
    with op.batch_alter_table("rail_notice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rail_notice_received_at"), ["received_at"], unique=False
        )

    op.create_table(
        "sandbox_entry",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("refusal_detail", sa.String(length=300), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sandbox_entry")),
        sa.UniqueConstraint("reference", name=op.f("uq_sandbox_entry_reference")),
    )
    with op.batch_alter_table("sandbox_entry", schema=None) as batch_op:
        batch_op.create_index("ix_sandbox_entry_origin", ["origin"], unique=False)
        batch_op.create_index(
            "uq_sandbox_entry_end",
            ["origin"],
            unique=True,
            sqlite_where=sa.text("is_done AND kind IN ('capture', 'release')"),
            postgresql_where=sa.text("is_done AND kind IN ('capture', 'release')"),
        )

    op.create_table(
        "sandbox_page",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("purpose", sa.String(length=100), nullable=False),
        sa.Column("back_url", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sandbox_page")),
        sa.UniqueConstraint("reference", name=op.f("uq_sandbox_page_reference")),
    )

    op.create_table(
        "session",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=True),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("transaction_id", sa.String(length=36), nullable=True),
        sa.Column("start_key", sa.String(length=120), nullable=True),
        sa.Column("remote_start_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("id_token", sa.String(length=255), nullable=True),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("free_reason", sa.String(length=20), nullable=True),
        sa.Column("tariff_snapshot_id", sa.String(length=64), nullable=True),
        sa.Column("charging", sa.String(length=20), nullable=True),
        sa.Column("requested_at", Instant(), nullable=True),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("start_wh", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("end_wh", sa.BigInteger(), nullable=True),
        sa.Column("stop_reason", sa.String(length=40), nullable=True),
        sa.Column("stop_requested_at", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("cdr_id", sa.String(length=36), nullable=True),
        sa.Column("cdr_version", sa.Integer(), nullable=False),
        sa.Column("flags", Json(), nullable=False),
        sa.Column("clock_ahead_s", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("remote_start_id", name=op.f("uq_session_remote_start_id")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index("ix_session_driver", ["driver_id", "id"], unique=False)
        batch_op.create_index("ix_session_owner", ["owner_id", "id"], unique=False)
        batch_op.create_index("ix_session_station", ["station_id", "id"], unique=False)
        batch_op.create_index("ix_session_station_status", ["station_id", "status"], unique=False)
        batch_op.create_index("ix_session_status_due", ["status", "due_at"], unique=False)
        batch_op.create_index(
            "uq_session_station_start_key", ["station_id", "start_key"], unique=True
        )
        batch_op.create_index(
            "uq_session_station_transaction", ["station_id", "transaction_id"], unique=True
        )

    op.create_table(
        "booking_notice",
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("booking_id", "kind", name=op.f("pk_booking_notice")),
    )

    op.create_table(
        "credit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("station_id", sa.String(length=36), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("cdr_id", sa.String(length=36), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit")),
    )
    with op.batch_alter_table("credit", schema=None) as batch_op:
        batch_op.create_index("ix_credit_driver", ["driver_id", "id"], unique=False)
        batch_op.create_index("ix_credit_session", ["session_id"], unique=False)
        batch_op.create_index("ix_credit_station", ["station_id", "at"], unique=False)
        batch_op.create_index("uq_credit_booking_kind", ["booking_id", "kind"], unique=True)
        batch_op.create_index("uq_credit_cdr", ["cdr_id"], unique=True)

    op.create_table(
        "ad_hoc",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("hold_minor", sa.BigInteger(), nullable=False),
        sa.Column("page_reference", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=True),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("look_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ad_hoc")),
    )
    op.create_index("uq_ad_hoc_token", "ad_hoc", ["token_hash"], unique=True)
    op.create_index(
        "ix_ad_hoc_look",
        "ad_hoc",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("state = 'opened'"),
        postgresql_where=sa.text("state = 'opened'"),
    )
    op.create_index("ix_ad_hoc_account", "ad_hoc", ["account_id"], unique=False)
    op.create_index("ix_ad_hoc_created", "ad_hoc", ["created_at"], unique=False)
    op.create_index("ix_ad_hoc_page", "ad_hoc", ["page_reference"], unique=False)
    op.create_table(
        "guest_page",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("payment_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("look_at", Instant(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_page")),
    )
    op.create_index("uq_guest_page_booking", "guest_page", ["booking_id"], unique=True)
    op.create_index(
        "ix_guest_page_look",
        "guest_page",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_guest_page_account", "guest_page", ["account_id"], unique=False)
    op.create_table(
        "pay_code_demand",
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("show_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("evse_id", name=op.f("pk_pay_code_demand")),
    )
    op.create_index("ix_pay_code_demand_show", "pay_code_demand", ["show_at"], unique=False)
    op.create_table(
        "debt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ask_at", Instant(), nullable=True),
        sa.Column("payment_id", sa.String(length=36), nullable=True),
        sa.Column("forgiven_at", Instant(), nullable=True),
        sa.Column("forgiven_by", sa.String(length=36), nullable=True),
        sa.Column("because", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debt")),
    )
    op.create_index("ix_debt_ask_at", "debt", ["ask_at"], unique=False)
    op.create_index("ix_debt_payment", "debt", ["payment_id"], unique=False)
    op.create_index("ix_debt_driver", "debt", ["driver_id"], unique=False)
    op.create_table(
        "debtor",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_debtor")),
    )
    op.create_table(
        "deposit_page",
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_deposit_page")),
    )
    op.create_table(
        "hold_page",
        sa.Column("payment_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("is_closing", sa.Boolean(), nullable=False),
        sa.Column("look_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_hold_page")),
    )
    op.create_index("ix_hold_page_look", "hold_page", ["look_at"], unique=False)
    op.create_index("ix_hold_page_reference", "hold_page", ["reference"], unique=False)
    op.create_table(
        "top_up",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("back_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_back_refused", sa.Boolean(), nullable=False),
        sa.Column("is_disputed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rail_reference", sa.String(length=200), nullable=True),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("refusal_detail", sa.String(length=300), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "0 <= back_minor AND back_minor <= amount_minor", name=op.f("ck_top_up_back")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_top_up")),
    )
    op.create_index(
        "uq_top_up_open",
        "top_up",
        ["account_id", "currency"],
        unique=True,
        sqlite_where=sa.text("state = 'requested'"),
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_index("ix_top_up_account", "top_up", ["account_id", "id"], unique=False)
    op.create_index("ix_top_up_reference", "top_up", ["rail_reference"], unique=False)
    op.create_index("ix_top_up_finished", "top_up", ["finished_at"], unique=False)
    op.create_table(
        "top_up_page",
        sa.Column("top_up_id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("hold", sa.String(length=200), nullable=True),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("top_up_id", name=op.f("pk_top_up_page")),
    )
    op.create_index("ix_top_up_page_reference", "top_up_page", ["reference"], unique=False)
    op.create_table(
        "top_up_chargeback",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("top_up_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("frozen_minor", sa.BigInteger(), nullable=False),
        sa.Column("taken_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("written_off_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "0 <= frozen_minor AND frozen_minor <= amount_minor",
            name=op.f("ck_top_up_chargeback_frozen"),
        ),
        sa.CheckConstraint(
            "0 <= paid_minor AND taken_minor + paid_minor <= amount_minor",
            name=op.f("ck_top_up_chargeback_paid"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_top_up_chargeback")),
    )
    op.create_index(
        "ix_top_up_chargeback_account", "top_up_chargeback", ["account_id", "state"], unique=False
    )
    op.create_index("ix_top_up_chargeback_top_up", "top_up_chargeback", ["top_up_id"], unique=False)
    op.create_index(
        "ix_top_up_chargeback_owed",
        "top_up_chargeback",
        ["closed_at"],
        unique=False,
        sqlite_where=sa.text("state = 'lost' AND written_off_at IS NULL"),
        postgresql_where=sa.text("state = 'lost' AND written_off_at IS NULL"),
    )
    op.create_table(
        "payback",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("top_up_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rail_reference", sa.String(length=200), nullable=True),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("refusal_detail", sa.String(length=300), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payback")),
    )
    op.create_index("ix_payback_account", "payback", ["account_id", "id"], unique=False)
    op.create_index("ix_payback_reference", "payback", ["rail_reference"], unique=False)
    op.create_index("ix_payback_finished", "payback", ["finished_at"], unique=False)
    op.create_index("ix_payback_top_up", "payback", ["top_up_id"], unique=False)
    op.create_table(
        "prepaid_order",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("origin", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=100), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("refusal_detail", sa.String(length=300), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prepaid_order")),
    )
    op.create_index(
        "uq_prepaid_order_end",
        "prepaid_order",
        ["origin"],
        unique=True,
        sqlite_where=sa.text("is_done AND kind IN ('capture', 'release')"),
        postgresql_where=sa.text("is_done AND kind IN ('capture', 'release')"),
    )
    op.create_index("uq_prepaid_order_key", "prepaid_order", ["key"], unique=True)
    op.create_index("ix_prepaid_order_origin", "prepaid_order", ["origin"], unique=False)
    op.create_index("ix_prepaid_order_account", "prepaid_order", ["account_id", "id"], unique=False)

    op.create_table(
        "reliability_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reliability_event")),
    )
    with op.batch_alter_table("reliability_event", schema=None) as batch_op:
        batch_op.create_index("ix_reliability_event_booking", ["booking_id"], unique=False)
        batch_op.create_index("ix_reliability_event_station", ["station_id", "at"], unique=False)

    op.create_table(
        "settlement",
        sa.Column("cdr_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=True),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("owner_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_at", Instant(), nullable=False),
        sa.Column("matures_at", Instant(), nullable=False),
        sa.Column("matured_at", Instant(), nullable=True),
        sa.Column("reversed_at", Instant(), nullable=True),
        sa.Column("conceded_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("doubts", sa.String(length=200), nullable=True),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("accepted_by", sa.String(length=36), nullable=True),
        sa.Column("accepted_because", sa.String(length=500), nullable=True),
        sa.Column("written_off_at", Instant(), nullable=True),
        sa.Column("later_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_mode", sa.String(length=14), nullable=False),
        sa.Column("sale_vat_percent", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("cdr_id", name=op.f("pk_settlement")),
    )
    with op.batch_alter_table("settlement", schema=None) as batch_op:
        batch_op.create_index(
            "ix_settlement_due",
            ["matures_at"],
            unique=False,
            sqlite_where=sa.text("matured_at IS NULL AND reversed_at IS NULL AND doubts IS NULL"),
            postgresql_where=sa.text(
                "matured_at IS NULL AND reversed_at IS NULL AND doubts IS NULL"
            ),
        )
        is_doubted = sa.text("matured_at IS NULL AND reversed_at IS NULL AND doubts IS NOT NULL")
        batch_op.create_index(
            "ix_settlement_doubted",
            ["cdr_id"],
            unique=False,
            sqlite_where=is_doubted,
            postgresql_where=is_doubted,
        )
        batch_op.create_index(
            "ix_settlement_owed",
            ["captured_at"],
            unique=False,
            sqlite_where=sa.text(
                "gross_minor > captured_minor + credit_minor AND written_off_at IS NULL AND reversed_at IS NULL"
            ),
            postgresql_where=sa.text(
                "gross_minor > captured_minor + credit_minor AND written_off_at IS NULL AND reversed_at IS NULL"
            ),
        )
        batch_op.create_index(
            "ix_settlement_owner_captured", ["owner_id", "captured_at"], unique=False
        )
        batch_op.create_index(
            "ix_settlement_owner_reversed",
            ["owner_id", "reversed_at"],
            unique=False,
            sqlite_where=sa.text("reversed_at IS NOT NULL"),
            postgresql_where=sa.text("reversed_at IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_settlement_session_standing",
            ["session_id"],
            unique=True,
            sqlite_where=sa.text("reversed_at IS NULL"),
            postgresql_where=sa.text("reversed_at IS NULL"),
        )

    op.create_table(
        "settlement_contest",
        sa.Column("dispute_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("owner_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("frozen_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("bearer", sa.String(length=5), nullable=False),
        sa.Column("is_sent", sa.Boolean(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("dispute_id", name=op.f("pk_settlement_contest")),
    )
    op.create_index(
        "ix_settlement_contest_booking", "settlement_contest", ["booking_id"], unique=False
    )
    op.create_index(
        "ix_settlement_contest_owner", "settlement_contest", ["owner_id", "ended_at"], unique=False
    )
    op.create_index(
        "ix_settlement_contest_session", "settlement_contest", ["session_id"], unique=False
    )

    op.create_table(
        "stripe_customer",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=100), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_stripe_customer")),
    )
    op.create_table(
        "tariff_snapshot",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_snapshot")),
    )
    op.create_table(
        "token_credit",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=100), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_token_credit")),
    )
    with op.batch_alter_table("token_credit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_token_credit_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_key_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name="uq_api_key_key_hash"),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_account_id"), ["account_id"], unique=False)

    op.create_table(
        "id_token",
        sa.Column("value_folded", sa.String(length=255), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=7), nullable=False),
        sa.Column("blocked_by", sa.String(length=36), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_id_token_account_id")
        ),
        sa.PrimaryKeyConstraint("value_folded", name=op.f("pk_id_token")),
    )
    with op.batch_alter_table("id_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_id_token_account_id"), ["account_id"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("txn_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("asset", sa.String(length=4), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["txn_id"], ["ledger_txn.id"], name=op.f("fk_ledger_entry_txn_id")),
        sa.PrimaryKeyConstraint("txn_id", "position", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_entry_account", ["account", "asset", "amount"], unique=False
        )

    op.create_table(
        "ledger_link",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("txn_id", sa.String(length=36), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["txn_id"], ["ledger_txn.id"], name=op.f("fk_ledger_link_txn_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_link")),
        sa.UniqueConstraint("txn_id", name=op.f("uq_ledger_link_txn_id")),
    )

    op.create_table(
        "login",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("token_hash", name="uq_login_token_hash"),
    )
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_account_id"), ["account_id"], unique=False)

    op.create_table(
        "mail_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=6), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mail_token_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_token")),
        sa.UniqueConstraint("token_hash", name="uq_mail_token_token_hash"),
    )
    with op.batch_alter_table("mail_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_token_account_id"), ["account_id"], unique=False)

    op.create_table(
        "operator_note",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("means", sa.String(length=5), nullable=False),
        sa.Column("means_id", sa.String(length=36), nullable=True),
        sa.Column("method", sa.String(length=6), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("ids", Json(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_operator_note_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_note")),
    )
    with op.batch_alter_table("operator_note", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_operator_note_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "station",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("external_ref", sa.String(length=100), nullable=True),
        sa.Column("identity", sa.String(length=48), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password_digest", sa.String(length=64), nullable=False),
        sa.Column("next_password_digest", sa.String(length=64), nullable=True),
        sa.Column("security_profile", sa.Integer(), nullable=False),
        sa.Column("next_security_profile", sa.Integer(), nullable=True),
        sa.Column("ocpp_version", sa.String(length=10), nullable=True),
        sa.Column("vendor", sa.String(length=50), nullable=True),
        sa.Column("model", sa.String(length=50), nullable=True),
        sa.Column("serial_number", sa.String(length=50), nullable=True),
        sa.Column("firmware_version", sa.String(length=50), nullable=True),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("connected_at", Instant(), nullable=True),
        sa.Column("disconnected_at", Instant(), nullable=True),
        sa.Column("last_seen_at", Instant(), nullable=True),
        sa.Column("last_transaction", sa.Integer(), nullable=False),
        sa.Column("last_request", sa.Integer(), nullable=False),
        sa.Column("clock_ahead_s", sa.Integer(), nullable=True),
        sa.Column("quirk_profile", sa.String(length=60), nullable=False),
        sa.Column("is_balanced", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=True),
        sa.Column("status_at", Instant(), nullable=True),
        sa.Column("status_connection", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_station_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.UniqueConstraint("identity", name="uq_station_identity"),
        sa.UniqueConstraint("owner_id", "external_ref", name="uq_station_external_ref"),
    )
    with op.batch_alter_table("station", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_station_location_id"), ["location_id"], unique=False)

    op.create_table(
        "pairing",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("identity", sa.String(length=48), nullable=False),
        sa.Column("wanted", Json(), nullable=False),
        sa.Column("security_profile", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("knocked_at", Instant(), nullable=True),
        sa.Column("knocked_from", sa.String(length=45), nullable=True),
        sa.Column("is_contested", sa.Boolean(), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_pairing_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
    )
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pairing_due",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index("ix_pairing_owner", ["owner_id", "id"], unique=False)
        batch_op.create_index(
            "uq_pairing_open",
            ["identity"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "tariff",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("external_ref", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("is_dynamic", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["tariff_snapshot.id"], name=op.f("fk_tariff_snapshot_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff")),
        sa.UniqueConstraint("owner_id", "external_ref", name="uq_tariff_owner_external_ref"),
    )
    with op.batch_alter_table("tariff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tariff_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "member_group",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("tariff_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tariff_id"], ["tariff.id"], name=op.f("fk_member_group_tariff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_group")),
        sa.UniqueConstraint("code", name="uq_member_group_code"),
    )
    op.create_index(op.f("ix_member_group_owner_id"), "member_group", ["owner_id"], unique=False)
    op.create_table(
        "member_code",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_group.id"], name=op.f("fk_member_code_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_code")),
        sa.UniqueConstraint("code", name="uq_member_code_code"),
    )
    op.create_index("ix_member_code_group", "member_code", ["group_id", "id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("joined_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_group.id"], name=op.f("fk_membership_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("driver_id", "owner_id", name="uq_membership_driver_owner"),
    )
    op.create_index("ix_membership_group", "membership", ["group_id", "id"], unique=False)
    op.create_table(
        "command",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("progress", Json(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("outcome", Json(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("is_owners", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_command_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
    )
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.create_index("ix_command_due", ["state", "expires_at"], unique=False)
        batch_op.create_index("ix_command_kind", ["station_id", "kind", "id"], unique=False)
        batch_op.create_index("ix_command_station", ["station_id", "state", "id"], unique=False)

    op.create_table(
        "evse",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("power_w", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("charging", sa.String(length=14), nullable=True),
        sa.Column("status_at", Instant(), nullable=True),
        sa.Column("error_code", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_evse_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evse")),
        sa.UniqueConstraint("station_id", "number", name="uq_evse_number"),
    )
    op.create_table(
        "balance_line",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("booked_at", Instant(), nullable=False),
        sa.Column("available_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("suspense_minor", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.String(length=200), nullable=True),
        sa.Column("moved_at", Instant(), nullable=True),
        sa.Column("resolved_by", sa.String(length=36), nullable=True),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.Column("account", sa.String(length=40), nullable=True),
        sa.Column("because", sa.String(length=500), nullable=True),
        sa.Column("suspended", sa.Integer(), nullable=False),
        sa.Column("look_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance_line")),
    )
    with op.batch_alter_table("balance_line", schema=None) as batch_op:
        batch_op.create_index("uq_balance_line_reference", ["rail", "reference"], unique=True)
        batch_op.create_index("ix_balance_line_about", ["rail", "about"], unique=False)
        batch_op.create_index("ix_balance_line_state", ["state", "id"], unique=False)
        batch_op.create_index(
            "ix_balance_line_new",
            ["booked_at"],
            unique=False,
            sqlite_where=sa.text("state = 'new'"),
            postgresql_where=sa.text("state = 'new'"),
        )
        batch_op.create_index(
            "ix_balance_line_open",
            ["available_at"],
            unique=False,
            sqlite_where=sa.text("moved_at IS NULL AND state <> 'new'"),
            postgresql_where=sa.text("moved_at IS NULL AND state <> 'new'"),
        )
        batch_op.create_index(
            "ix_balance_line_look",
            ["look_at"],
            unique=False,
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )

    op.create_table(
        "card_dispute",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("payment_id", sa.String(length=36), nullable=True),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("beyond_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("is_answered", sa.Boolean(), nullable=False),
        sa.Column("due_by", Instant(), nullable=True),
        sa.Column("words", sa.String(length=2000), nullable=True),
        sa.Column("answer_at", Instant(), nullable=True),
        sa.Column("accepted_by", sa.String(length=36), nullable=True),
        sa.Column("refusal_code", sa.String(length=60), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_dispute")),
    )
    with op.batch_alter_table("card_dispute", schema=None) as batch_op:
        batch_op.create_index("uq_card_dispute_reference", ["rail", "reference"], unique=True)
        batch_op.create_index("ix_card_dispute_payment", ["payment_id"], unique=False)
        batch_op.create_index("ix_card_dispute_owner", ["owner_id", "id"], unique=False)
        batch_op.create_index("ix_card_dispute_driver", ["driver_id"], unique=False)
        batch_op.create_index("ix_card_dispute_session", ["session_id"], unique=False)
        batch_op.create_index(
            "ix_card_dispute_waiting",
            ["due_by"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_card_dispute_answer",
            ["answer_at"],
            unique=False,
            sqlite_where=sa.text("answer_at IS NOT NULL"),
            postgresql_where=sa.text("answer_at IS NOT NULL"),
        )

    op.create_table(
        "audit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("laws", Json(), nullable=True),
        sa.Column("head_number", sa.BigInteger(), nullable=True),
        sa.Column("head_hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "reconciliation_missing",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_reconciliation_missing")),
    )
    for name, column in (("reference", "reference"), ("noted", "noted_at")):
        index = f"ix_reconciliation_missing_{name}"
        op.create_index(index, "reconciliation_missing", ["rail", column], unique=False)
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rail", sa.String(length=20), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.create_index("uq_reconciliation_until", ["rail", "until"], unique=True)
        batch_op.create_index(
            "uq_reconciliation_open",
            ["rail"],
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "calendar_feed",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_calendar_feed_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_calendar_feed")),
    )
    op.create_index("uq_calendar_feed_token", "calendar_feed", ["token_hash"], unique=True)
    op.create_table(
        "unmet_demand",
        sa.Column("cell", sa.String(length=15), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("searches", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "day", name=op.f("pk_unmet_demand")),
    )
    op.create_index("ix_unmet_demand_day", "unmet_demand", ["day"], unique=False)
    op.create_table(
        "watch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("latitude_e6", sa.Integer(), nullable=True),
        sa.Column("longitude_e6", sa.Integer(), nullable=True),
        sa.Column("radius_m", sa.Integer(), nullable=False),
        sa.Column("cell", sa.String(length=15), nullable=True),
        sa.Column("evse_id", sa.String(length=36), nullable=True),
        sa.Column("starts_at", Instant(), nullable=True),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("filters", Json(), nullable=False),
        sa.Column("is_repeating", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("quiet_until", Instant(), nullable=True),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("told", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
    )
    op.create_index("ix_watch_account", "watch", ["account_id", "id"], unique=False)
    op.create_index("ix_watch_cell", "watch", ["cell", "expires_at"], unique=False)
    op.create_index("ix_watch_due", "watch", ["due_at"], unique=False)
    op.create_index("ix_watch_expires_at", "watch", ["expires_at"], unique=False)
    op.create_table(
        "watch_place",
        sa.Column("place", sa.String(length=36), nullable=False),
        sa.Column("watch_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("place", "watch_id", name=op.f("pk_watch_place")),
    )
    op.create_index("ix_watch_place_watch", "watch_place", ["watch_id"], unique=False)
    op.create_table(
        "watch_find",
        sa.Column("watch_id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("watch_id", "evse_id", name=op.f("pk_watch_find")),
    )
    op.create_table(
        "evse_block",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("times", Json(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evse_block")),
    )
    op.create_index("ix_evse_block_station", "evse_block", ["station_id", "id"], unique=False)
    op.create_table(
        "listing",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("tariff_id", sa.String(length=36), nullable=False),
        sa.Column("hours", Json(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("access", sa.String(length=7), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_listing_station_id")),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_listing")),
    )
    op.create_table(
        "listing_suspension",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column("is_relisted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_listing_suspension_station_id_station")
        ),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_listing_suspension")),
    )
    with op.batch_alter_table("listing_suspension", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_listing_suspension_until_at"), ["until_at"], unique=False
        )

    op.create_table(
        "past_listing",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("tariff_id", sa.String(length=36), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("hours", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_past_listing_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_listing")),
    )
    op.create_index(
        "ix_past_listing_station", "past_listing", ["station_id", "published_at"], unique=False
    )
    op.create_table(
        "local_list",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("listed", Json(), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("firmware_version", sa.String(length=50), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("look_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_local_list_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_local_list")),
    )
    with op.batch_alter_table("local_list", schema=None) as batch_op:
        batch_op.create_index("ix_local_list_look_at", ["look_at"], unique=False)

    op.create_table(
        "station_certificate",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("serial_number", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=False),
        sa.Column("signed_at", Instant(), nullable=False),
        sa.Column("renewal_asked_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_certificate_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_certificate")),
        sa.UniqueConstraint("fingerprint", name="uq_station_certificate_fingerprint"),
    )
    with op.batch_alter_table("station_certificate", schema=None) as batch_op:
        batch_op.create_index("ix_station_certificate_station", ["station_id", "id"], unique=False)
        batch_op.create_index(
            "ix_station_certificate_due", ["renewal_asked_at", "valid_until"], unique=False
        )

    op.create_table(
        "station_note",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_note_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_note")),
    )
    with op.batch_alter_table("station_note", schema=None) as batch_op:
        batch_op.create_index("ix_station_note_station", ["station_id", "id"], unique=False)

    op.create_table(
        "station_repair",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("rule", sa.String(length=30), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_repair_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", "rule", name=op.f("pk_station_repair")),
    )
    op.create_table(
        "station_setting",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("value", sa.String(length=2500), nullable=False),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_setting_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", "name", name=op.f("pk_station_setting")),
    )
    op.create_table(
        "connector",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=True),
        sa.Column("charging", sa.String(length=14), nullable=True),
        sa.Column("status_at", Instant(), nullable=True),
        sa.Column("status_connection", sa.BigInteger(), nullable=False),
        sa.Column("error_code", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(["evse_id"], ["evse.id"], name=op.f("fk_connector_evse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connector")),
        sa.UniqueConstraint("evse_id", "number", name="uq_connector_number"),
    )
    op.create_table(
        "household_token",
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("id_token", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["evse_id"], ["evse.id"], name=op.f("fk_household_token_evse_id")),
        sa.PrimaryKeyConstraint("evse_id", "id_token", name=op.f("pk_household_token")),
    )
    op.create_table(
        "told_cost",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_told_cost")),
    )
    op.create_index("ix_told_cost_looked_at", "told_cost", ["looked_at"], unique=False)
    op.create_table(
        "session_budget",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("look_at", Instant(), nullable=False),
        sa.Column("asked_of", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_budget")),
    )
    op.create_index("ix_session_budget_look_at", "session_budget", ["look_at"], unique=False)
    op.create_table(
        "session_stay",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("left_at", Instant(), nullable=False),
        sa.Column("unknown", Json(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_stay")),
    )
    op.create_table(
        "address_reveal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("booking_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_address_reveal_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_reveal")),
        sa.UniqueConstraint("booking_id", "account_id", name="uq_address_reveal_account"),
    )
    with op.batch_alter_table("address_reveal", schema=None) as batch_op:
        batch_op.create_index("ix_address_reveal_location", ["location_id", "id"], unique=False)

    op.create_table(
        "station_photo",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_photo_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_photo")),
    )
    with op.batch_alter_table("station_photo", schema=None) as batch_op:
        batch_op.create_index("ix_station_photo_station", ["station_id", "id"], unique=False)

    op.create_table(
        "jurisdiction_confirmation",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_jurisdiction_confirmation_account_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "code", name=op.f("pk_jurisdiction_confirmation")),
    )
    op.create_table(
        "station_proof",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("proof", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("stated_at", Instant(), nullable=False),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.Column("checked_by", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_proof_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", "proof", name=op.f("pk_station_proof")),
    )
    op.create_table(
        "seller_request",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("report", sa.String(length=20), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_seller_request")),
    )
    op.create_index("ix_seller_request_next", "seller_request", ["next_at"], unique=False)
    op.create_table(
        "seller_review",
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("up_to", sa.String(length=36), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("quarter", name=op.f("pk_seller_review")),
    )
    op.create_table(
        "payout_hold",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_payout_hold")),
    )
    op.create_table(
        "seller",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("tin", sa.String(length=40), nullable=True),
        sa.Column("tin_country", sa.String(length=2), nullable=True),
        sa.Column("vat_id", sa.String(length=40), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("birth_place", sa.String(length=100), nullable=True),
        sa.Column("registration", sa.String(length=60), nullable=True),
        sa.Column("account", sa.String(length=60), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_seller_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_seller")),
    )
    op.create_table(
        "retirement",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("retired_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_retirement_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_retirement")),
    )
    op.create_index(
        "ix_retirement_open",
        "retirement",
        ["station_id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "meter_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=600), nullable=False),
        sa.Column("curve", sa.String(length=20), nullable=False),
        sa.Column("told_by", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=36), nullable=True),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_meter_key_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_key")),
        sa.UniqueConstraint("station_id", "evse_number", "fingerprint", name="uq_meter_key_evse"),
    )
    op.create_table(
        "signed_packet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("context", sa.String(length=20), nullable=False),
        sa.Column("encoding", sa.String(length=50), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_packet")),
    )
    op.create_index("ix_signed_packet_digest", "signed_packet", ["digest"], unique=False)
    op.create_index("ix_signed_packet_session", "signed_packet", ["session_id", "id"], unique=False)
    op.create_table(
        "receipt_key",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_key")),
    )
    op.create_table(
        "receipt",
        sa.Column("cdr_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("cdr_id", name=op.f("pk_receipt")),
    )
    op.create_index("ix_receipt_session", "receipt", ["session_id", "version"], unique=False)
    op.create_table(
        "invoice_series",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("issuer", sa.String(length=36), nullable=False),
        sa.Column("series", sa.String(length=80), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("corrects", sa.String(length=36), nullable=True),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("keep_until", Instant(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
    )
    op.create_index("ix_invoice_driver", "invoice", ["driver_id", "id"], unique=False)
    op.create_index(
        "ix_invoice_kept",
        "invoice",
        ["keep_until"],
        unique=False,
        sqlite_where=sa.text("content IS NOT NULL"),
        postgresql_where=sa.text("content IS NOT NULL"),
    )
    op.create_index("ix_invoice_number", "invoice", ["number"], unique=False)
    op.create_index("ix_invoice_owner", "invoice", ["owner_id", "id"], unique=False)
    op.create_index("ix_invoice_subject", "invoice", ["subject_id"], unique=False)
    op.create_index("uq_invoice_series", "invoice", ["series", "serial"], unique=True)
    op.create_index(
        "uq_invoice_source",
        "invoice",
        ["subject_id", "source"],
        unique=True,
        sqlite_where=sa.text("kind = 'invoice'"),
        postgresql_where=sa.text("kind = 'invoice'"),
    )
    op.create_table(
        "invoice_subject",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("is_booking", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=True),
        sa.Column("vat_mode", sa.String(length=14), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("missing", sa.String(length=500), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_subject")),
    )
    op.create_index(
        "ix_invoice_subject_next",
        "invoice_subject",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_invoice_subject_driver", "invoice_subject", ["driver_id"], unique=False)
    op.create_index("ix_invoice_subject_owner", "invoice_subject", ["owner_id"], unique=False)
    op.create_table(
        "invoice_month",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("up_to", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("missing", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_invoice_month")),
    )
    op.create_index("ix_invoice_month_next", "invoice_month", ["next_at"], unique=False)
    op.create_table(
        "legal_entity",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("vat_id", sa.String(length=40), nullable=True),
        sa.Column("register_entry", sa.String(length=100), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_entity")),
    )
    op.create_table(
        "billing_party",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("vat_id", sa.String(length=40), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_billing_party_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_billing_party")),
    )
    op.create_table(
        "grid_connection",
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("fuse_a", sa.Integer(), nullable=False),
        sa.Column("phases", sa.Integer(), nullable=False),
        sa.Column("voltage_v", sa.Integer(), nullable=False),
        sa.Column("house_a", sa.Integer(), nullable=False),
        sa.Column("fallback_a", sa.Integer(), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_grid_connection_location_id")
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_grid_connection")),
    )
    with op.batch_alter_table("grid_connection", schema=None) as batch_op:
        batch_op.create_index("ix_grid_connection_due", ["due_at"], unique=False)

    op.create_table(
        "grid_station",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("phases", sa.Integer(), nullable=False),
        sa.Column("is_cleared", sa.Boolean(), nullable=False),
        sa.Column("command_id", sa.String(length=36), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("refused", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["grid_connection.location_id"],
            name=op.f("fk_grid_station_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_grid_station_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_grid_station")),
    )
    with op.batch_alter_table("grid_station", schema=None) as batch_op:
        batch_op.create_index("ix_grid_station_location", ["location_id"], unique=False)

    op.create_table(
        "charging_limit",
        sa.Column("evse_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=15), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("transaction_id", sa.String(length=36), nullable=True),
        sa.Column("confirmed_a", sa.Integer(), nullable=True),
        sa.Column("most_a", sa.Integer(), nullable=True),
        sa.Column("asked_a", sa.Integer(), nullable=True),
        sa.Column("command_id", sa.String(length=36), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("refused", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(["evse_id"], ["evse.id"], name=op.f("fk_charging_limit_evse_id")),
        sa.PrimaryKeyConstraint("evse_id", "purpose", name=op.f("pk_charging_limit")),
    )
    with op.batch_alter_table("charging_limit", schema=None) as batch_op:
        batch_op.create_index("ix_charging_limit_command", ["command_id"], unique=False)
        batch_op.create_index("ix_charging_limit_station", ["station_id"], unique=False)

    op.create_table(
        "feed_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_head")),
    )
    op.create_table(
        "feed_entry",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("resource", sa.String(length=80), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_feed_entry")),
    )
    op.create_index("ix_feed_entry_at", "feed_entry", ["at"], unique=False)
    op.create_table(
        "feed_reader",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "position", name=op.f("pk_feed_reader")),
    )
    op.create_index("ix_feed_reader_position", "feed_reader", ["position"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("types", Json(), nullable=False),
        sa.Column("signing", sa.String(length=7), nullable=False),
        sa.Column("is_hub_wide", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(length=200), nullable=True),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_webhook_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_account", "webhook", ["account_id", "id"], unique=False)
    op.create_index("ix_webhook_failing", "webhook", ["failing_since"], unique=False)
    op.create_index(
        "ix_webhook_hub_wide",
        "webhook",
        ["id"],
        unique=False,
        sqlite_where=sa.text("is_hub_wide"),
        postgresql_where=sa.text("is_hub_wide"),
    )
    op.create_table(
        "webhook_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("webhook_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_key_webhook_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_key")),
    )
    op.create_index("ix_webhook_key_webhook_id", "webhook_key", ["webhook_id"], unique=False)
    op.create_table(
        "webhook_message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("webhook_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("resource", sa.String(length=80), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("delivery_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_message_webhook_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_message")),
    )
    op.create_index(
        "ix_webhook_message_created_at", "webhook_message", ["created_at"], unique=False
    )
    op.create_index(
        "ix_webhook_message_webhook",
        "webhook_message",
        ["webhook_id", "state", "id"],
        unique=False,
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("opened_by", sa.String(length=6), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("booking_id", sa.String(length=36), nullable=True),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("driver_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.String(length=1000), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=True),
        sa.Column("how", sa.String(length=10), nullable=True),
        sa.Column("awarded_minor", sa.BigInteger(), nullable=False),
        sa.Column("bearer", sa.String(length=5), nullable=False),
        sa.Column("reason", sa.String(length=1200), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("appealed_by", sa.String(length=6), nullable=True),
        sa.Column("appeal", sa.String(length=1000), nullable=True),
        sa.Column("refund_id", sa.String(length=36), nullable=True),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    for subject in ("session", "booking"):
        op.create_index(
            f"uq_dispute_{subject}_kind", "dispute", [f"{subject}_id", "kind"], unique=True
        )
        op.create_index(
            f"uq_dispute_live_{subject}",
            "dispute",
            [f"{subject}_id"],
            unique=True,
            sqlite_where=sa.text("status <> 'closed' AND kind <> 'damage'"),
            postgresql_where=sa.text("status <> 'closed' AND kind <> 'damage'"),
        )
    op.create_index(
        "ix_dispute_due",
        "dispute",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_dispute_driver", "dispute", ["driver_id", "id"], unique=False)
    op.create_index("ix_dispute_owner", "dispute", ["owner_id", "id"], unique=False)
    op.create_index("ix_dispute_status", "dispute", ["status", "id"], unique=False)
    op.create_table(
        "dispute_evidence",
        sa.Column("dispute_id", sa.String(length=36), nullable=False),
        sa.Column("part", sa.String(length=7), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", "part", name=op.f("pk_dispute_evidence")),
    )
    op.create_table(
        "dispute_message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("dispute_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.String(length=8), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("photo_id", sa.String(length=36), nullable=True),
        sa.Column("said_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_message_dispute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_message")),
    )
    op.create_index(
        "ix_dispute_message_dispute", "dispute_message", ["dispute_id", "id"], unique=False
    )
    op.create_index("ix_dispute_message_account", "dispute_message", ["account_id"], unique=False)
    op.create_table(
        "dispute_photo",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("dispute_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_photo_dispute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_photo")),
    )
    op.create_index("ix_dispute_photo_account", "dispute_photo", ["account_id"], unique=False)
    op.create_table(
        "checkup",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("charge_evse", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("ocpp_version", sa.String(length=10), nullable=True),
        sa.Column("vendor", sa.String(length=50), nullable=True),
        sa.Column("model", sa.String(length=50), nullable=True),
        sa.Column("firmware_version", sa.String(length=50), nullable=True),
        sa.Column("quirk_profile", sa.String(length=60), nullable=True),
        sa.Column("grade", sa.String(length=1), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("steps", Json(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_checkup_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkup")),
    )
    op.create_index(
        "ix_checkup_due",
        "checkup",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_checkup_station", "checkup", ["station_id", "id"], unique=False)
    op.create_index(
        "uq_checkup_open",
        "checkup",
        ["station_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "station_grade",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("checkup_id", sa.String(length=36), nullable=True),
        sa.Column("grade", sa.String(length=1), nullable=True),
        sa.Column("graded_at", Instant(), nullable=True),
        sa.Column("waived_because", sa.String(length=300), nullable=True),
        sa.Column("waived_at", Instant(), nullable=True),
        sa.Column("firmware_version", sa.String(length=50), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("asked_because", sa.String(length=200), nullable=True),
        sa.Column("lapsed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_grade_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_station_grade")),
    )
    op.create_index(op.f("ix_station_grade_due_at"), "station_grade", ["due_at"], unique=False)
    op.create_table(
        "station_line",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_line")),
    )
    op.create_index(op.f("ix_station_line_at"), "station_line", ["at"], unique=False)
    op.create_index("ix_station_line_station", "station_line", ["station_id", "at"], unique=False)
    op.create_index("ix_listing_tariff", "listing", ["tariff_id"], unique=False)
    op.create_table(
        "cost_model",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("model", Json(), nullable=True),
        sa.Column("stated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_cost_model_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_model")),
    )
    op.create_index(
        "uq_cost_model_location_since", "cost_model", ["location_id", "since"], unique=True
    )
    op.create_index("ix_cost_model_owner", "cost_model", ["owner_id", "since"], unique=False)
    op.create_table(
        "sunny_time",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_sunny_time_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sunny_time")),
    )
    op.create_index(
        "uq_sunny_time_location_since", "sunny_time", ["location_id", "since"], unique=True
    )
    op.create_index(
        "ix_sunny_time_location_until", "sunny_time", ["location_id", "until"], unique=False
    )
    op.create_table(
        "cell_month",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cell", sa.String(length=15), nullable=False),
        sa.Column("summed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("month", "cell", name=op.f("pk_cell_month")),
    )
    op.create_table(
        "station_month",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cell", sa.String(length=15), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("earned_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", "station_id", "currency", name=op.f("pk_station_month")),
    )
    op.create_index("ix_station_month_cell", "station_month", ["month", "cell"], unique=False)
    op.create_index(op.f("ix_station_month_owner_id"), "station_month", ["owner_id"], unique=False)
    op.create_table(
        "tariff_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tariff_id", sa.String(length=36), nullable=False),
        sa.Column("snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("signals", Json(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tariff_id"], ["tariff.id"], name=op.f("fk_tariff_version_tariff_id")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["tariff_snapshot.id"], name=op.f("fk_tariff_version_snapshot_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_version")),
    )
    op.create_index(
        "ix_tariff_version_since", "tariff_version", ["tariff_id", "since", "id"], unique=False
    )
    op.create_index(
        "ix_tariff_version_snapshot", "tariff_version", ["tariff_id", "snapshot_id"], unique=False
    )
    op.create_table(
        "tariff_dynamics",
        sa.Column("tariff_id", sa.String(length=36), nullable=False),
        sa.Column("base_snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("area", sa.String(length=32), nullable=True),
        sa.Column("rule", Json(), nullable=False),
        sa.Column("signals", Json(), nullable=True),
        sa.Column("stated_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tariff_id"], ["tariff.id"], name=op.f("fk_tariff_dynamics_tariff_id")
        ),
        sa.ForeignKeyConstraint(
            ["base_snapshot_id"],
            ["tariff_snapshot.id"],
            name=op.f("fk_tariff_dynamics_base_snapshot_id"),
        ),
        sa.PrimaryKeyConstraint("tariff_id", name=op.f("pk_tariff_dynamics")),
    )
    op.create_index("ix_tariff_dynamics_due", "tariff_dynamics", ["due_at"], unique=False)
    op.create_table(
        "site_export",
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("export_w", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_site_export_location_id")
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_site_export")),
    )
    op.create_table(
        "site_solar",
        sa.Column("location_id", sa.String(length=36), nullable=False),
        sa.Column("installed_w", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=True),
        sa.Column("stated_at", Instant(), nullable=False),
        sa.Column("export_w", sa.BigInteger(), nullable=True),
        sa.Column("measured_at", Instant(), nullable=True),
        sa.Column("register_wh", sa.BigInteger(), nullable=True),
        sa.Column("register_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_site_solar_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_site_solar_station_id")
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_site_solar")),
    )
    op.create_index("ix_site_solar_station", "site_solar", ["station_id"], unique=False)
    op.create_table(
        "wholesale_price",
        sa.Column("area", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("micros_per_kwh", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("area", "currency", "starts_at", name=op.f("pk_wholesale_price")),
    )
    op.create_table(
        "wholesale_feed",
        sa.Column("area", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=True),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("fetched_at", Instant(), nullable=True),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("area", "currency", name=op.f("pk_wholesale_feed")),
    )

    for table, column in (  # by which people's rows are found, and what is too old
        ("account", "erased_at"),
        ("login", "expires_at"),
        ("login", "revoked_at"),
        ("mail", "recipient"),
        ("mail", "created_at"),
        ("mail_token", "expires_at"),
        ("mail_token", "used_at"),
        ("address_reveal", "account_id"),
        ("address_reveal", "last_at"),
        ("household_token", "id_token"),
        ("pairing", "knocked_at"),
        ("review", "author_id"),
        ("review_window", "owner_id"),
        ("review_window", "driver_id"),
        ("settlement", "driver_id"),
        ("ledger_account", "holder"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
    for thing in ("session", "booking"):
        is_of_one = sa.text(f"{thing}_id IS NOT NULL")
        op.create_index(
            f"ix_command_{thing}",
            "command",
            [f"{thing}_id"],
            unique=False,
            sqlite_where=is_of_one,
            postgresql_where=is_of_one,
        )

    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        op.execute(statement)
