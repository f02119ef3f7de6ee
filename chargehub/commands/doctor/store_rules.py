"""Judges the database: is it there, is it this version's, and what does it say of itself?"""

from datetime import timedelta
from typing import Final

from chargehub.commands.doctor.facts import Contents, Database, Facts
from chargehub.commands.doctor.verdicts import Verdict, green, red, skipped, yellow

OLDEST_SQLITE: Final = (3, 35)  # RETURNING
OLDEST_POSTGRES: Final = (13,)
NETWORK_FILE_SYSTEMS: Final = (
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs"),
    *("fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.glusterfs"),
)
STUCK_AFTER: Final = timedelta(minutes=10)
NO_TABLES: Final = "The database could not be read, or lacks tables."


def database(facts: Facts) -> Verdict:
    found = facts.database
    match found.state:
        case "open":
            version = ".".join(map(str, found.version))
            return green(f"{found.kind} {version} at {found.where} answers.")
        case "missing" if facts.running.answers:
            return red(f"A hub runs, and there is no {found.where}: it keeps another database.")
        case "missing" if found.read_only:
            return red(f"There is no {found.where}, and none can be made. {found.read_only}")
        case "missing":
            return yellow(f"There is no {found.where} yet; `chargehub serve` makes one.")
        case "damaged":
            return red(f"{found.where} is damaged: {found.problem}.")
        case "unreachable":
            return red(f"{found.where} does not answer: {found.problem}.")


def schema(facts: Facts) -> Verdict:
    found = facts.database
    if found.state != "open":
        return skipped(NO_TABLES)
    if found.revision is None:
        return red("The database has no tables of a hub.")
    if found.revision != found.newest:
        return red(f"Its tables are of revision {found.revision}, this version's {found.newest}.")
    if found.lacking:
        some = ", ".join(found.lacking[:5])
        return red(f"It says that it is of revision {found.newest}, and lacks {some}.")
    return green(f"Its tables are of revision {found.revision}, as this version's.")


def writable(facts: Facts) -> Verdict:
    found = facts.database
    if found.state != "open":
        return skipped("The database could not be opened.")
    return red(found.read_only) if found.read_only else green("This user may write to it.")


def storage(facts: Facts) -> Verdict:
    found = facts.database
    if found.state != "open":
        return skipped("The database could not be opened.")
    return _sqlite(found) if found.kind == "SQLite" else _postgres(found)


def _sqlite(found: Database) -> Verdict:
    if found.version < OLDEST_SQLITE:
        return red(f"SQLite {_text(found.version)} is too old: 3.35 at least.")
    if found.file_system in NETWORK_FILE_SYSTEMS:
        return red(f"The file lies on {found.file_system}, over a network: its locks do not hold.")
    if found.journal != "wal":
        return yellow(f"Its journal is {found.journal}; the hub makes it wal when it starts.")
    return green("It keeps a write-ahead log: readers do not wait for the writer.")


def _postgres(found: Database) -> Verdict:
    if found.version < OLDEST_POSTGRES:
        return red(f"PostgreSQL {_text(found.version)} is too old: 13 at least.")
    return green(f"PostgreSQL {_text(found.version)} will do.")


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def secret(facts: Facts) -> Verdict:
    files, contents = facts.files, facts.database.contents
    if files.secret_problem:
        return red(files.secret_problem)
    if not files.has_secret:
        if contents is not None and contents.accounts:
            return red("There is no secret, and the database was made with one.")
        return green("There is none yet; the hub makes it when it first starts.")
    if contents is None or contents.secret_fits is None:
        return green("There is one; nothing is there yet that tells whether it is the right one.")
    if not contents.secret_fits:
        return red("The secret is not the one that this database was made with.")
    return green("It opens what was sealed with it.")


def operators(facts: Facts) -> Verdict:
    count = _contents(facts).operators
    if count is None:
        return skipped(NO_TABLES)
    if count == 0:
        return yellow("Nobody may run this hub.")
    return green(f"{count} may run this hub.")


def deliveries(facts: Facts) -> Verdict:
    contents = _contents(facts)
    if contents.parked is None or contents.owed is None:
        return skipped(NO_TABLES)
    oldest = contents.oldest_owed_at
    if oldest is not None and facts.now - oldest > STUCK_AFTER:
        text = f"{contents.owed} are owed, the oldest was never tried since {oldest:%Y-%m-%d %H:%M}"
        return red(f"{text}.") if facts.running.answers else yellow(f"{text}: no hub runs here.")
    if contents.parked:
        return yellow(f"{contents.parked} wait for a person, {contents.owed} go on by themselves.")
    return green(f"{contents.owed} are owed, none waits for a person.")


def webhooks(facts: Facts) -> Verdict:
    contents = _contents(facts)
    failing, disabled = contents.webhooks_failing, contents.webhooks_disabled
    if failing is None or disabled is None:
        return skipped(NO_TABLES)
    if failing or disabled:
        return yellow(f"{failing} fail, {disabled} were disabled because they failed for days.")
    return green("None fails.")


def ledger(facts: Facts) -> Verdict:
    contents = _contents(facts)
    if contents.sums is None or contents.energy_left_wh is None:
        return skipped("The ledger could not be read, or not in time.")
    wrong = [f"{asset}: {total}" for asset, total in contents.sums.items() if total]
    if wrong:
        return red(f"Its entries do not sum to zero ({', '.join(wrong)}): money was lost or made.")
    if contents.energy_left_wh:
        return red(f"{contents.energy_left_wh} Wh were metered and are booked nowhere.")
    return green(f"{contents.transfers} transfers sum to zero, and all energy is booked.")


def _contents(facts: Facts) -> Contents:
    return facts.database.contents or Contents()
