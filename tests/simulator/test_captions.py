"""Which words belong to which clip: by the mark when it has come, by their order before that."""

import json

import pytest

from outreach.simulator.captions import Captions
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.line import Line


class Watched:
    """A call that never rings: sound, marks and announcements by hand, a frame at a time."""

    def __init__(self) -> None:
        self.call = FakeCall(Line("http://127.0.0.1:1/twilio/voice", "t", "AC1", "+869352200000"), None)
        self.captions = Captions(self.call)

    def announce(self, *marks: str) -> None:
        for mark in marks:
            self.captions.take(
                json.dumps({"mark": mark, "key": f"k.{mark}", "text": f"words of {mark}", "turn": 1})
            )

    def send(self, mark: str | None, frames: int = 2) -> None:
        self.call.phone.ear.sound(b"\x10" * 160 * frames)
        if mark is not None:
            self.call.phone.ear.mark(mark)

    def texts(self, frames: int = 1) -> list[str | None]:
        for _ in range(frames):
            self.call.phone.tick()
        return [
            None if clip.caption is None else clip.caption.text
            for clip in self.call.clips
            if clip.began_at is not None
        ]


def test_words_come_with_the_mark() -> None:
    watched = Watched()
    watched.announce("a", "b")
    watched.send("a")
    watched.send("b")
    assert watched.texts(1) == ["words of a"]
    assert watched.texts(2) == ["words of a", "words of b"]


def test_a_prompt_still_being_sent_has_its_words_already() -> None:
    watched = Watched()
    watched.announce("a", "b")
    watched.send(None)
    assert watched.texts() == ["words of a"]


def test_words_may_come_after_the_sound() -> None:
    watched = Watched()
    watched.send("a")
    assert watched.texts(3) == [None]
    watched.announce("a")
    assert watched.texts() == ["words of a"]


def test_a_wrong_guess_is_put_right_by_the_mark() -> None:
    watched = Watched()
    watched.announce("a", "b")
    watched.send(None)
    assert watched.texts() == ["words of a"]
    watched.call.phone.ear.mark("b")
    assert watched.texts() == ["words of b"]


def test_what_was_announced_but_cleared_is_not_taken_for_the_next() -> None:
    watched = Watched()
    watched.announce("a", "b", "c")
    watched.send(None, frames=50)
    watched.texts()
    watched.call.phone.ear.clear()
    watched.announce("d")
    watched.send(None)
    assert watched.texts() == ["words of a", "words of d"]


def test_a_cleared_clip_whose_mark_had_come_keeps_its_words() -> None:
    watched = Watched()
    watched.send("a", frames=50)
    watched.texts()
    watched.call.phone.ear.clear()
    watched.announce("a")
    assert watched.texts() == ["words of a"]


def test_what_was_understood_is_kept() -> None:
    watched = Watched()
    watched.texts(50)
    watched.captions.take('{"heard": {"text": "招聘"}}')
    watched.captions.take('{"ended": "stream"}')
    assert watched.captions.understood == [(1.0, {"text": "招聘"})]


def test_what_is_no_json_is_an_error() -> None:
    with pytest.raises(ValueError, match="unexpected end of data"):
        Watched().captions.take("{")
