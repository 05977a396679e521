"""Ugly cells: each is read, mended with words, or refused with words. None is run, none is lost silently."""

import json
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.exchange import cells
from outreach.exchange.fields import PARTS
from outreach.exchange.reading import Broken, Cell, Formula, Nested, Read, Refused
from outreach.exchange.targets import TARGETS
from outreach.exchange.understanding import spelt
from outreach.exchange.words import SENTENCES, say

TODAY = date(2026, 11, 24)


def read(where: str, cell: Cell) -> Read | Refused:
    target, name = where.split(".")
    return cells.read(cell, TARGETS[target].field(name), TODAY)


DATE, PHONE, DIALLED, NAME = "training.starts_on", "people.phone", "openings.phone", "people.name"
COUNTY, CLOCK, NUMBER, YES = "people.county", "training.begins", "openings.places", "providers.visits"


@pytest.mark.parametrize(
    ("where", "cell", "value"),
    [
        (DATE, "2026/3/5", "2026-03-05"),
        (DATE, "2026-3-5", "2026-03-05"),
        (DATE, "2026年3月5日", "2026-03-05"),
        (DATE, "20260305", "2026-03-05"),
        (DATE, "2026-03-05 00:00:00", "2026-03-05"),
        (DATE, datetime(2026, 3, 5, tzinfo=UTC), "2026-03-05"),
        (DATE, date(2026, 3, 5), "2026-03-05"),
        (PHONE, "13993500001", "+8613993500001"),
        (PHONE, 13993500001, "+8613993500001"),
        (PHONE, 13993500001.0, "+8613993500001"),
        (PHONE, "+86 139-9350-0001", "+8613993500001"),
        (PHONE, "0935-2212345", "+869352212345"),
        (PHONE, "(0935) 221 2345", "+869352212345"),
        (PHONE, "+1 415 555 2671", "+14155552671"),
        (DIALLED, "12385", "12385"),
        (DIALLED, "+86 935 221 2345", "0935-2212345"),
        (DIALLED, "139 9350 0001", "13993500001"),
        (DIALLED, "400-123-4567", "4001234567"),
        (NAME, "<script>alert(1)</script>", "<script>alert(1)</script>"),
        (NAME, "王😀", "王😀"),
        (NAME, "卓玛·才让", "卓玛·才让"),
        (NAME, "John  Smith", "John Smith"),
        (NAME, "'=1+1", "=1+1"),
        (NAME, "''=1+1", "'=1+1"),
        (NAME, "　", None),
        (NAME, "—", None),
        (NAME, None, None),
        (COUNTY, "凉州", "liangzhou"),
        (COUNTY, "Tianzhu", "tianzhu"),
        (COUNTY, 620621, "minqin"),
        (CLOCK, "8:30", "08:30"),
        (CLOCK, time(9, 30), "09:30"),
        (NUMBER, 3, 3),
        (NUMBER, "3", 3),
        (YES, "是", True),
        (YES, "无", False),
        (YES, True, True),
    ],
)
def test_read_as_it_is(where: str, cell: Cell, value: object) -> None:
    found = read(where, cell)
    assert isinstance(found, Read), found
    assert found.value == value


@pytest.mark.parametrize(
    ("where", "cell", "value", "remark"),
    [
        (DATE, "三月五日", "2027-03-05", "year_guessed"),
        (DATE, "10月10日", "2026-10-10", "year_guessed"),
        (DATE, "二〇二六年三月二十五日", "2026-03-25", "mended"),
        (DATE, "25/3/2026", "2026-03-25", "mended"),
        (DATE, "２０２６．３．５", "2026-03-05", "mended"),
        (DATE, "26年3月5日", "2026-03-05", "mended"),
        (DATE, 45990, "2025-11-29", "serial"),
        (DATE, "45990", "2025-11-29", "serial"),
        (PHONE, "139 9350 0001", "+8613993500001", "mended"),
        (PHONE, "１３９９３５０００１２", "+8613993500012", "mended"),
        (PHONE, "1.3993500001E+10", "+8613993500001", "mended"),
        (PHONE, "2212345", "+869352212345", "area_added"),
        (NAME, "张 三", "张三", "mended"),
        (NAME, '="0935"', "0935", "formula_result"),
        (NAME, Formula("=A1", "李四"), "李四", "formula_result"),
        (COUNTY, "梁州区", "liangzhou", "sounds_like"),
        (COUNTY, "甘肃省武威市民勤县三雷镇", "minqin", "mended"),
        (CLOCK, "下午2点半", "14:30", "mended"),
        (CLOCK, "9点一刻", "09:15", "mended"),
        (CLOCK, "2:30 PM", "14:30", "mended"),
        (CLOCK, 0.375, "09:00", "mended"),
        (NUMBER, "3名", 3, "mended"),
        (NUMBER, "十二人", 12, "mended"),
        (NUMBER, "1,000", 1000, "mended"),
        (NUMBER, Formula("=SUM(B1:B3)", 12), 12, "formula_result"),
    ],
)
def test_mended_and_said(where: str, cell: Cell, value: object, remark: str) -> None:
    found = read(where, cell)
    assert isinstance(found, Read), found
    assert found.value == value
    assert found.remark
    assert found.remark.code == remark
    assert say(found.remark) != say(found.remark, "en")


