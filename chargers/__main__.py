"""The command line of the simulated stations. It only dispatches."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from chargers.protection import Protection

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Simulated charging stations over OCPP 1.6, 2.0.1 and 2.1, for this hub or your own.",
)

HUB = "ws://127.0.0.1:9000/ocpp"
API = "http://127.0.0.1:8000"


def _address(hub: str) -> str:
    try:
        parts = urlsplit(hub)
        is_address = parts.scheme in ("ws", "wss") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise typer.BadParameter(f"“{hub}” is no address like {HUB} or wss://…")
    return hub


Hub = Annotated[
    str,
    typer.Option(callback=_address, help="The hub's OCPP address, without the identity."),
]
Mix = Annotated[
    str, typer.Option(help="Weights of OCPP 1.6, 2.0.1 and 2.1, like 1:1 or 3:1:1, or a version.")
]
Profile = Annotated[int, typer.Option(min=0, max=3, help="OCPP security profile at first.")]
Prefix = Annotated[
    str | None, typer.Option(help="Without --api: identities are this and 001, 002, …")
]
OnePassword = Annotated[
    str | None, typer.Option(envvar="CHARGERS_PASSWORD", help="Without --api: of them all.")
]
Tokens = Annotated[
    list[str] | None, typer.Option(help="Without --api: an id token; may be repeated.")
]
Hardware = Annotated[str, typer.Option(help="NAME=VALUE,…: see `chargers hardware`.")]
Setting = Annotated[
    list[str] | None, typer.Option(help="NAME=VALUE of an OCPP setting; may be repeated.")
]
Scenario = Annotated[str, typer.Option(help="What happens: see `chargers scenarios`.")]
Ca = Annotated[
    Path | None, typer.Option(help="Root certificates of the hub, PEM; else the system's count.")
]
Keys = Annotated[
    Path | None, typer.Option(help="Keep keys and certificates here, a folder for each station.")
]
Organization = Annotated[str, typer.Option(help="Named in requests for a certificate.")]


@app.command()
def run(
    identity: Annotated[str, typer.Option(help="The name the hub knows the station by.")],
    password: Annotated[str, typer.Option(envvar="CHARGERS_PASSWORD", help="Its password.")],
    hub: Hub = HUB,
    version: Annotated[str, typer.Option(help="1.6, 2.0.1 or 2.1.")] = "1.6",
    evses: Annotated[int, typer.Option(min=1, max=20, help="EVSEs.")] = 1,
    power_w: Annotated[int, typer.Option(min=1, help="Power of each, W.")] = 11_000,
    charge: Annotated[str | None, typer.Option(help="Plug a car in with this id token.")] = None,
    plugged: Annotated[bool, typer.Option(help="Plug a car in without a token.")] = False,
    reading_s: Annotated[float, typer.Option(min=0.1, help="Seconds between readings.")] = 10.0,
    speed: Annotated[int, typer.Option(min=1, help="How many times as fast energy flows.")] = 1,
    hardware: Hardware = "",
    setting: Setting = None,
    profile: Profile = 1,
    ca: Ca = None,
    client_cert: Annotated[
        Path | None, typer.Option(help="Its certificate, PEM, for profile 3.")
    ] = None,
    client_key: Annotated[Path | None, typer.Option(help="The key to it, PEM.")] = None,
    keys: Keys = None,
    organization: Organization = "",
) -> None:
    """One station that stays connected and reacts to the hub. Type help while it runs."""
    from rich.console import Console

    from chargers import life, protected, run

    _check_version(version)
    if (client_cert is None) != (client_key is None):
        raise typer.BadParameter("--client-cert and --client-key belong together")
    own = (client_cert, client_key) if client_cert and client_key else None
    given = _protection(lambda: protected.read(hub, profile, ca, own, organization))
    options = run.Options(
        hub=hub,
        identity=identity,
        password=password,
        version=version,
        evses=evses,
        power_w=power_w,
        charge=charge,
        plugged=plugged,
        pace=life.Pace(reading_s, speed),
        hardware=_parts(hardware),
        settings=_settings(setting),
        protection=protected.of_station(given, keys, identity),
    )
    raise typer.Exit(_perform(run.run(options, Console())))


@app.command()
def fleet(
    count: Annotated[int, typer.Option(min=1, max=2_000, help="Stations.")] = 6,
    hub: Hub = HUB,
    api: Annotated[str | None, typer.Option(help="The hub's REST: register there.")] = None,
    identity_prefix: Prefix = None,
    password: OnePassword = None,
    token: Tokens = None,
    mix: Mix = "1:1",
    power_w: Annotated[int, typer.Option(min=1, help="Power of each, W.")] = 11_000,
    seed: Annotated[int, typer.Option(help="The same seed, the same drivers.")] = 0,
    sessions: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
    reading_s: Annotated[float, typer.Option(min=0.1, help="Seconds between readings.")] = 5.0,
    speed: Annotated[int, typer.Option(min=1, help="How many times as fast energy flows.")] = 20,
    state: Annotated[Path | None, typer.Option(help="Keep the registration here.")] = None,
    scenario: Scenario = "usual",
    faults: Annotated[str, typer.Option(help="NAME[:RATE],…: see `chargers faults`.")] = "",
    report: Annotated[Path | None, typer.Option(help="Write all numbers here as JSON.")] = None,
    hardware: Hardware = "",
    setting: Setting = None,
    profile: Profile = 1,
    ca: Ca = None,
    keys: Keys = None,
    organization: Organization = "",
) -> None:
    """Many stations with random drivers, shown live.

    Exit status 3 if the hub broke a rule of the standard: a call without an answer, an answer
    that fits no schema, a line closed without a word.
    """
    from rich.console import Console

    from chargers import fleet, life, protected

    if api is None and (identity_prefix is None or password is None):
        raise typer.BadParameter("give --api, or --identity-prefix and --password")
    if api is not None and profile == 3:
        raise typer.BadParameter("a new station has no certificate: let the hub raise it")
    _check_plan(scenario, report)
    options = fleet.Options(
        hub=hub,
        count=count,
        api=api,
        state=state,
        prefix=identity_prefix,
        password=password,
        tokens=tuple(token or ("TEST-TOKEN",)),
        mix=_weights(mix),
        power_w=power_w,
        seed=seed,
        sessions=sessions,
        pace=life.Pace(reading_s, speed),
        scenario=scenario,
        faults=_rates(faults),
        hardware=_parts(hardware),
        settings=_settings(setting),
        report=report,
        protection=_protection(lambda: protected.read(hub, profile, ca, None, organization)),
        keys=keys,
    )
    raise typer.Exit(_perform(fleet.fleet(options, Console())))


@app.command("faults")
def list_faults() -> None:
    """What stations can get wrong, for --faults."""
    from chargers.faults import DEFAULT_RATE, FAULTS

    typer.echo(f"NAME[:RATE],… with rates from 0 to 1 ({DEFAULT_RATE} if not said); all: each.\n")
    for name, fault in FAULTS.items():
        typer.echo(f"{name:<26}{fault.sentence}")


@app.command("hardware")
def list_hardware() -> None:
    """How stations can be built, for --hardware."""
    from chargers.hardware import PARTS

    for name, part in PARTS.items():
        typer.echo(f"{name:<22}{part.sentence}")


@app.command()
def verify(
    record: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An OCMF record.")],
    key: Annotated[str, typer.Option(help="The public key in hexadecimal, as a report has it.")],
) -> None:
    """Whether a meter signed a record. Exit status 1 if not."""
    from chargers.ocmf import NotGenuine, verified

    try:
        public_key = bytes.fromhex(key)
    except ValueError:
        raise typer.BadParameter("the key is hexadecimal, as a report has it") from None
    try:
        payload = verified(record.read_text(), public_key)
    except (NotGenuine, ValueError) as error:
        typer.secho(f"not genuine: {error}", fg="red", err=True)
        raise typer.Exit(1) from None
    for reading in payload["RD"]:
        typer.echo(f"genuine: {payload['MS']} {payload['PG']} {reading['TX']} {reading['TM']}")
        typer.echo(f"  {reading['RV']} {reading['RU']}, {payload['IT']} {payload['ID']}")


@app.command("scenarios")
def list_scenarios() -> None:
    """What can happen to a fleet, for --scenario."""
    from chargers.scenarios import SCENARIOS

    for name, one in SCENARIOS.items():
        typer.echo(f"{name:<16}{one.sentence}")


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The CSV file.")],
    hub: Hub = HUB,
    api: Annotated[str, typer.Option(help="The hub's REST address.")] = API,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many rows.")] = None,
    mix: Mix = "1:1",
    state: Annotated[
        Path, typer.Option(help="Secrets and logins between two runs; made with mode 0600.")
    ] = Path("chargers-replay.json"),
    private_free: Annotated[
        bool, typer.Option(help="Private rows are own use: free at their own EVSE.")
    ] = False,
    per_kwh: Annotated[str, typer.Option(help="Price per kWh, VAT included.")] = "0.45",
    per_session: Annotated[str, typer.Option(help="Price per session, VAT included.")] = "0",
    vat: Annotated[str, typer.Option(help="VAT within the prices, percent.")] = "25",
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "EUR",
    name: Annotated[
        str | None, typer.Option("--set", help="What it is called at the hub; else the file.")
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(envvar="CHARGERS_SECRET", help="Accounts are derived from it; else random."),
    ] = None,
    rotate_passwords: Annotated[
        bool, typer.Option(help="Make new station passwords: the state with the old ones is lost.")
    ] = False,
    time_zone: Annotated[str, typer.Option(help="Of the locations in a file of ours.")] = "UTC",
    stations_at_once: Annotated[int, typer.Option(min=1, max=500, help="Lines at a time.")] = 20,
    patience_s: Annotated[float, typer.Option(min=1, help="How long the hub may stand.")] = 60.0,
) -> None:
    """Replay recorded sessions, and compare what the hub made of them to the Wh and cent.

    Exit status 0 only if all of it agrees. The form of a file of your own:
    session_id,location,evse,user,private,start,end,energy_wh with RFC 3339 instants; an empty end
    is estimated.
    """
    from rich.console import Console

    from chargers import pricing, replay, report

    options = replay.Options(
        path=file,
        hub=hub,
        api=api,
        state=state,
        name=name or file.stem,
        price=pricing.Price(_amount(per_kwh), _amount(per_session), _amount(vat), currency),
        limit=limit,
        mix=_weights(mix),
        private_free=private_free,
        secret=secret,
        rotates_passwords=rotate_passwords,
        time_zone=time_zone,
        stations_at_once=stations_at_once,
        patience_s=patience_s,
    )
    raise typer.Exit(_perform(report.replay_and_show(options, Console())))


def main() -> None:
    """The console script `chargers`."""
    app()


def _perform(work: Coroutine[Any, Any, int]) -> int:
    """Run until it is done or the program is told to end; expected failures as one line."""
    from chargers.enrol import StateLost
    from chargers.hardware import BadHardware
    from chargers.line import ConnectionLost, HandshakeRefused
    from chargers.messages import CallFailed
    from chargers.protection import BadProtection
    from chargers.recordings import BadRecording
    from chargers.rest import ApiRefused, HubAway
    from chargers.state import BadState

    async def until_told() -> int:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    try:
        return asyncio.run(until_told())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    except (
        *(StateLost, BadState, BadRecording, ApiRefused, HubAway, HandshakeRefused, CallFailed),
        *(BadHardware, BadProtection, ConnectionLost, OSError, TimeoutError),
    ) as error:
        typer.secho(str(error) or type(error).__name__, fg="red", err=True)
        return 1


def _check_version(version: str) -> None:
    from chargers.mix import VERSIONS

    if version not in VERSIONS:
        raise typer.BadParameter(f"the version is one of {', '.join(VERSIONS)}")


def _check_plan(scenario: str, report: Path | None) -> None:
    from chargers.scenarios import SCENARIOS

    if scenario not in SCENARIOS:
        raise typer.BadParameter(f"the scenario is one of {', '.join(SCENARIOS)}")
    if report is not None and not report.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {report.parent} for the report")


def _weights(mix: str) -> tuple[int, ...]:
    from chargers.mix import BadMix, read_mix

    try:
        return read_mix(mix)
    except BadMix as error:
        raise typer.BadParameter(str(error)) from None


def _protection(read: "Callable[[], Protection]") -> "Protection":
    from chargers.protection import BadProtection

    try:
        return read()
    except (BadProtection, OSError) as error:
        raise typer.BadParameter(str(error)) from None


def _rates(text: str) -> Mapping[str, float]:
    from chargers.faults import UnknownFault, read_faults

    try:
        return read_faults(text)
    except UnknownFault as error:
        raise typer.BadParameter(str(error)) from None


def _parts(text: str) -> Mapping[str, Any]:
    from chargers.hardware import BadHardware, read_hardware

    try:
        return read_hardware(text)
    except BadHardware as error:
        raise typer.BadParameter(str(error)) from None


def _settings(texts: list[str] | None) -> Mapping[str, str]:
    from chargers.hardware import BadHardware, read_settings

    try:
        return read_settings(texts or ())
    except BadHardware as error:
        raise typer.BadParameter(str(error)) from None


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text} is no number") from None
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{text} is no price")
    return amount


if __name__ == "__main__":
    main()
