"""What a shared station earns is its co-owners', to the cent, whatever happens to it later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehub.audit.laws import findings_of
from chargehub.payments import netting
from chargehub.reporting import tables as reports
from chargehub.settlement import contesting, joint, maturing, sharing, tables
from chargehub.settlement.contests import Subject
from chargehub.settlement.joint import WHOLE
from chargehub.settlement.shares import ShareAgreementRow, ShareRow
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.units import Span
from tests.settlement.books import DAY, Books, cdr


@st.composite
def points(draw: st.DrawFn) -> list[int]:
    """Shares of up to six that make a whole; some may be nothing."""
    cuts = draw(st.lists(st.integers(0, WHOLE), max_size=5).map(sorted))
    return [end - start for start, end in zip([0, *cuts], [*cuts, WHOLE], strict=True)]


@given(st.integers(-(10**12), 10**12), points())
def test_parts_are_the_whole(amount: int, shares: list[int]) -> None:
    parts = joint.divided(amount, shares)

    assert sum(parts) == amount
    assert all(part * amount >= 0 for part in parts)
    exact = [abs(amount) * share / WHOLE for share in shares]
    assert all(abs(part) <= most for part, most in zip(parts[1:], exact[1:], strict=True))


async def agree(
    books: Books, *shares: tuple[str, int], at: datetime | None = None, station: str = "station"
) -> str:
    """All have accepted these shares of the station's earnings, the owner named first."""
    agreement_id, now = new_id(), books.clock.now()

    def write(work: Work) -> None:
        work.insert(
            ShareAgreementRow,
            id=agreement_id,
            station_id=station,
            owner_id=shares[0][0],
            starts_at=at or now,
            proposed_at=now,
            holds_from=at or now,
            divisions=0,
            is_joint=len(shares) > 1,
        )
        for position, (account_id, share) in enumerate(shares):
            row: dict[str, Any] = {"account_id": account_id, "basis_points": share}
            work.insert(ShareRow, agreement_id=agreement_id, position=position, **row)

    await books.store.do(write)
    return agreement_id


async def pass_on(books: Books) -> None:
    await books.store.do(sharing.divide_due, books.clock.now())
    await books.store.do(netting.net_due, books.clock.now())


async def owners(books: Books, names: Sequence[str] = ("o", "p", "q")) -> dict[str, int]:
    """What each may have, less what each owes."""
    found = await books.balances()
    sums = {
        who: -found.get(f"owner:payable:{who}", 0) - found.get(f"owner:receivable:{who}", 0)
        for who in names
    }
    return {who: amount for who, amount in sums.items() if amount}


async def broken(books: Books) -> set[str]:
    """Laws that do not hold, of those that these books can keep: nobody pays here, or charges."""
    found = findings_of(books.store.database)
    return {one.law for one in found if one.state == "broken"} - {"I6", "I10", "I16"}


async def test_each_co_owner_has_a_part_and_the_owner_the_cents_left_over(books: Books) -> None:
    """810 at a third each, as far as basis points go: nobody's cent is the first one's."""
    await agree(books, ("o", 3_334), ("p", 3_333), ("q", 3_333))
    await books.captured(cdr("s", 900))
    await books.mature()
    await pass_on(books)
    await pass_on(books)

    assert await owners(books) == {"o": 272, "p": 269, "q": 269}
    assert await broken(books) == set()


async def test_what_was_earned_before_an_agreement_is_not_touched(books: Books) -> None:
    """The shares at the settlement count, also for its correction long after they changed."""
    await books.captured(cdr("before", 900))
    await agree(books, ("o", 5_000), ("p", 5_000))
    await books.captured(cdr("during", 900))
    await agree(books, ("o", WHOLE))
    await agree(books, ("o", 1), ("p", 9_999), at=books.clock.now() + 30 * DAY)
    await books.captured(cdr("after", 900))
    await books.mature()
    await pass_on(books)
    assert await owners(books) == {"o": 810 + 405 + 810, "p": 405}

    await books.captured(cdr("during", 450, version=2))
    await books.mature()
    await pass_on(books)

    assert await owners(books) == {"o": 810 + 202 + 810, "p": 203}
    assert await broken(books) == set()


async def test_another_owners_agreement_about_the_station_does_not_count(books: Books) -> None:
    await agree(books, ("x", 5_000), ("p", 5_000))
    await books.captured(cdr("s", 900))
    await books.mature()
    await pass_on(books)

    assert await owners(books, ("o", "p", "x")) == {"o": 810}


async def test_a_refund_after_the_payout_is_owed_by_each_and_netted(books: Books) -> None:
    """Each owes a part, which the next earnings of each pay first."""
    await agree(books, ("o", 7_500), ("p", 2_500))
    await books.captured(cdr("s", 900))
    await books.mature()
    await pass_on(books)
    await books.pay_out(608, "1", "o")
    await books.pay_out(202, "2", "p")

    now = books.clock.now()
    await books.store.do(contesting.freeze, "d", Subject("s"), 450, now)
    await books.store.do(contesting.give_back, "d", 450, now)
    await pass_on(books)
    found = await books.balances()
    assert (found["owner:receivable:o"], found["owner:receivable:p"]) == (304, 101)

    await books.captured(cdr("t", 900))
    await books.mature()
    await pass_on(books)

    found = await books.balances()
    assert not [code for code in found if code.startswith("owner:receivable")]
    assert await owners(books) == {"o": 304, "p": 101}
    assert await broken(books) == set()


