"""Quirk profiles as REST shows them: what a model does oddly, and what the hub does about it."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from chargehub.rest.bodies import Body
from chargehub.stations.quirks import EVERY, LONGEST_NAME, QuirkProfile, State, Treatment


class QuirkChoiceRequest(Body):
    """The quirk profile of a station: `auto` for the one that fits, `off`, or a profile's name."""

    choice: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class QuirkBody(BaseModel):
    """Something that a model of station does oddly.

    `state`: done (the hub copes), todo (not yet), exempt (nothing is to be done). `how` says by
    what, or why. `sources`: where it was told of.
    """

    name: str
    what: str
    state: State
    how: str
    sources: list[str]


class QuirkProfileBody(BaseModel):
    """What is known of a model of station. `treatment`: what the hub does for it, in words."""

    name: str
    title: str
    treatment: list[str]
    quirks: list[QuirkBody]

    @classmethod
    def of(cls, profile: QuirkProfile) -> Self:
        return cls(
            name=profile.name,
            title=profile.title,
            treatment=in_words(profile.treatment),
            quirks=[
                QuirkBody(
                    name=quirk.name,
                    what=quirk.what,
                    state=quirk.state,
                    how=quirk.how,
                    sources=list(quirk.sources),
                )
                for quirk in profile.quirks
            ],
        )


def in_words(treatment: Treatment) -> list[str]:
    """What the hub does otherwise than with other stations, a sentence each."""
    said = [
        *_of_answers(treatment),
        *_of_the_line(treatment),
        *_of_calls(treatment),
        *_of_settings(treatment),
    ]
    return [sentence for sentence in said if sentence]


def _of_answers(treatment: Treatment) -> list[str]:
    held = [
        f"Answers to {'everything' if action == EVERY else action} are held back by {wait:g} s."
        for action, wait in treatment.reply_delay_s.items()
    ]
    if treatment.heartbeat_interval_s is not None:
        held.append(f"It is told to send a heartbeat every {treatment.heartbeat_interval_s} s.")
    return held


def _of_the_line(treatment: Treatment) -> list[str]:
    said = []
    if treatment.versions:
        said.append(f"OCPP {' or '.join(treatment.versions)} is spoken where it offers that.")
    if treatment.ping_interval_s is not None:
        every = treatment.ping_interval_s
        said.append(f"It is pinged every {every:g} s." if every else "It is never pinged.")
    if not treatment.answers_pings:
        said.append("Its line is kept busy without expecting it to answer pings.")
    return said


def _of_calls(treatment: Treatment) -> list[str]:
    said = []
    if treatment.boot_wait_s:
        said.append(f"On a new line calls wait up to {treatment.boot_wait_s:g} s for it to boot.")
    if treatment.quiet_after_boot_s:
        said.append(f"After a boot it is left alone for {treatment.quiet_after_boot_s:g} s.")
    if treatment.pause_s:
        said.append(f"Between two calls are {treatment.pause_s:g} s at least.")
    if treatment.id_tokens != "as_given":
        said.append(f"Id tokens are sent to it in {treatment.id_tokens} case.")
    for never in treatment.never:
        of_which = ", ".join(f"{path} {value}" for path, value in never.having.items())
        said.append(f"{never.action}{f' ({of_which})' if of_which else ''} is never sent.")
    return said


def _of_settings(treatment: Treatment) -> list[str]:
    said = []
    if treatment.measurands:
        said.append(f"It is asked for {', '.join(treatment.measurands)} alone.")
    intervals = {
        "Readings of a session": treatment.sampling_interval_s,
        "Readings by the clock": treatment.clock_aligned_interval_s,
        "Pings of its own": treatment.station_ping_interval_s,
    }
    said.extend(f"{of} come every {every} s." for of, every in intervals.items() if every)
    for version, settings in treatment.settings.items():
        written = ", ".join(f"{name} = {value}" for name, value in settings.items())
        said.append(f"After a boot with OCPP {version} is written: {written}.")
    return said
