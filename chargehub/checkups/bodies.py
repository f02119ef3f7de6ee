"""Check-ups as REST takes and shows them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from chargehub.checkups import rules
from chargehub.checkups.rules import RULES, Grade, StepName, StepState
from chargehub.checkups.tables import CheckupView, Step
from chargehub.rest.bodies import Body
from chargehub.stations.grades import GradeView
from chargehub.stations.rules import MAX_EVSES


class CheckupRequest(Body):
    """A check-up. `test_charge_evse`: the EVSE, by number, at which a car waits for a short test
    charge (the owner's own use, free); null: none is made."""

    test_charge_evse: Annotated[int | None, Field(ge=1, le=MAX_EVSES)] = None


class CheckupStepBody(BaseModel):
    """A step: `waiting`, `running`, or what came of it: `passed`, `weak` (counts half), `failed`,
    `skipped` (counts nothing). `detail`: what was seen. `advice`: what to do; null: nothing."""

    name: StepName
    state: StepState
    weight: int
    is_needed: bool
    detail: str
    advice: str | None
    began_at: datetime | None
    ended_at: datetime | None
    command_ids: list[str]

    @classmethod
    def of(cls, step: Step) -> Self:
        rule = RULES[step.name]
        return cls(
            name=step.name,
            state=step.state,
            weight=rule.weight,
            is_needed=rule.is_needed,
            detail=step.detail,
            advice=rule.advice if step.state in ("weak", "failed") else None,
            began_at=step.began_at,
            ended_at=step.ended_at,
            command_ids=list(step.command_ids),
        )


class CheckupReasonBody(BaseModel):
    """Why the grade is no better: points of the weights that a step cost, and what to do."""

    step: StepName
    detail: str
    advice: str
    points: int


class CheckupBody(BaseModel):
    """A check-up of a station and how far it is. `ended_at` null: it runs, ask again.

    `grade`: A (best) to F, by `score` of a hundred points; F also where a needed step failed.
    `session_id`: that of the test charge.
    """

    id: str
    station_id: str
    began_at: datetime
    ended_at: datetime | None
    ocpp_version: str | None
    vendor: str | None
    model: str | None
    firmware_version: str | None
    quirk_profile: str | None
    session_id: str | None
    grade: Grade | None
    score: int | None
    reasons: list[CheckupReasonBody]
    steps: list[CheckupStepBody]

    @classmethod
    def of(cls, view: CheckupView) -> Self:
        verdicts = {step.name: step.verdict for step in view.steps if step.verdict is not None}
        grading = rules.grade(verdicts)
        return cls(
            id=view.id,
            station_id=view.station_id,
            began_at=view.began_at,
            ended_at=view.ended_at,
            ocpp_version=view.ocpp_version,
            vendor=view.vendor,
            model=view.model,
            firmware_version=view.firmware_version,
            quirk_profile=view.quirk_profile,
            session_id=view.session_id,
            grade=view.grade,
            score=view.score,
            reasons=[
                CheckupReasonBody(
                    step=one.step, detail=one.detail, advice=one.advice, points=one.points
                )
                for one in grading.reasons
            ],
            steps=[CheckupStepBody.of(step) for step in view.steps],
        )


class WaiverRequest(Body):
    """Why a station may be listed without having passed a check-up."""

    because: Annotated[str, Field(min_length=10, max_length=300)]


class FitnessBody(BaseModel):
    """Whether a station may be listed for everybody, by its last check-up or a waiver.

    `least_grade`: what this hub asks for; empty: nothing. `asked_because`: why a new check-up is
    needed until `lapses_at`; `lapsed_at`: since when the grade counts no more for want of one.
    """

    is_fit: bool
    least_grade: str
    checkup_id: str | None
    grade: str | None
    graded_at: datetime | None
    waived_because: str | None
    waived_at: datetime | None
    asked_because: str | None
    lapses_at: datetime | None
    lapsed_at: datetime | None

    @classmethod
    def of(cls, view: GradeView, least: str) -> Self:
        return cls(
            is_fit=view.is_enough(least),
            least_grade=least,
            checkup_id=view.checkup_id,
            grade=view.grade,
            graded_at=view.graded_at,
            waived_because=view.waived_because,
            waived_at=view.waived_at,
            asked_because=view.asked_because,
            lapses_at=view.lapses_at,
            lapsed_at=view.lapsed_at,
        )
