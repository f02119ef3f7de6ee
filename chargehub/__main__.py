"""The command line. It only dispatches; what a command needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="ChargeHub: share private EV chargers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
operators = typer.Typer(help="The people who run this hub.", no_args_is_help=True)
authorities = typer.Typer(help="Who signs the certificates of stations.", no_args_is_help=True)
benches = typer.Typer(help="Measure this machine and this hub.", no_args_is_help=True)
app.add_typer(operators, name="operator")
app.add_typer(authorities, name="ca")
app.add_typer(benches, name="bench")
exports = typer.Typer(help="The books, for other programs.", no_args_is_help=True)
app.add_typer(exports, name="export")

Database = Annotated[
    str | None, typer.Option(help="Database URL; else CHARGEHUB_DATABASE or a file here.")
]


@app.command()
def serve(
    http: Annotated[str | None, typer.Option(help="Where REST listens, HOST:PORT.")] = None,
    ocpp: Annotated[str | None, typer.Option(help="Where stations connect, HOST:PORT.")] = None,
    database: Database = None,
) -> None:
    """Run the hub: REST on one port, OCPP on another, until Ctrl-C."""
    from chargehub.commands import serve

    serve.run(http, ocpp, database)


@app.command()
def demo(
    exit: Annotated[bool, typer.Option("--exit", help="Stop at the end of the story.")] = False,
    stripe_twin: Annotated[
        bool,
        typer.Option("--stripe-twin", help="Pay by card, at a stand-in of Stripe; in a checkout."),
    ] = False,
    story: Annotated[
        bool, typer.Option(help="Tell the story first, or open the neighbourhood at once.")
    ] = True,
) -> None:
    """Tell the whole story with simulated stations, then open a neighbourhood to look at."""
    from chargehub.commands.demo import run

    run.run(exit_at_end=exit, by_card=stripe_twin, has_story=story)


@app.command()
def migrate(database: Database = None) -> None:
    """Bring the database to the tables this version needs."""
    from chargehub.commands import migrate

    migrate.run(database)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.")], database: Database = None
) -> None:
    """Copy a consistent state of a running or stopped hub's SQLite database."""
    from chargehub.commands import backup

    backup.back_up(file, database)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The copy to bring back.")],
    database: Database = None,
    force: Annotated[bool, typer.Option(help="Replace the database that is there.")] = False,
) -> None:
    """Bring a copy back. The hub must be stopped."""
    from chargehub.commands import backup

    backup.restore(file, database, force)


@app.command()
def verify_receipt(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A receipt.")],
    keys: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The hub's keys, from its /.well-known/chargehub-receipt-keys.json.",
        ),
    ] = None,
) -> None:
    """Check a session's receipt, anywhere: no hub and no network is asked."""
    from chargehub.commands import verify_receipt

    raise typer.Exit(verify_receipt.run(file, keys))


@app.command()
def doctor(
    database: Database = None,
    clock: Annotated[
        str | None, typer.Option(help="A URL whose server tells the time; else none is asked.")
    ] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Knock at the mail server too.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Yellow fails as red does.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Look whether this installation is fit to run a hub; nothing is changed."""
    from chargehub.commands.doctor import run

    raise typer.Exit(run.run(run.Wanted(database, clock, mail, strict, json)))


@app.command()
def audit(
    database: Database = None,
    noted: Annotated[
        str | None, typer.Option(help="A head that an earlier audit printed, to be looked for.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Check the laws of money in a database, also while the hub runs; nothing is changed."""
    from chargehub.commands.audit import run

    raise typer.Exit(run.run(database, noted, json))


@exports.command("ledger")
def export_ledger(
    first: Annotated[str, typer.Option("--from", help="The first day, in UTC.")],
    last: Annotated[str, typer.Option("--to", help="The day after the last one.")],
    format: Annotated[str, typer.Option(help="csv or beancount.")] = "csv",
    output: Annotated[Path | None, typer.Option(help="A file; else it is printed.")] = None,
    database: Database = None,
) -> None:
    """Every transfer of a period with all its entries, exact; also while the hub runs."""
    from chargehub.commands import export

    export.run(database, export.Period.of(first, last), export.format_of(format), output)


@operators.command("create")
def create_operator(
    email: Annotated[str, typer.Option(prompt=True)],
    name: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)],
    database: Database = None,
) -> None:
    """Make an account that may run this hub."""
    from chargehub.commands import operator

    operator.create(email, name, password, database)


@authorities.command("create")
def create_authority(
    name: Annotated[str, typer.Option(help="Its common name.")] = "ChargeHub stations",
) -> None:
    """Make the authority that signs the certificates of stations; its key with mode 0600."""
    from chargehub.commands import ca

    ca.create(name)


@benches.command("ocpp")
def bench_ocpp(
    stations: Annotated[int, typer.Option(help="Stations that talk at once.", min=1)] = 200,
    seconds: Annotated[float, typer.Option(help="Length of each measurement.")] = 5.0,
    idle: Annotated[int, typer.Option(help="Idle lines for the memory figure.")] = 1000,
    storm: Annotated[int, typer.Option(help="Stations that knock at once, like 5000.")] = 0,
    flood: Annotated[str, typer.Option(help="Kinds of flood, comma between; all; none.")] = "small",
    database: Database = None,
) -> None:
    """Durable rates of the hub beside the echo ceiling of the bare socket library."""
    from chargehub.commands.bench import run
    from chargehub.commands.bench.flooders import kinds

    run.ocpp(run.Size(stations, seconds, idle, storm, kinds(flood)), database)


@benches.command("fuzz")
def bench_fuzz(
    frames: Annotated[int, typer.Option(help="Broken frames, over all versions.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed breaks the same frames.")] = 7,
    database: Database = None,
) -> None:
    """Broken frames for a hub of its own, which must live, and answer its other stations."""
    from chargehub.commands.bench import fuzz

    fuzz.run(frames, seed, database)


@benches.command("search")
def bench_search(
    evses: Annotated[int, typer.Option(help="EVSEs of the market.", min=100)] = 1_000_000,
    queries: Annotated[int, typer.Option(help="Searches of each kind.", min=1)] = 300,
    seed: Annotated[int, typer.Option(help="The same seed makes the same market.")] = 7,
    database: Database = None,
) -> None:
    """How long searches take in a large market; an empty database is filled, a filled one kept."""
    from chargehub.commands.bench import search
    from chargehub.commands.bench.market import Size

    search.run(Size(evses, seed), queries, database)


@benches.command("pages")
def bench_pages(
    stations: Annotated[int, typer.Option(help="Of the market.", min=100)] = 5_000,
    pages: Annotated[int, typer.Option(help="Loaded of each kind.", min=1)] = 200,
    browsers: Annotated[int, typer.Option(help="On live streams.", min=1, max=1_000)] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same market.")] = 7,
) -> None:
    """What the map page weighs and takes, and what browsers on live streams cost in memory."""
    from chargehub.commands.bench import pages as bench

    bench.run(stations, pages, browsers, seed)


@benches.command("settle")
def bench_settle(
    sessions: Annotated[int, typer.Option(help="That go the whole way.", min=1)] = 2_000,
    entries: Annotated[int, typer.Option(help="In the ledger, for the audit.")] = 1_000_000,
    database: Database = None,
) -> None:
    """Metered sessions to posted settlements a second, and the audit of a large ledger."""
    from chargehub.commands.bench import settle

    settle.run(settle.Size(sessions, entries), database)


def main() -> None:
    """Console script."""
    app()


if __name__ == "__main__":
    main()
