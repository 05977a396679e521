"""Simulated people: what somebody does with a text or a ringing telephone. Pure, drawn from a seed and a number.

The same seed draws the same people and the same answers, whatever else happens in the rehearsal and in which order:
each draw is from the seed, the number and what it is about. The shares are guesses of ours, written down in one place
so that they can be argued about, and replaced by what the first campaigns show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Final, Literal

from outreach.delivery.policy import LOCAL

Answer = Literal["first", "second", "third", "word", "person", "muddled", "out", "nothing"]
"""The choice on key 1, 2 or 3; the first one in words; asks for a person; something else; 退订; says nothing."""

READERS: Final[Sequence[tuple[float, tuple[float, float]]]] = (
    (0.50, (1, 20)),
    (0.35, (30, 300)),
    (0.15, (300, 1500)),
)
"""Share of people, and how many minutes a text lies before they read it."""
ANSWERS: Final[Mapping[Answer, float]] = {
    "first": 0.52,
    "word": 0.08,
    "second": 0.14,
    "third": 0.04,
    "person": 0.02,
    "muddled": 0.04,
    "out": 0.01,
    "nothing": 0.15,
}
GOES_ON: Final = 0.9
"""Of those who have answered once: how many answer what they are asked next."""
MEANT_IT: Final = 0.85
"""Of those who are read back what they asked for: how many say yes."""
UNREACHABLE: Final = 0.03
"""Texts that the network cannot hand over at the first try: switched off, no coverage."""
WRONG_NUMBER: Final = 0.01
"""Numbers that are nobody's any more."""
TakenBy = Literal["person", "machine", "busy", "no_answer", "switched_off", "invalid_number"]
CALLS: Final[Mapping[TakenBy, float]] = {
    "person": 0.66,
    "no_answer": 0.18,
    "busy": 0.06,
    "switched_off": 0.06,
    "machine": 0.04,
}
"""What becomes of a call."""
AWAKE: Final = (time(7, 30), time(21, 30))
MUDDLED: Final = ("我在地里呢", "你们是谁", "知道啦晚点再看", "手机是我儿子的", "多少钱")


@dataclass(frozen=True, slots=True)
class Habits:
    """One telephone and who holds it. ``reads_after``: minutes, from and to."""

    reads_after: tuple[float, float]
    exists: bool


def draw(seed: int, *about: object) -> Random:
    """Chance of its own for each matter (S311: nothing here is a secret)."""
    return Random(":".join(map(str, (seed, *about))))  # noqa: S311


def habits(seed: int, number: str) -> Habits:
    """The person behind a number."""
    chance = draw(seed, number)
    exists = chance.random() >= WRONG_NUMBER
    (after,) = chance.choices([minutes for _, minutes in READERS], weights=[share for share, _ in READERS])
    return Habits(after, exists)


def answer(seed: int, number: str, matter: str) -> Answer:
    """What somebody makes of a text that asks them something."""
    chosen: Sequence[Answer] = draw(seed, number, matter, "answer").choices(
        list(ANSWERS), weights=list(ANSWERS.values())
    )
    return chosen[0]


def takes_call(seed: int, number: str, delivery_id: int, attempt: int) -> TakenBy:
    """Who, or what, takes a call."""
    if not habits(seed, number).exists:
        return "invalid_number"
    chosen: Sequence[TakenBy] = draw(seed, number, delivery_id, attempt, "call").choices(
        list(CALLS), weights=list(CALLS.values())
    )
    return chosen[0]


def answers_at(seed: int, whose: Habits, number: str, matter: str, now: datetime) -> datetime:
    """When they have read it and answer: never asleep."""
    chance = draw(seed, number, matter, "when")
    return awake(now + timedelta(seconds=round(60 * chance.uniform(*whose.reads_after))), chance)


def awake(at: datetime, chance: Random) -> datetime:
    """``at``, or soon after the next time they are up."""
    local = at.astimezone(LOCAL)
    up, asleep = (datetime.combine(local.date(), moment, LOCAL) for moment in AWAKE)
    if up <= local < asleep:
        return at
    day = up if local < up else up + timedelta(days=1)
    return (day + timedelta(seconds=chance.randrange(3600))).astimezone(at.tzinfo)
