"""Screens as letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.dialogue.page import Phrase
from outreach.sms.letter import LETTERS, PARTS_EACH, letters, post, text, written
from outreach.sms.segments import size

REST = "后面还有，请打电话来听。"


def phrases(*texts: str) -> list[Phrase]:
    return [Phrase("test", said) for said in texts]


SPOKEN = [
    ("下一条，请按6。要这一条，请按2。", "下一条，请回复6。要这一条，请回复2。"),
    ("要挂断，请再按一次9。不挂，请按井号键。", "要挂断，请再回复一次9。不挂，请回复重听。"),
    ("找人工帮忙，请按0。请我们给您回电话，也请按0。", "找人工帮忙，请回复0。请我们给您回电话，也请回复0。"),
    ("请按您的电话号码。按完了，请按井号键。", "请回复您的电话号码。"),
    ("完了。返回，请按星号键。", "完了。回上一步，请回复返回。"),
    ("在主菜单按星号键，再按1。", "在主菜单回复返回，再回复1。"),
    ("甲店，招按摩师2名。", "甲店，招按摩师2名。"),
    ("For the next, press 6. To go back, press star.", "For the next, reply 6. To go back, reply BACK."),
    ("When it is all in, press hash.", "When it is all in, reply REPEAT."),
]


@pytest.mark.parametrize(("spoken", "expected"), SPOKEN)
def test_what_is_pressed_on_a_telephone_is_replied_here(spoken: str, expected: str) -> None:
    assert written(spoken) == expected


def test_choices_are_lines_and_prose_runs_on() -> None:
    said = phrases("好的。", "请选：", "1 招聘", "2 培训", "找人工，请按0。")
    assert text(said, ("1", "2")) == "好的。请选：\n1 招聘\n2 培训\n找人工，请回复0。"
    assert text(phrases("1 招聘", "再见。"), ()) == "1 招聘再见。"  # no choice is offered: no line
    assert text(phrases("Done.", "Goodbye."), ()) == "Done. Goodbye."
    assert text(phrases("", "好。", ""), ()) == "好。"
    assert text((), ()) == ""


def test_a_number_that_is_said_twice_is_written_once() -> None:
    assert text(phrases("电话0935-2212345。", "电话0935-2212345。", "好。"), ()) == "电话0935-2212345。好。"


def test_a_short_letter_is_one_signed_message() -> None:
    assert letters(phrases("好的。"), (), "残联", REST) == ("【残联】好的。",)


def test_a_long_letter_goes_on_in_numbered_messages() -> None:
    sentence = "凉州区康复按摩店招按摩师两名，电话0935-2212345，包吃住。"
    first, second = post(sentence * 9, "残联", REST)
    assert first.startswith("【残联】(1/2)凉州区")
    assert first.endswith("包吃住。")
    assert second.startswith("【残联】(2/2)凉州区")
    assert (first + second).count(sentence) == 9


def test_what_is_too_long_for_letters_says_where_the_rest_is() -> None:
    found = post("这是一句话。" * 500, "残联", REST)
    assert len(found) == LETTERS
    assert found[-1].endswith(f"这是一句话。{REST}")


@given(st.text(max_size=1500))
def test_every_message_is_signed_and_small_enough(body: str) -> None:
    found = post(body, "残联", REST)
    assert 1 <= len(found) <= LETTERS
    assert all(message.startswith("【残联】") and size(message).parts <= PARTS_EACH for message in found)
