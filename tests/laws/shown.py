"""Which tests show which law of `docs/audit.md`. Those of stories and disputes end with the
whole audit.
"""

STORIES = "tests/stories/test_laws.py::test_whatever_is_told_however_often_the_laws_hold"
DISPUTES = "tests/disputes/test_laws.py::test_in_any_order_the_laws_hold_and_everything_ends"
POSTING = "tests/ledger/test_posting.py::test_whatever_is_posted_the_ledger_sums_to_zero"
OWNERS = "tests/settlement/test_corrections.py::"
LEDGER = "tests/laws/test_ledger.py::"
PAYING = "tests/payments/test_rules.py::"
ANY_ORDER = "tests/payments/test_once.py::test_any_order_and_any_crash_end_in_the_same_books"

SHOWN: dict[str, tuple[str, ...]] = {
    "chain": (LEDGER + "test_posted_again_in_any_part_changes_nothing",),
    "I1": ("tests/ledger/test_rules.py::test_entries_that_do_not_sum_to_zero_are_refused", POSTING),
    "I2": (POSTING,),
    "I3": (POSTING, OWNERS + "test_whatever_happens_every_cent_of_an_owner_is_somewhere"),
    "I4": (LEDGER + "test_posted_again_in_any_part_changes_nothing", ANY_ORDER),
    "I5": (
        "tests/crash/test_told.py::test_notices_in_any_order_and_number_end_in_the_same_balances",
    ),
    "I6": (STORIES, "tests/ledger/test_rules.py::test_metered_energy_is_billed_free_or_unbilled"),
    "I7": (
        "tests/settlement/test_split.py::test_a_division_loses_nothing_and_takes_from_nobody",
        "tests/settlement/test_split.py::test_where_the_hub_sells_a_division_loses_nothing_and"
        "_takes_from_nobody",
        "tests/tariffs/test_pricing.py::test_lines_sum_to_the_cost_and_each_is_rounded_once",
    ),
    "I8": (
        PAYING + "test_never_more_is_captured_than_may_be_or_is_owed",
        PAYING + "test_refunds_together_never_exceed_what_was_captured",
    ),
    "I9": (OWNERS + "test_whatever_happens_every_cent_of_an_owner_is_somewhere",),
    "I10": (
        "tests/settlement/test_contesting.py::test_in_any_order_the_ledger_balances_and_agrees"
        "_with_the_rail",
        DISPUTES,
    ),
    "I11": (
        "tests/crash/test_crash.py::test_a_death_anywhere_changes_nothing",
        "tests/crash/test_crash.py::test_a_death_on_the_way_back_from_another_changes_nothing",
        "tests/crash/test_kill.py::test_a_process_killed_at_a_statement_leaves_what_another_can"
        "_finish",
        ANY_ORDER,
    ),
    "I12": (DISPUTES,),
    "I15": (LEDGER + "test_a_transfer_is_taken_back_whole_and_once",),
    "I16": (
        LEDGER + "test_two_workers_post_once",
        "tests/crash/test_two.py::test_two_hubs_that_take_up_the_same_work_do_it_once",
    ),
}
"""By law, tests that try it on many cases."""

NOT_YET = {
    "I13": "No tokens are minted yet.",
    "I14": "No tokens are distributed yet.",
}
"""Laws that nothing can break yet, and why."""