@pytest.mark.parametrize(
    ("where", "cell", "why"),
    [
        (DATE, "2026-02-30", "date_missing"),
        (DATE, "2月30日", "date_missing"),
        (DATE, "3/5/2026", "date_two_ways"),
        (DATE, "明天", "date_wrong"),
        (DATE, 7, "date_wrong"),
        (PHONE, "1.38E+10", "digits_lost"),
        (PHONE, "1.3993500E+10", "digits_lost"),
        (PHONE, "139935000", "phone_wrong"),
        (PHONE, "12385", "phone_wrong"),
        (PHONE, "张三的手机", "phone_wrong"),
        (PHONE, "13993500001/13993500002", "phone_several"),
        (PHONE, Formula('=HYPERLINK("http://x")'), "formula"),
        (PHONE, Broken("#N/A"), "broken"),
        (NAME, "=cmd|' /C calc'!A0", "formula"),
        (NAME, "＝1+1", "formula"),
        (NAME, Formula("=A1", Broken("#REF!")), "formula"),  # type: ignore[arg-type]
        (NAME, Nested(), "nested"),
        (NAME, "长" * 81, "too_long"),
        (COUNTY, "兰州", "choice_wrong"),
        (COUNTY, "凉州区民勤县", "choice_wrong"),
        (CLOCK, "25:00", "clock_wrong"),
        (NUMBER, "若干", "number_wrong"),
        (NUMBER, "1.5", "number_wrong"),
        (NUMBER, "0", "number_range"),
        (NUMBER, "1.2E+4", "digits_lost"),
        (YES, "大概", "yes_no_wrong"),
    ],
)
def test_refused_with_why(where: str, cell: Cell, why: str) -> None:
    found = read(where, cell)
    assert isinstance(found, Refused), found
    assert found.why.code == why
    assert say(found.why) != say(found.why, "en")


@pytest.mark.parametrize(
    ("where", "cell", "value"),
    [
        (
            "providers.services",
            "推拿 60分钟 80元；足疗45分钟，60元",
            [["推拿", 60, "80元"], ["足疗", 45, "60元"]],
        ),
        ("providers.services", "推拿 60分钟", [["推拿", 60, ""]]),
        ("providers.practitioners", "王师傅、李 师傅", ["王师傅", "李师傅"]),
        ("providers.hours", "周六 9点-12点", [[6, "09:00", "12:00"]]),
        ("providers.hours", "周一、周三 9:00-10:00", [[1, "09:00", "10:00"], [3, "09:00", "10:00"]]),
        ("providers.hours", "每天 9:00-21:00", [[day, "09:00", "21:00"] for day in range(1, 8)]),
        (
            "providers.hours",
            "周一至周二 08:30-12:00,14:30-18:00",
            [[day, *span] for day in (1, 2) for span in (("08:30", "12:00"), ("14:30", "18:00"))],
        ),
        ("rounds.papers", "身份证（复印件两份）；照片", [["身份证", "复印件两份"], ["照片", ""]]),
        ("rounds.rules", "从业满四年。\n无事故。", ["从业满四年。", "无事故。"]),
    ],
)
def test_several_things_in_a_cell(where: str, cell: str, value: object) -> None:
    found = read(where, cell)
    assert isinstance(found, Read), found
    assert found.value == value
    target, name = where.split(".")
    field = TARGETS[target].field(name)
    again = read(where, spelt(field, found.value))
    assert isinstance(again, Read)
    assert again.value == value


@pytest.mark.parametrize("cell", ["推拿", "推拿 50分钟", "；".join(f"项目{n} 30分钟" for n in range(6))])
def test_services_that_cannot_be_booked(cell: str) -> None:
    assert isinstance(read("providers.services", cell), Refused)


@pytest.mark.parametrize("cell", ["随时", "周一 12:00-9:00", "周一 9:00-12:00；周一 10:00-11:00"])
def test_hours_that_cannot_be(cell: str) -> None:
    assert isinstance(read("providers.hours", cell), Refused)


ANYTHING = (
    st.none()
    | st.text(max_size=40)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.builds(Formula, st.text(), st.none() | st.text() | st.floats())
)
FIELDS = [(target.name, field.name) for target in TARGETS.values() for field in target.fields]


@given(ANYTHING, st.sampled_from(FIELDS))
def test_no_cell_is_beyond_words(cell: Cell, where: tuple[str, str]) -> None:
    found = cells.read(cell, TARGETS[where[0]].field(where[1]), TODAY)
    said = found.why if isinstance(found, Refused) else found.remark
    if said:
        assert say(said)
        assert say(said, "en")
    if isinstance(found, Read):
        json.dumps(found.value, allow_nan=False)


@given(ANYTHING, st.sampled_from(FIELDS))
def test_what_was_read_is_read_again_from_its_spelling(cell: Cell, where: tuple[str, str]) -> None:
    field = TARGETS[where[0]].field(where[1])
    found = cells.read(cell, field, TODAY)
    if isinstance(found, Refused) or found.value is None:
        return
    text = spelt(field, found.value)
    if text.lstrip("'").startswith(tuple("=＝")) and field.kind not in PARTS:
        text = f"'{text}"
    again = cells.read(text, field, TODAY)
    assert isinstance(again, Read), (found, again)
    assert again.value == found.value


def test_every_sentence_is_there_in_both_languages() -> None:
    for code, (chinese, english) in SENTENCES.items():
        assert chinese, code
        assert english.isascii() or "“" in english or "周" in english, code
