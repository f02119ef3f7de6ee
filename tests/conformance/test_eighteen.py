"""Eighteen things that hubs get wrong, by number, and the tests here that hold each.

A test that is renamed fails here.
"""

import ast
from collections.abc import Mapping
from typing import Any

import pytest

from tests.hub import RunningHub
from tests.stories.steps import HALF_HOUR, NINE_EUROS, bills, leave, passing
from tests.tree import ROOT

HELD: Mapping[int, tuple[str, ...]] = {  # number -> files of tests and names in them
    1: ("stories/test_repeats.py a_start_and_a_stop_said_again_and_again_are_one_session",),
    2: ("stories/test_repeats.py a_start_and_a_stop_said_again_and_again_are_one_session",),
    3: (
        "ocpp/test_server.py the_newest_line_wins_and_the_old_ones_end_touches_nothing",
        "ocpp/test_server.py a_half_open_line_does_not_keep_the_station_out",
    ),
    4: ("stories/test_killed.py a_hub_killed_before_it_answers_a_start_or_a_stop_has_one_session",),
    5: (
        "stories/test_any_order.py every_order_of_a_sessions_events_gives_the_same_bill",
        "stories/test_any_order.py a_session_with_a_gap_waits_for_what_is_missing",
        "stories/test_any_order.py a_late_event_reprices_a_session_that_was_closed_without_it",
    ),
    6: ("stories/test_side_by_side.py two_stations_may_call_their_sessions_the_same",),
    7: ("stories/test_side_by_side.py two_cars_that_start_in_the_same_second_are_two_sessions",),
    8: ("stories/test_side_by_side.py a_refused_start_leaves_the_car_beside_it_alone",),
    9: ("stories/test_repeats.py a_stop_without_an_id_ends_the_session_its_register_fits",),
    10: (
        "stories/test_claimed.py "
        "an_unknown_card_offline_for_three_hours_is_paid_once_it_is_claimed",
        "stories/test_refused.py a_bad_token_starts_nothing_and_its_offline_energy_is_kept",
    ),
    11: ("energy/test_sharing.py a_lost_line_of_one_of_three_cars_never_blows_the_fuse",),
    12: (
        "stories/test_one_slot.py of_two_hundred_bookings_of_one_slot_one_wins",
        "bookings/test_hold.py of_fifty_drivers_at_once_one_gets_the_slot",
        "bookings/test_no_overlap.py of_fifty_inserts_at_once_one_stays",
    ),
    13: (
        "test_access.py a_stranger_gets_nothing_of_others",
        "test_access.py the_table_has_every_route_and_who_it_is_for",
    ),
    14: (
        "ocpp/test_repairs.py what_can_be_mended_is",
        "stories/test_mended.py a_session_in_odd_words_is_billed_and_its_repairs_are_shown",
        "stories/test_bad_frames.py "
        "times_without_a_zone_or_meaning_are_flagged_and_the_energy_is_kept",
    ),
    15: (
        "stories/test_hold_ends.py a_hold_that_ends_mid_session_is_followed_by_a_new_one",
        "stories/test_hold_ends.py "
        "a_session_whose_hold_is_not_renewed_is_stopped_and_paid_from_the_old_one",
        "stories/test_hold_ends.py what_nobody_pays_for_after_the_hold_has_ended_is_owed",
        "payments/test_renewing.py a_session_that_ends_while_its_hold_is_renewed_is_paid_once",
    ),
    16: (
        "conformance/test_eighteen.py a_tariff_that_changes_during_a_session_changes_nothing",
        "stories/test_old_prices.py each_offline_session_costs_what_was_offered_when_it_began",
    ),
    17: (
        "stories/test_skewed_clock.py "
        "a_clock_that_is_set_during_a_session_does_not_change_its_length",
        "stories/test_no_clock.py two_starts_after_each_other_are_two_sessions",
    ),
    18: ("test_docs.py every_case_of_the_test_documents_has_one_row",),
}


def test_each_of_the_eighteen_is_held() -> None:
    assert sorted(HELD) == list(range(1, 19))


@pytest.mark.parametrize("number", HELD)
def test_the_tests_that_hold_it_are_there(number: int) -> None:
    for place in HELD[number]:
        file, _, name = place.partition(" ")
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))

        assert f"test_{name}" in {getattr(node, "name", None) for node in tree.body}


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_tariff_that_changes_during_a_session_changes_nothing(
    hub: RunningHub, version: str
) -> None:
    """The price is the one the driver saw when the car was plugged in."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub, HALF_HOUR))
    dearer: dict[str, Any] = {
        "name": "Dearer",
        "currency": "EUR",
        "vat_percent": "19",
        "components": [{"kind": "energy", "per_kwh": "9.99"}],
    }
    made = await owner.post("/tariffs", dearer)
    listing = {"tariff_id": made["id"], "opening_hours": "24/7"}
    await owner.ask("PUT", f"/stations/{place.station_id}/listing", listing, 200)
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub, HALF_HOUR))
    await leave(hub, place)

    assert await bills(owner) == [NINE_EUROS]
