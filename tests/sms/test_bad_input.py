"""What nobody should send, at every kind of question: a clear small answer, nothing done by it, nothing lost."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from outreach.delivery import sending
from outreach.dialogue.page import Phrase
from outreach.sms import letter
from outreach.sms.segments import size
from outreach.store.schema import applications, deliveries, sessions, tasks
from outreach.store.tables.community import cases
from outreach.wire import Report
from tests.sms.test_inbound import ODD, House, house

__all__ = ["house"]

PLACES: dict[str, tuple[str, ...]] = {
    "a menu": ("主菜单",),
    "a list": ("招聘",),
    "a confirmation": ("招聘", "2"),
    "a recording": ("维权", "2", "2"),
    "digits": ("维权", "3", "1"),
}
"""How to get there, from the opening below."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_odd_messages_do_nothing_at_any_question(house: House, place: str, body: str) -> None:
    person = house.keep()
    house.opening()
    for step in ("你好", *PLACES[place]):
        house.receive(step)
    answers = house.receive(body)
    assert answers, "everybody is answered"
    assert all(size(answer).parts <= 3 for answer in answers)
    if place == "a recording":  # a message there is the report itself, whatever is in it
        return
    for table in (applications, cases, tasks):
        assert house.read(select(func.count()).select_from(table)) == [0], table.name
    assert house.read(select(sessions.c.person_id)) == [person]


def test_a_place_is_kept_for_days_and_what_was_offered_with_it(house: House) -> None:
    house.keep()
    house.opening()
    house.receive("招聘")
    house.now += timedelta(days=6)
    assert "您要报名" in "".join(house.receive("2"))
    house.now += timedelta(days=23)
    house.receive("1")
    assert house.read(select(func.count()).select_from(applications)) == [0], "the opening is gone by then"


def test_another_persons_case_number_opens_nothing(house: House) -> None:
    """A number read off somebody's screen: without their PIN, the same words as for one that there is not."""
    house.keep()
    for step in ("你好", "维权", "2", "2"):
        house.receive(step)
    told = "".join(house.receive("老板停发工资两个月"))
    found = re.search(r"案号：(\d{8})", told)
    assert found, told
    thief = "+8613993500009"
    for step in ("你好", "1", "维权", "3", "1"):
        house.receive(step, sender=thief)
    answers = []
    for number in (found[1], "10000001"):
        house.receive(number, sender=thief)
        answers.append("".join(house.receive("0000", sender=thief)))
    assert answers[0] == answers[1]
    assert "对不上" in answers[0]
    assert "工资" not in answers[0]


# --- Reports ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delivery_id", [0, -1, 404, 2**31 - 1])
def test_a_report_of_what_is_not_in_the_ledger_changes_nothing(house: House, delivery_id: int) -> None:
    house.keep()
    house.receive("你好")
    before = house.read(select(deliveries.c.state))
    report = Report(delivery_id, 1, "SM" + "1" * 32, "delivered")
    assert not house.database.write_now(lambda db: sending.take_report(db, report, house.now))
    assert house.read(select(deliveries.c.state)) == before


# --- Letters ----------------------------------------------------------------------------------------------------

SENTENCE = st.sampled_from(
    [
        "月薪4500元，包吃住。",
        "电话0935-2212345。",
        "上午9:00到12:00。",
        "请按时来。",
        "工期到2027.3.15为止。",
        "In 25 days.",
    ]
)


@given(st.lists(SENTENCE, min_size=1, max_size=90))
def test_letters_are_cut_where_sentences_end(sentences: Sequence[str]) -> None:
    phrases = tuple(Phrase("test", sentence) for sentence in sentences)
    rest = "后面还有，请打电话来听。"
    letters = letter.letters(phrases, (), "残联", rest)
    bodies = [re.sub(r"^【残联】(\(\d/\d\))?", "", text) for text in letters]
    assert 1 <= len(letters) <= letter.LETTERS
    assert all(size(text).parts <= letter.PARTS_EACH for text in letters)
    assert all(re.search(r"[。.]$", body) for body in bodies)
    whole = letter.text(phrases, ())
    said = "".join("".join(bodies).split()).removesuffix(rest)
    assert "".join(whole.split()).startswith(said)
    if not bodies[-1].endswith(rest):
        assert said == "".join(whole.split())
