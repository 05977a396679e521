"""Phrases as clips: which voice reads what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.dialogue.page import Phrase
from outreach.ivr import playlist
from tests.scenario import LANGUAGES

EN, ZH = "en", "zh-CN"


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("Item 1 of 3.", [("Item 1 of 3.", EN)]),
        ("甲店, wants 2 massage therapists.", [("甲店, ", ZH), ("wants 2 massage therapists.", EN)]),
        ("You applied to 武威康乐按摩店.", [("You applied to ", EN), ("武威康乐按摩店.", ZH)]),
        ("“甲店”, press 1.", [("甲店”, ", ZH), ("press 1.", EN)]),
        ("For Mandarin, 普通话, press #.", [("For Mandarin, ", EN), ("普通话, ", ZH), ("press #.", EN)]),
        ("普通话", [("普通话", ZH)]),
    ],
)
def test_chinese_names_in_english_are_read_by_the_mandarin_voice(
    sentence: str, read: list[tuple[str, str]]
) -> None:
    assert list(playlist.voices(sentence, EN)) == read


def test_mandarin_is_read_whole() -> None:
    assert list(playlist.voices("回复TD退订。", ZH)) == [("回复TD退订。", ZH)]


@given(st.text(st.sampled_from("abc甲乙店 1#*,.。“”"), max_size=30))
def test_nothing_that_can_be_said_is_lost(sentence: str) -> None:
    pieces = "".join(piece for piece, _ in playlist.voices(sentence, EN))
    assert [char for char in pieces if playlist.SAYABLE.match(char)] == [
        char for char in sentence if playlist.SAYABLE.match(char)
    ]


def test_no_long_silence_within_a_sentence() -> None:
    first, last = playlist.clips((Phrase("test", "You applied to 甲店."),), LANGUAGES[EN], 3, frozenset())
    assert (first.language, last.language) == (EN, ZH)
    assert len(playlist.pause_after(first)) < len(playlist.pause_after(last))
