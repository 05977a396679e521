"""Parts as carriers count them, and cuts that hurt nothing. Figures worked out by hand from 3GPP TS 23.038, 23.040."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.sms.segments import ALPHABET, EXTENSION, Size, cut, size

SIZES = [
    ("", Size("GSM-7", 0, 0)),
    ("a" * 160, Size("GSM-7", 160, 1)),
    ("a" * 161, Size("GSM-7", 161, 2)),
    ("a" * 306, Size("GSM-7", 306, 2)),
    ("a" * 307, Size("GSM-7", 307, 3)),
    ("€" * 80, Size("GSM-7", 160, 1)),
    ("€" * 81, Size("GSM-7", 162, 2)),
    # an escape is not parted from its character: 76 of them and one unit unused in each part
    ("€" * 153, Size("GSM-7", 306, 3)),
    ("à la carte", Size("GSM-7", 10, 1)),
    ("â", Size("UCS-2", 1, 1)),
    ("字" * 70, Size("UCS-2", 70, 1)),
    ("字" * 71, Size("UCS-2", 71, 2)),
    ("字" * 134, Size("UCS-2", 134, 2)),
    ("字" * 135, Size("UCS-2", 135, 3)),
    ("😀" * 35, Size("UCS-2", 70, 1)),
    ("😀" * 36, Size("UCS-2", 72, 2)),
    # nor an emoji: 33 in each part of 67
    ("😀" * 67, Size("UCS-2", 134, 3)),
    ("😀" * 1600, Size("UCS-2", 3200, 49)),
    ("a" * 159 + "字", Size("UCS-2", 160, 3)),
]


@pytest.mark.parametrize(("text", "expected"), SIZES, ids=[f"{len(text)}{text[:1]}" for text, _ in SIZES])
def test_size(text: str, expected: Size) -> None:
    assert size(text) == expected


def test_the_alphabet_is_whole() -> None:
    assert len(ALPHABET) == 127  # 128 less the escape
    assert len(EXTENSION) == 10
    assert not ALPHABET & EXTENSION


NUMBER = "0935-2212345"
CUTS = [
    ("字" * 40 + "。" + "词" * 40 + "。", "字" * 40 + "。"),
    ("字" * 40 + "，" + "词" * 40, "字" * 40 + "，"),
    ("字" * 60 + NUMBER + "词" * 20, "字" * 60),
    ("字" * 60 + "3000元" + "词" * 20, "字" * 60 + "3000元" + "词" * 5),
    ("字" * 67 + "8:30-17:00上班", "字" * 67),
    # an end that would waste most of the message is none
    ("好。" + "字" * 100, "好。" + "字" * 68),
    ("字" * 69 + "👨‍👩‍👧", "字" * 69),
]


@pytest.mark.parametrize(("text", "head"), CUTS)
def test_cut(text: str, head: str) -> None:
    assert cut(text, 1) == (head, text[len(head) :])


def test_a_number_longer_than_a_message_is_broken_after_all() -> None:
    head, rest = cut("7" * 1_000_000, 3)
    assert len(head) == 459
    assert len(head) + len(rest) == 1_000_000


WRITING = st.text(st.sampled_from("字词。，！ \n0123456789-.:abcZ€😀👨\u200d👩\ufe0f"), max_size=700)


@given(WRITING, st.integers(1, 3))
def test_a_cut_fits_loses_nothing_and_goes_on(text: str, parts: int) -> None:
    head, rest = cut(text, parts)
    assert size(head).parts <= parts
    assert "".join((head + rest).split()) == "".join(text.split())
    assert head or not text
    assert len(rest) < len(text) or not text


@given(
    st.lists(st.sampled_from(["字字字字字", "，", "。", NUMBER, "月薪3000元", " "]), max_size=120),
    st.integers(1, 3),
)
def test_no_number_is_ever_cut(pieces: list[str], parts: int) -> None:
    # a word between them: two numbers side by side are one to anybody
    text = re.sub(f"({NUMBER})(?={NUMBER})", r"\1字", "".join(pieces))
    head, rest = cut(text, parts)
    if head + rest != text:
        return  # at a blank, which is no part of a number
    assert not (re.search(r"\d[-.:]?$", head) and re.match(r"[-.:]?\d", rest))
