"""Every setting: its name, unit, default and meaning. Set by `CHARGEHUB_<NAME>` or a flag."""

from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Network = IPv4Network | IPv6Network

SECRET_SHORTEST = 16  # characters; who can guess it can make up passwords of stations


def _guessed_by_nobody(secret: str) -> str:
    if 0 < len(secret) < SECRET_SHORTEST:
        raise ValueError(f"a secret has at least {SECRET_SHORTEST} characters; empty: one is made")
    return secret


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, comma between. Raises ValueError."""
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())


def _of_networks(text: str) -> str:
    networks(text)
    return text


class Settings(BaseSettings):
    """What an operator can set. Nothing here has a secret as its default."""

    model_config = SettingsConfigDict(env_prefix="CHARGEHUB_", extra="ignore", frozen=True)

    database: Annotated[str, Field(description="Database URL.")] = "sqlite:///chargehub.sqlite"
    http: Annotated[str, Field(description="Where REST listens, HOST:PORT.")] = "127.0.0.1:8000"
    ocpp: Annotated[str, Field(description="Where stations connect, HOST:PORT.")] = "127.0.0.1:9000"
    ocpps: Annotated[
        str, Field(description="Where stations connect with TLS, HOST:PORT; empty: nowhere.")
    ] = ""
    public_url: Annotated[str, Field(description="How people reach REST; empty: from `http`.")] = ""
    app_url: Annotated[
        str,
        Field(
            description="Where people go on from pages of rails, an app say; empty: our own pages."
        ),
    ] = ""
    map_center: Annotated[
        str, Field(description="Where the map begins: latitude,longitude,zoom.")
    ] = "52.37,4.90,12"
    map_tiles: Annotated[
        str,
        Field(description="Where pictures of the map come from, like https://…/{z}/{x}/{y}.png."),
    ] = ""
    map_key: Annotated[str, Field(description="The key that `{key}` in it stands for.")] = ""
    map_attribution: Annotated[str, Field(description="Whose pictures they are, as text.")] = ""
    ocpp_public_url: Annotated[
        str, Field(description="How stations reach OCPP; empty: from `ocpp`.")
    ] = ""
    ocpps_public_url: Annotated[
        str, Field(description="How stations reach OCPP with TLS; empty: from `ocpps`.")
    ] = ""
    ocpps_certificate_file: Annotated[
        Path, Field(description="The hub's certificate and what leads to its root, PEM.")
    ] = Path("chargehub-tls.pem")
    ocpps_key_file: Annotated[
        Path, Field(description="Its private key, PEM, for the hub's user alone.")
    ] = Path("chargehub-tls.key")
    ocpp_proxies: Annotated[
        str,
        Field(description="Proxies that bring TLS: addresses or networks; empty: none."),
        AfterValidator(_of_networks),
    ] = ""
    ocpp_proxy_scheme_header: Annotated[
        str, Field(description="Where such a proxy says https or wss.")
    ] = "X-Forwarded-Proto"
    ocpp_proxy_certificate_header: Annotated[
        str, Field(description="And the station's certificate, or its SHA-256.")
    ] = "X-Client-Certificate"
    ocpp_without_password: Annotated[
        bool, Field(description="Offer security profile 0; for closed networks alone.")
    ] = False
    ca_certificate_file: Annotated[
        Path, Field(description="The authority that signs stations' certificates, PEM.")
    ] = Path("chargehub-ca.pem")
    ca_key_file: Annotated[
        Path, Field(description="Its private key, PEM, for the hub's user alone.")
    ] = Path("chargehub-ca.key")
    ca_organization: Annotated[
        str, Field(description="What stations' requests name as organization; empty: any.")
    ] = ""
    ca_station_days: Annotated[int, Field(description="Days a station's certificate lasts.")] = 365
    ca_signs_for_cars: Annotated[
        bool, Field(description="Sign what stations show to cars too: where cars know its root.")
    ] = False
    contract_roots_file: Annotated[
        Path, Field(description="Roots of vehicles' contracts, PEM; missing: none is trusted.")
    ] = Path("chargehub-contract-roots.pem")
    contract_service_url: Annotated[
        str, Field(description="Who makes contract certificates for vehicles; empty: nobody.")
    ] = ""
    contract_service_token: Annotated[
        str, Field(description="The bearer token for it; empty: none is sent.")
    ] = ""
    ocsp_hosts: Annotated[
        str,
        Field(description="Hosts that stations may name as responders, comma between."),
    ] = ""
    ocsp_private_addresses: Annotated[
        bool, Field(description="Let responders have private addresses; for closed networks alone.")
    ] = False
    ocsp_timeout_s: Annotated[
        float, Field(description="Seconds a responder or the contract service has.", gt=0)
    ] = 5.0
    secret: Annotated[
        str,
        Field(description="Keys what is stored hashed; empty: kept in `secret_file`."),
        AfterValidator(_guessed_by_nobody),
    ] = ""
    secret_file: Annotated[
        Path, Field(description="Made with mode 0600 where no secret is set.")
    ] = Path("chargehub.secret")

    ocpp_frame_bytes: Annotated[int, Field(description="Larger frames close the line (1009).")] = (
        65_536
    )
    ocpp_queue_frames: Annotated[int, Field(description="Frames of a station that may wait.")] = 64
    ocpp_call_timeout_s: Annotated[float, Field(description="Seconds a station has to answer.")] = (
        30.0
    )
    ocpp_ping_interval_s: Annotated[
        float, Field(description="Seconds between pings of a line.")
    ] = 30.0
    ocpp_strict: Annotated[
        bool, Field(description="Mend nothing that stations send; for makers who test.")
    ] = False
    ocpp_connections_per_address: Annotated[int, Field(description="Lines from one address.")] = (
        1_000
    )
    ocpp_handshake_rate: Annotated[
        float,
        Field(
            description="New lines a second from one address, once it opened all it may twice.",
            gt=0,
        ),
    ] = 20.0
    ocpp_return_s: Annotated[
        float,
        Field(
            description="Seconds between new lines of one station that comes back again and again.",
            gt=0,
        ),
    ] = 5.0
    ocpp_failed_identities: Annotated[
        int,
        Field(description="Stations' names that one address may try in vain in ten minutes."),
    ] = 20
    pay_code_minutes: Annotated[
        int,
        Field(
            description="Minutes a changing code at an EVSE is shown; it counts as long again.",
            ge=1,
            le=1_440,
        ),
    ] = 10
    pairing_minutes: Annotated[
        int,
        Field(
            description="How long an owner's pairing window waits: to set a charger up, no longer.",
            gt=0,
        ),
    ] = 10
    open_pairings: Annotated[
        int,
        Field(description="Pairing windows of one owner at once; 0: nobody is adopted.", ge=0),
    ] = 10
    daily_pairings: Annotated[
        int,
        Field(description="That one owner opens in 24 hours: an installer's day, no search.", gt=0),
    ] = 50
    ocpp_frame_rate: Annotated[
        float, Field(description="Frames of one station answered a second; more wait.", gt=0)
    ] = 50.0
    ocpp_frame_burst: Annotated[
        int, Field(description="Frames before that rate counts: what days offline leave behind.")
    ] = 10_000
    ocpp_hurried_rate: Annotated[
        float,
        Field(
            description="Frames answered a second while a station sends without awaiting answers.",
            gt=0,
        ),
    ] = 100.0
    ocpp_control_rate: Annotated[
        float, Field(description="Pings, pongs and pieces of frames of one station a second.", gt=0)
    ] = 20.0
    ocpp_pending_bytes: Annotated[
        int, Field(description="Bytes of a station that may wait; it is not read meanwhile.")
    ] = 262_144
    ocpp_flood_frames: Annotated[
        int,
        Field(description="Over the rate, without awaiting answers: so many close a line (1008)."),
    ] = 2_000
    ocpp_flood_pause_s: Annotated[
        float,
        Field(description="Seconds until such a station is let in again; each time twice as long."),
    ] = 10.0
    ocpp_unknown_tokens: Annotated[
        int, Field(description="Unknown id tokens a station may show; then it is slow to guess.")
    ] = 100
    ocpp_unknown_token_s: Annotated[
        float, Field(description="Seconds that each further unknown id token takes.", gt=0)
    ] = 5.0
    chargers: Annotated[
        str, Field(description="A folder with quirk profiles of your own; empty: none.")
    ] = ""
    frames_kept: Annotated[
        int, Field(description="Frames of a station in its log; 0: none is kept.", ge=0)
    ] = 500
    frames_logged_rate: Annotated[
        int, Field(description="Frames of all stations logged a second; more leave holes.", gt=0)
    ] = 500
    frames_kept_days: Annotated[
        int, Field(description="Days a frame stays in the log at most.")
    ] = 7
    heartbeat_interval_s: Annotated[
        int, Field(description="What stations are told at boot, seconds.")
    ] = 300

    country: Annotated[
        str,
        Field(
            description="Of places whose owner names none, ISO 3166; ZZ: unknown, no rules.",
            pattern="^[A-Z]{2}$",
        ),
    ] = "ZZ"

    address_before_minutes: Annotated[
        int, Field(description="From so long before a slot its driver sees the address.", ge=0)
    ] = 60
    address_after_minutes: Annotated[
        int, Field(description="Until so long after the slot.", ge=0)
    ] = 30

    listing_grade: Annotated[
        str,
        Field(
            description="The check-up's grade to be listed for everybody; A is best, empty: none.",
            pattern="^[A-F]?$",
        ),
    ] = "C"

    checkup_lasts_days: Annotated[
        int,
        Field(
            description="Days until a listed station needs a new check-up; 0: until new firmware.",
            ge=0,
        ),
    ] = 365
    checkup_grace_days: Annotated[
        int,
        Field(description="Days it has for that, before it is off the market.", ge=1),
    ] = 30

    start_fails_within_s: Annotated[
        int,
        Field(
            description="A start that its station breaks off so soon, without energy, failed.",
            ge=1,
        ),
    ] = 120
    failure_credit: Annotated[
        Decimal,
        Field(
            description="Credit where a station fails a booking, in coins of about a euro.", ge=0
        ),
    ] = Decimal("5")
    failure_credits: Annotated[
        int, Field(description="Such credits of one driver in 30 days at most.", ge=0)
    ] = 3
    owner_credits: Annotated[
        int,
        Field(description="Such credits for the stations of one owner in 30 days at most.", ge=0),
    ] = 10
    owner_start_credit: Annotated[
        Decimal,
        Field(
            description="What such credits may cost the hub for an owner in a year, beside the"
            " fees of the owner's sessions; coins of about a euro.",
            ge=0,
            le=1_000,
        ),
    ] = Decimal(20)
    owner_cancels: Annotated[
        int,
        Field(description="So many by its owner in 30 days delist a station; 0: never.", ge=0),
    ] = 3
    delisted_days: Annotated[
        int, Field(description="Days that such a station is off the market.", ge=1)
    ] = 7

    rank_km_points: Annotated[
        int,
        Field(
            description="Points that a km to an EVSE costs in `order=best`; 1,000: about a euro.",
            ge=0,
            le=1_000_000,
        ),
    ] = 200
    rank_failure_points: Annotated[
        int,
        Field(description="Points that a visit in vain costs there.", ge=0, le=1_000_000),
    ] = 10_000
    rank_star_points: Annotated[
        int,
        Field(description="Points that each star below five costs there.", ge=0, le=1_000_000),
    ] = 500

    watches: Annotated[
        int, Field(description="Watches that an account may have at a time.", ge=0)
    ] = 20
    watch_days: Annotated[
        int, Field(description="Days that a watch lasts which is for no certain time.", ge=1)
    ] = 30
    watch_quiet_minutes: Annotated[
        int, Field(description="Minutes between two mails of one watch at least.", ge=0)
    ] = 30

    cost_told_every_s: Annotated[
        int,
        Field(description="Seconds at least between costs told to a station; 0: never.", ge=0),
    ] = 60

    login_days: Annotated[int, Field(description="Days a login lasts.")] = 30
    smtp_url: Annotated[
        str, Field(description="smtp://user:password@host:port; empty: mail is logged.")
    ] = ""
    mail_from: Annotated[str, Field(description="Sender of mail.")] = "ChargeHub <hub@localhost>"
    mail_to_log: Annotated[
        bool, Field(description="Write whole mails to the log; never in public.")
    ] = False

    logins_kept_days: Annotated[
        int, Field(description="Days after their end that logins and mailed codes are kept.", ge=0)
    ] = 30
    mails_kept_days: Annotated[
        int,
        Field(description="Days that it is kept to whom a mail was sent, and its subject.", ge=0),
    ] = 30
    reveals_kept_days: Annotated[
        int, Field(description="Days that it is kept who was told an address.", ge=0)
    ] = 365
    sellers_kept_days: Annotated[
        int,
        Field(description="Days that tax details of owners who earned and left are kept.", ge=0),
    ] = 3_650
    knocks_kept_days: Annotated[
        int, Field(description="Days that it is kept from where somebody came to a pairing.", ge=0)
    ] = 30

    webhook_timeout_s: Annotated[
        float, Field(description="Seconds the receiver of a webhook has to answer.", gt=0)
    ] = 10.0
    webhook_private_addresses: Annotated[
        bool,
        Field(description="Let webhooks go to private addresses and by http; for trials alone."),
    ] = False
    webhook_failing_days: Annotated[
        int, Field(description="Days without success until a webhook is disabled.", gt=0)
    ] = 5
    events_kept_days: Annotated[
        int, Field(description="Days that events can be read from a cursor.", gt=0)
    ] = 90

    facts_kept_days: Annotated[
        int,
        Field(description="Days that the timeline of EVSEs and its days are kept.", ge=90),
    ] = 400

    wholesale_file: Annotated[
        str, Field(description="CSV or JSON of wholesale prices (`docs/prices.md`); empty: none.")
    ] = ""
    wholesale_url: Annotated[
        str,
        Field(
            description="Where they are fetched instead, {zone} and {day} in it; empty: nowhere."
        ),
    ] = ""
    wholesale_zones: Annotated[
        str,
        Field(description="Of which areas: `NO1 NOK Europe/Oslo, DE-LU EUR Europe/Berlin`."),
    ] = ""
    wholesale_token: Annotated[
        str, Field(description="The bearer token sent there; empty: none is.")
    ] = ""
    wholesale_timeout_s: Annotated[
        float, Field(description="Seconds that this source has to answer.", gt=0)
    ] = 10.0
    wholesale_lasts_minutes: Annotated[
        int, Field(description="The last price counts on so long where newer are missing.", ge=0)
    ] = 120
    wholesale_private_addresses: Annotated[
        bool,
        Field(description="Let it have a private address and http; for closed networks alone."),
    ] = False
    confirm_within_minutes: Annotated[
        int,
        Field(
            ge=2,
            le=120,
            description="How long a slot that begins within a day waits for its driver to confirm "
            "the payment to a bank that wants to know; then it is declined.",
        ),
    ] = 15
    debt_least_coins: Annotated[
        Decimal,
        Field(
            ge=0,
            description="The least debt of a day for which a driver cannot book or charge, in "
            "coins of about a euro.",
        ),
    ] = Decimal(1)
    reverse_payouts_after_days: Annotated[
        int,
        Field(
            ge=0,
            description="After so many days what an owner owes is taken back from earlier payouts "
            "by itself, where the rail can; 0: only when an operator asks.",
        ),
    ] = 0
    stripe_key: Annotated[
        str, Field(description="Stripe's secret or restricted key; empty: no card payments.")
    ] = ""
    stripe_webhook_secret: Annotated[
        str, Field(description="With which Stripe signs what it tells: whsec_…; empty: unheard.")
    ] = ""
    stripe_charges: Annotated[
        str,
        Field(
            description="Owners are paid later (`separate`), or with each capture where one owner"
            " can be (`destination`, in the region of `stripe_country`).",
            pattern="^(separate|destination)$",
        ),
    ] = "separate"
    stripe_country: Annotated[
        str,
        Field(
            description="Where the hub's own account at Stripe is, ISO 3166; empty: as `country`.",
            pattern="^([A-Z]{2})?$",
        ),
    ] = ""
    stripe_url: Annotated[
        str, Field(description="Where Stripe's API is; empty: Stripe's own. For stand-ins alone.")
    ] = ""
    sandbox_beside_stripe: Annotated[
        bool, Field(description="Offer the sandbox too: anybody charges without paying.")
    ] = False
    prepaid_most_coins: Annotated[
        Decimal,
        Field(
            description="What a driver can have prepaid at most, in coins of about a euro; 0:"
            " nothing.",
            ge=0,
        ),
    ] = Decimal("150")
    prepaid_least_coins: Annotated[
        Decimal, Field(description="The smallest top-up, in coins of about a euro.", gt=0)
    ] = Decimal("5")
    prepaid_daily_coins: Annotated[
        Decimal,
        Field(description="What a driver tops up within a day at most, in such coins.", ge=0),
    ] = Decimal("150")
    prepaid_new_daily_coins: Annotated[
        Decimal, Field(description="The same in an account's first 30 days, if it is less.", ge=0)
    ] = Decimal("50")
    prepaid_dispute_days: Annotated[
        int,
        Field(
            description="Days after a top-up in which its bank may take it back: before, nothing"
            " matures that was paid from the balance at a driver's own station.",
            ge=0,
        ),
    ] = 120
    token_price: Annotated[Decimal, Field(description="EUR for one CHG in token payouts.")] = (
        Decimal("0.25")
    )
    fee_basis_points: Annotated[
        int, Field(description="The hub's share of a cost, in 1/10,000.")
    ] = 1_000
    fee_vat_percent: Annotated[Decimal, Field(description="VAT within the hub's share.")] = Decimal(
        "19"
    )
    vat_mode: Annotated[
        str,
        Field(
            description="Who sells the energy: the owner (`agent`), the hub in its own name, owing"
            " the VAT of the whole (`commissionaire`), or as each country's rules say.",
            pattern="^(country|agent|commissionaire)$",
        ),
    ] = "country"
    maturity_hours: Annotated[
        int, Field(description="Hours from capture until earnings may be paid.")
    ] = 24
    new_owner_maturity_hours: Annotated[
        int, Field(description="The same in an owner's first 30 days, if it is longer.", ge=0)
    ] = 168

    tick_s: Annotated[float, Field(description="Real seconds between looks at what is due.")] = 1.0
    log_level: Annotated[str, Field(description="DEBUG, INFO, WARNING or ERROR.")] = "INFO"
    log_json: Annotated[
        bool, Field(description="One JSON object a line instead of readable text.")
    ] = False
