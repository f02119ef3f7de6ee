"""What people see of a replay while it runs and when it is over."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from chargers.comparison import Line
from chargers.pricing import Price
from chargers.recordings import Recordings, read
from chargers.replay import Options, Outcome, Watch, replay

DIFFERENCES_SHOWN = 20


class Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """The rate of a step that counts, else nothing."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None or task.total is None else f"{speed:,.0f}/s")


def progress(console: Console) -> Progress:
    """A bar with counts, rate and time."""
    return Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        console=console,
    )


def watching(bar: Progress) -> Watch:
    """Shows every step as a bar of its own."""
    tasks: list[int] = []

    def end_last() -> None:
        if tasks:
            bar.stop_task(bar.task_ids[-1])

    def step(name: str, total: int | None) -> None:
        end_last()
        tasks.append(bar.add_task(name, total=total))

    def advance(done: int | None) -> None:
        task_id = bar.task_ids[-1]
        if done is None:
            bar.advance(task_id)
        else:
            bar.update(task_id, completed=done)

    return Watch(step, advance)


def show_recordings(console: Console, recordings: Recordings, price: Price) -> None:
    """What is about to be played, whose data it is, and what it shall cost."""
    count = len(recordings.sessions)
    places = len(recordings.by_place())
    console.print(
        f"{count:,} sessions at {places} EVSEs, {recordings.energy_wh:,} Wh; "
        f"{recordings.estimated} ends estimated (start + energy / 3.6 kW), "
        f"{recordings.overlapping} overlap an earlier session at their EVSE."
    )
    if recordings.source:
        console.print(f"Data: {recordings.source}.", style="italic")
    console.print(f"Tariff: {price.describe()}.")


def show_outcome(console: Console, outcome: Outcome, price: Price) -> None:
    """The comparison, and the verdict."""
    played = outcome.played
    rate = played.sessions / outcome.seconds if outcome.seconds else 0
    console.print(
        f"Played {played.sessions:,} sessions in {outcome.seconds:.1f} s ({rate:,.0f} a second, "
        f"{played.messages:,} messages, {played.repeats} repeated); "
        f"{outcome.already:,} were at the hub before."
    )
    for verdict, count in sorted(played.refused.items()):
        console.print(f"{count} starts were answered {verdict}.", style="red")
    table = Table(title="Expected and found", title_justify="left")
    table.add_column("")
    table.add_column("expected", justify="right")
    table.add_column("hub", justify="right")
    table.add_column("")
    for line in outcome.comparison.lines:
        mark = Text("✓", "green") if line.agrees else Text("✗", "bold red")
        figures = (_figure(line, value, price) for value in (line.expected, line.found))
        table.add_row(line.name, *figures, mark)
    console.print(table)
    differences = outcome.comparison.differences
    for difference in differences[:DIFFERENCES_SHOWN]:
        console.print(f"session {difference.session_id}: {difference.reason}", style="red")
    if len(differences) > DIFFERENCES_SHOWN:
        console.print(f"… and {len(differences) - DIFFERENCES_SHOWN:,} more", style="red")
    if outcome.recordings.source:
        console.print(f"Data: {outcome.recordings.source}.", style="italic")
    if outcome.comparison.agrees:
        console.print("The hub agrees exactly.", style="bold green")
    else:
        console.print("The hub does not agree.", style="bold red")


def _figure(line: Line, value: int, price: Price) -> str:
    if line.unit == price.currency:
        return price.text(value)
    return f"{value:,} {line.unit}".rstrip()


async def replay_and_show(options: Options, console: Console) -> int:
    """The whole replay with its bars and its comparison; 0 only if all of it agrees."""
    recordings = read(options.path, options.time_zone).first(options.limit)
    show_recordings(console, recordings, options.price)
    with progress(console) as bar:
        outcome = await replay(options, watching(bar))
    show_outcome(console, outcome, options.price)
    return 0 if outcome.comparison.agrees else 1
