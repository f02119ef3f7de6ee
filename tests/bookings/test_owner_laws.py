"""Whatever drivers change of their bookings and owners keep for themselves: the laws hold."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehub import events
from chargehub.bookings import blocking, extending, kept, policies, rules, tables
from chargehub.bookings.blocking import NewBlock
from chargehub.bookings.blocks import Once
from chargehub.bookings.cancellation import on_cancel
from chargehub.bookings.kept import Asked
from chargehub.errors import Refused
from chargehub.stations import tables as stations
from chargehub.store.work import Work
from chargehub.units import Span
from tests.bookings import test_laws as laws
from tests.bookings.test_laws import Deed, Ground, ground
from tests.bookings.world import MINUTE, NOW

__all__ = ["ground"]

laws.HOLD_REFUSALS = (*laws.HOLD_REFUSALS, "kept_by_owner")
BLOCK_REFUSALS = ("bookings_in_the_way", "bad_block")
END_REFUSALS = (
    *("slot_taken", "slot_too_short", "slot_too_long", "slot_in_the_past", "booking_over"),
    *("change_under_way", "owner_must_agree", "kept_by_owner"),
)
OURS = ("block", "give back", "end", "end", "end", "answer")
THEIRS = ("book", "book", "hold", "policy", "cancel", "come", "clock")

deeds = st.lists(
    st.tuples(
        st.sampled_from(OURS + THEIRS),
        st.integers(0, 2),  # who
        st.integers(0, 24),  # which booking, or the start of a slot in steps of 10 minutes
        st.integers(15, 90),  # how long
        st.integers(0, 12),  # minutes that pass before
    ),
    min_size=10,
    max_size=25,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=st.integers(0, 9), story=deeds)
def test_no_change_overlaps_a_booking_or_the_owners_time(
    ground: Ground, first: int, story: list[Deed]
) -> None:
    with ground.work() as work:
        now = NOW
        made: list[str] = []
        laws._do(work, ground, ("policy", 0, first, 0, 0), made, now)
        for deed in story:
            now += deed[4] * MINUTE
            if deed[0] in OURS:
                _do(work, ground, deed, made, now)
            else:
                laws._do(work, ground, deed, made, now)
            laws._check_no_overlap(work)
            _check_owners_time(work, ground, now)
        work.flush()
        laws._check_events(work)
        laws._check_money(work)


def _do(work: Work, ground: Ground, deed: Deed, made: list[str], now: datetime) -> None:
    kind, who, which, length, _ = deed
    station_id = ground.world.station_id
    if kind == "block":
        starts_at = NOW + which * 10 * MINUTE
        times = Once(starts_at, starts_at + length * MINUTE)
        wish = NewBlock(None, ("blackout", "own_car")[which % 2], times, cancels=who > 0)
        try:
            blocking.keep(work, ground.owner, station_id, wish, now)
        except Refused as refusal:
            assert refusal.code in BLOCK_REFUSALS
    elif kind == "give back":
        for block in kept.blocks_of(work, station_id, now, None, 1):
            blocking.give_back(work, ground.owner, station_id, block.id, NOW)
    elif made:
        booking_id = made[-1 - which % min(3, len(made))]
        if kind == "answer":
            answered = events.BookingChanged(booking_id, "held" if who else "refused")
            extending.follow_deposit(work, answered, now)
        else:
            _end(work, ground, booking_id, (length - 50) * MINUTE, now)


def _end(work: Work, ground: Ground, booking_id: str, step: timedelta, now: datetime) -> None:
    """The driver ends it later or earlier; that makes cancelling no cheaper."""
    before = tables.booking(work, booking_id)
    assert before is not None
    driver = laws._driver(work, ground, booking_id)
    try:
        after = extending.set_end(work, driver, booking_id, before.ends_at + step, now)
    except Refused as refusal:
        assert refusal.code in END_REFUSALS
        return
    costs = [on_cancel(policies.of_booking(one), one, now).capture_minor for one in (before, after)]
    assert costs[0] <= costs[1]


def _check_owners_time(work: Work, ground: Ground, now: datetime) -> None:
    """No live booking of a stranger is where the owner keeps the EVSE from now on."""
    evse = stations.evse(work, ground.world.evse_id)
    assert evse is not None
    for one in tables.to_come(work, evse.id, now):
        if one.ends_at <= now or one.status not in rules.LIVE:
            continue
        slot = Span(max(one.starts_at, now), one.ends_at)
        asked = Asked(slot, one.blocked_until - one.ends_at)
        is_own = one.driver_id == ground.owner.account_id
        assert is_own or kept.in_the_way(work, evse, asked) is None
