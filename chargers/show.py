"""What people see of a fleet while it runs: a live table, and a bar where the end is known."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chargers.drivers import Tally
from chargers.life import Life

REFRESH_S = 0.5
LINE_EVERY_S = 10.0
ROWS = 40  # more stations than a screen has lines are counted, not shown


async def show(lives: Sequence[Life], tally: Tally, wanted: int | None, console: Console) -> None:
    """A live table at a terminal, else a line now and then; `wanted`: sessions until the end."""
    if not console.is_terminal:
        while True:
            await asyncio.sleep(LINE_EVERY_S)
            console.print(_title(lives, tally))
    bar = _bar(wanted)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            bar.update(bar.task_ids[0], completed=tally.sessions)
            parts: list[RenderableType] = [_table(lives, tally)]
            live.update(Group(*parts, bar) if wanted else parts[0], refresh=True)
            await asyncio.sleep(REFRESH_S)


@contextmanager
def registering(count: int, console: Console) -> Iterator[Callable[[], None]]:
    """A bar while stations and as many drivers are registered; elsewhere than at a terminal a line.

    What it gives is called for each that is.
    """
    if not console.is_terminal:
        console.print(f"registering {count:,} stations and as many drivers")
    with Progress(
        *("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("registering", total=2 * count)
        yield lambda: bar.advance(task)


def _bar(wanted: int | None) -> Progress:
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )
    bar.add_task("sessions", total=wanted)
    return bar


def _title(lives: Sequence[Life], tally: Tally) -> str:
    connected = sum(life.station.is_connected for life in lives)
    return (
        f"{connected} of {len(lives)} stations connected, {tally.sessions:,} sessions, "
        f"{tally.energy_wh:,} Wh, {tally.refused:,} refused"
    )


def _table(lives: Sequence[Life], tally: Tally) -> Table:
    table = Table(title=_title(lives, tally), title_justify="left")
    for column, width in (("station", 11), ("OCPP", 5), ("state", 12), ("Wh", 7), ("done", 4)):
        table.add_column(column, no_wrap=True, min_width=width)
    table.add_column("last", no_wrap=True)
    for life in lives[:ROWS]:
        station, place = life.station, life.station.evses[1]
        state = place.charging if place.status == "occupied" else place.status
        energy_wh = place.register_wh - place.session.start_wh if place.session else 0
        table.add_row(
            station.identity,
            station.version,
            state if station.is_connected else "offline",
            f"{energy_wh:,}" if place.session else "",
            str(sum(not session.is_running for session in station.sessions)),
            tally.last.get(station.identity, "")[:60],
        )
    if len(lives) > ROWS:
        table.add_row(f"… {len(lives) - ROWS} more")
    return table