async def test_what_is_payable_covers_a_debt_before_it_is_owed(books: Books) -> None:
    await agree(books, ("o", 5_000), ("p", 5_000))
    await books.captured(cdr("s", 900))
    await books.mature()
    await pass_on(books)
    now = books.clock.now()

    await books.store.do(contesting.freeze, "d", Subject("s"), 900, now)
    await books.store.do(contesting.give_back, "d", 900, now)
    await pass_on(books)

    assert not [code for code in await books.balances() if code.startswith("owner:")]
    assert await broken(books) == set()


async def test_statements_reports_and_forecasts_say_each_ones_part(books: Books) -> None:
    await agree(books, ("o", 7_500), ("p", 2_500))
    await books.captured(cdr("s", 900))
    await books.captured(cdr("t", 100))
    first, after = books.clock.now() - DAY, books.clock.now() + DAY

    for who, earned, gross in (("o", 675, 750), ("p", 225, 250)):
        (month,) = await books.store.read(tables.statement, who, first, after)
        report = await books.store.read(reports.earned, Span(first, after), who)
        (coming,) = await books.store.read(maturing.ahead, who, books.clock.now())
        assert (month.sessions, month.earnings_minor, month.accrued_minor) == (2, earned, earned)
        assert month.gross_minor == month.earnings_minor + month.fee_minor + month.vat_minor
        assert (month.gross_minor, report[who, "EUR"].gross_minor) == (gross, gross)
        assert report[who, "EUR"].earnings_minor == earned
        assert coming.amount.amount_minor == earned
    everybody = await books.store.read(reports.earned, Span(first, after), None)
    assert {who for who, _ in everybody} == {"o", "p"}
    assert sum(one.earnings_minor for one in everybody.values()) == 900


@dataclass(frozen=True)
class Deed:
    """One thing that happens to the books: to which session, and how much."""

    kind: str
    session: int
    amount: int


DEEDS = st.builds(
    Deed,
    st.sampled_from(("capture", "correct", "refund", "mature", "pass on", "pay out", "agree")),
    st.integers(0, 3),
    st.integers(0, 1_000),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, min_size=5, max_size=25), shares=points())
async def test_all_that_owners_earned_is_theirs_in_any_order(
    books: Books, deeds: list[Deed], shares: list[int]
) -> None:
    """Laws I7 and I9, and that nothing stays between co-owners once it was passed on."""
    run, versions = new_id(), dict[int, int]()
    names = [f"{name}-{run[-30:]}" for name in "opqrst"[: len(shares)]]
    joint_id = await agree(books, *zip(names, shares, strict=True), station=run)
    for number, deed in enumerate(deeds):
        await do(books, deed, (run, names, versions), number)
    await books.mature()
    await pass_on(books)

    found = await books.balances()
    assert f"owner:payable:{joint_id}" not in found
    assert f"owner:receivable:{joint_id}" not in found
    assert await broken(books) == set()


async def do(
    books: Books, deed: Deed, world: tuple[str, list[str], dict[int, int]], number: int
) -> None:
    run, names, versions = world
    session = f"{run}-{deed.session}"
    now, version = books.clock.now(), versions.get(deed.session, 0)
    if (deed.kind == "capture" and not version) or (deed.kind == "correct" and version):
        versions[deed.session] = version + 1
        record = cdr(session[-30:], deed.amount, version + 1, names[0], station=run)
        await books.captured(record)
    elif deed.kind == "refund":
        subject = Subject(session[-30:])
        most = await books.store.read(contesting.contestable_minor, subject)
        if amount := min(most, deed.amount):
            dispute = f"{run[-20:]}-{number}"
            await books.store.do(contesting.freeze, dispute, subject, amount, now)
            await books.store.do(contesting.give_back, dispute, amount, now)
    elif deed.kind == "mature":
        await books.mature()
    elif deed.kind == "pass on":
        await pass_on(books)
    elif deed.kind == "pay out":
        who = names[deed.session % len(names)]
        if (amount := -(await books.balances()).get(f"owner:payable:{who}", 0)) > 0:
            await books.pay_out(amount, f"{run[-20:]}-{number}", who)
    elif deed.kind == "agree":
        others = [
            (name, share) for name, share in zip(names, versions_of(deed, names), strict=True)
        ]
        await agree(books, *others, station=run)


def versions_of(deed: Deed, names: list[str]) -> list[int]:
    """Other shares: all but some of it is the owner's."""
    each = deed.amount // len(names)
    return [WHOLE - each * (len(names) - 1), *[each] * (len(names) - 1)]


@pytest.mark.parametrize(
    ("shares", "word"),
    [
        ([("o", 5_000), ("p", 4_999)], "9999"),
        ([("p", WHOLE)], "yourself"),
        ([("o", 5_000), ("o", 5_000)], "once"),
        ([("o", WHOLE), ("p", 0)], "1 basis point"),
    ],
)
def test_shares_that_are_none_are_refused(shares: list[tuple[str, int]], word: str) -> None:
    with pytest.raises(joint.BadShares, match=word):
        joint.check("o", shares)
