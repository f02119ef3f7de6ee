"""Grades: their laws, and that every step says what to do."""

from hypothesis import given
from hypothesis import strategies as st

from chargehub.checkups import probes, rules
from chargehub.checkups.rules import STEPS, Result, StepName, Verdict

RESULTS: tuple[Result, ...] = ("passed", "weak", "failed", "skipped")
VERDICTS = st.dictionaries(
    st.sampled_from(STEPS), st.sampled_from(RESULTS).map(lambda result: Verdict(result, ""))
)


def all_with(result: Result) -> dict[StepName, Verdict]:
    return {name: Verdict(result, "") for name in STEPS}


def test_every_step_has_its_weight_its_advice_and_its_probe() -> None:
    assert set(rules.RULES) == set(probes.PROBES) == set(STEPS)
    for name, rule in rules.RULES.items():
        assert rule.weight > 0, name
        assert rule.advice.endswith("."), name


def test_all_is_an_a_half_is_a_d_and_nothing_an_f() -> None:
    graded = {result: rules.grade(all_with(result)) for result in RESULTS}

    assert (graded["passed"].grade, graded["passed"].score) == ("A", 100)
    assert graded["passed"].reasons == ()
    assert (graded["weak"].grade, graded["weak"].score) == ("D", 50)
    assert (graded["failed"].grade, graded["failed"].score) == ("F", 0)
    assert graded["skipped"].grade == "F"


def test_without_what_bills_need_all_else_is_worth_nothing() -> None:
    graded = rules.grade({**all_with("passed"), "meter_values": Verdict("failed", "None came.")})

    assert (graded.grade, graded.score) == ("F", 85)
    assert graded.reasons[0].points == 20
    assert "Energy.Active.Import.Register" in graded.reasons[0].advice


@given(VERDICTS, st.sampled_from(STEPS))
def test_a_better_verdict_never_makes_a_grade_worse(
    verdicts: dict[StepName, Verdict], name: StepName
) -> None:
    graded = [
        rules.grade({**verdicts, name: Verdict(result, "")})
        for result in ("failed", "weak", "passed")
    ]

    assert [one.score for one in graded] == sorted(one.score for one in graded)
    assert [one.grade for one in graded] == sorted((one.grade for one in graded), reverse=True)


@given(VERDICTS)
def test_whatever_is_not_passed_has_a_reason(verdicts: dict[StepName, Verdict]) -> None:
    graded = rules.grade(verdicts)

    lacking = {name for name, each in verdicts.items() if each.result in ("weak", "failed")}
    assert {reason.step for reason in graded.reasons} == lacking
    assert (graded.score == 100) == (
        not lacking and any(each.result != "skipped" for each in verdicts.values())
    )
