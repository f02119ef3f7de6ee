"""Every setting: its name, unit, default and meaning. Set by `CHARGEHUB_<NAME>` or a flag."""

from decimal import Decimal
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator can set. Nothing here has a secret as its default."""

    model_config = SettingsConfigDict(env_prefix="CHARGEHUB_", extra="ignore", frozen=True)

    database: str = Field("sqlite:///chargehub.sqlite", description="Database URL.")
    http: str = Field("127.0.0.1:8000", description="Where REST listens, HOST:PORT.")
    ocpp: str = Field("127.0.0.1:9000", description="Where stations connect, HOST:PORT.")
    public_url: str = Field("", description="How people reach REST; empty: from `http`.")
    ocpp_public_url: str = Field("", description="How stations reach OCPP; empty: from `ocpp`.")
    secret: str = Field("", description="Keys what is stored hashed; empty: kept in `secret_file`.")
    secret_file: Path = Field(
        Path("chargehub.secret"), description="Made with mode 0600 where no secret is set."
    )

    ocpp_frame_bytes: int = Field(65_536, description="Larger frames close the line (1009).")
    ocpp_queue_frames: int = Field(64, description="Frames of a station that may wait.")
    ocpp_call_timeout_s: float = Field(30.0, description="Seconds a station has to answer.")
    ocpp_ping_interval_s: float = Field(30.0, description="Seconds between pings of a line.")
    ocpp_connections_per_address: int = Field(1_000, description="Lines from one address.")
    heartbeat_interval_s: int = Field(300, description="What stations are told at boot, seconds.")

    login_days: int = Field(30, description="Days a login lasts.")
    smtp_url: str = Field("", description="smtp://user:password@host:port; empty: mail is logged.")
    mail_from: str = Field("ChargeHub <hub@localhost>", description="Sender of mail.")
    mail_to_log: bool = Field(False, description="Write whole mails to the log; never in public.")

    token_price: Decimal = Field(Decimal("0.25"), description="EUR for one CHG in token payouts.")
    fee_basis_points: int = Field(1_000, description="The hub's share of a cost, in 1/10,000.")
    fee_vat_percent: Decimal = Field(Decimal("19"), description="VAT within the hub's share.")
    maturity_hours: int = Field(24, description="Hours from capture until earnings may be paid.")

    tick_s: float = Field(1.0, description="Real seconds between looks at what is due.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="One JSON object a line instead of readable text.")
