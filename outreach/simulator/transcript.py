"""What happened in a call, line by line: for a file, and for the eye."""

from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from outreach.simulator.captions import Captions
from outreach.simulator.fake_twilio import FakeCall, Note
from outreach.simulator.playback import Clip

Entry = dict[str, Any]


def entries(call: FakeCall, captions: Captions) -> list[Entry]:
    """All that was heard and done, in order of call time: at, who, key, text, keys, latency_ms.

    ``latency_ms`` is there for the first sound after something the caller did. What the recogniser understood
    has one field more, ``heard``.
    """
    return sorted(_all(call, captions), key=itemgetter("at"))


def write(path: Path, call: FakeCall, captions: Captions) -> None:
    """Write the entries as JSON lines."""
    path.write_bytes(b"".join(orjson.dumps(entry) + b"\n" for entry in entries(call, captions)))


def spoken(clip: Clip) -> str:
    """One clip for the eye."""
    return "…" if clip.caption is None else clip.caption.text


def _all(call: FakeCall, captions: Captions) -> Iterator[Entry]:
    # Notes first: what was done within the frame in which it was answered stands before the answer.
    yield from map(_of_note, call.notes)
    for clip in call.clips:
        if clip.began_at is not None:
            yield _of_clip(clip, clip.began_at)
    for at, heard in captions.understood:
        yield _entry(at, "line") | {"heard": heard}


def _of_clip(clip: Clip, at: float) -> Entry:
    caption = clip.caption
    return _entry(at, "line") | {
        "key": None if caption is None else caption.key,
        "text": None if caption is None else caption.text,
        "latency_ms": None if clip.latency_ms is None else round(clip.latency_ms, 1),
    }


def _of_note(note: Note) -> Entry:
    return _entry(note.at, note.who) | {"text": note.text, "keys": note.keys}


def _entry(at: float, who: str) -> Entry:
    return {"at": round(at, 3), "who": who, "key": None, "text": None, "keys": None, "latency_ms": None}
