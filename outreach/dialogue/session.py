"""What a conversation keeps between two turns: a value, stored as JSON, that outlives processes and deploys.

Nothing here is scratch. What a turn needs only while it is worked on lives in ``page.Turn``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from outreach.dialogue.page import Choice, Data, JSONValue, Mode

FORMAT = 1
"""Of the JSON. A change that old sessions cannot be read with raises it and says here how they are read."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One page on the stack, with its data."""

    page: str
    data: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """A choice that was not heard clearly: read back, and waiting for yes or no."""

    value: JSONValue
    phrase: str


@dataclass(frozen=True, slots=True)
class Session:
    """A position in the dialogue. ``frames`` is a stack, the current page last.

    ``turn`` counts turns and guards whatever waits for this one. ``misses`` counts answers in a row that were not
    understood. ``offered`` is what was spoken last: the caller's "1" means what "1" was then, whatever has
    changed since. ``leaving``: the caller was asked whether to end the call.
    """

    id: str
    person_id: int | None = None
    language: str = "zh-CN"
    speed: int = 3
    wordiness: int = 2
    patience: int = 2
    frames: tuple[Frame, ...] = ()
    turn: int = 0
    misses: int = 0
    mode: Mode = Mode.MENU
    offered: tuple[Choice, ...] = ()
    pending: Pending | None = None
    leaving: bool = False
    ended: bool = False

    @property
    def top(self) -> Frame:
        """The current page. Raises IndexError before the first turn."""
        return self.frames[-1]

    def with_top(self, data: Data) -> "Session":
        """The same session, the current page's data replaced."""
        return replace(self, frames=(*self.frames[:-1], Frame(self.top.page, data)))


def dump(session: Session) -> str:
    """The session as JSON."""
    return orjson.dumps({"format": FORMAT, **_plain(session)}).decode()


def load(text: str) -> Session:
    """The session from its JSON. Raises ValueError when it is none, or from a newer version of this program."""
    raw: dict[str, Any] = orjson.loads(text)
    if raw.pop("format", None) != FORMAT:
        raise ValueError("a session in a format this version does not know")
    pending = raw.pop("pending")
    return Session(
        frames=tuple(Frame(frame["page"], frame["data"]) for frame in raw.pop("frames")),
        offered=tuple(Choice(c["key"], c["value"], tuple(c["words"])) for c in raw.pop("offered")),
        mode=Mode(raw.pop("mode")),
        pending=Pending(**pending) if pending else None,
        **raw,
    )


def _plain(session: Session) -> Mapping[str, Any]:
    # orjson writes slotted dataclasses, tuples and string enums itself, several times faster than asdict()
    return {name: getattr(session, name) for name in Session.__slots__}
