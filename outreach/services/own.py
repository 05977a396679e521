"""What is a person's own: how every line tells the line "mine" 我的, which imports none of them.

A line exports ``own(turn)``; ``registry.py`` lists them all. A line answers for ``turn.profile.person_id`` and for
nobody else, with what still matters: not what is over and done with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.page import Data, Effect, Phrase, Turn


@dataclass(frozen=True, slots=True)
class Own:
    """One thing of the caller's.

    ``phrases`` say it in one breath: what, when, how it stands. ``page`` with ``data`` leads to where it can be
    changed; together they are also its name, so they stay the same while it exists. ``at``: when it takes place or
    falls due; None: at no particular time.
    """

    phrases: tuple[Phrase, ...]
    page: str
    data: Data
    at: datetime | None = None


OwnList = Callable[[Turn], Sequence[Own]]
"""A person's own things of one line; () for callers we do not keep."""

Leave = Callable[[Connection, int, datetime], Sequence[Effect]]
"""Give up, for a person (its id) who is about to be erased, what others wait for: seats, slots, offers of a seat.

Called in the transaction that erases them, before their rows go; rows that only they have go by themselves. Texts to
the person are not sent any more.
"""
