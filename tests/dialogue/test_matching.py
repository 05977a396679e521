"""What was meant, among what was offered: exact words, words inside words, sound, negation, accents."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.dialogue.accent import ACCENTS
from outreach.dialogue.matching import Accept, Match, Nothing, ReadBack, match, near_pairs
from outreach.dialogue.sound import distance, split, syllables, tokens
from outreach.store.schema import COUNTIES

MENU = [
    ("jobs", ("招聘", "找工作")),
    ("training", ("培训",)),
    ("bookings", ("预约", "预约按摩")),
    ("apply", ("报名",)),
    ("yes", ("对", "对的", "要")),
    ("no", ("不对", "不要")),
    ("repeat", ("再说一遍", "重听")),
    ("next", ("下一条", "next")),
    ("previous", ("上一条",)),
    ("stop", ("停",)),
    ("main", ("主菜单", "Main Menu")),
]


def meant(text: str, county: str | None = None) -> Match:
    return match(text, MENU, county)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("招聘", "jobs"),
        (" 招聘。", "jobs"),
        ("我想听招聘", "jobs"),
        ("请帮我报名", "apply"),
        ("有没有招聘", "jobs"),
        ("不好意思，再说一遍", "repeat"),
        ("嗯对", "yes"),
        ("对对对", "yes"),
        ("不对", "no"),
        ("不要", "no"),
        ("不要报名", "no"),
        ("MAIN menu", "main"),
        ("ＮＥＸＴ", "next"),
        ("预约按摩", "bookings"),
    ],
)
def test_words_and_words_inside_words_are_accepted(text: str, value: str) -> None:
    assert meant(text) == Accept(value)


@pytest.mark.parametrize("text", ["别报名", "我不想报名", "不报名", "我没有说招聘", "don't next", "不停"])
def test_a_negated_word_is_never_that_word(text: str) -> None:
    assert meant(text) == Nothing()


def test_without_no_on_offer_not_yes_is_nothing() -> None:
    assert match("不对", [("yes", ("对",))], None) == Nothing()
    assert match("对不起", [("yes", ("对",))], None) == Nothing()


def test_yes_is_not_taken_for_no_by_sound() -> None:
    assert match("报名", [("no", ("不报名",))], None) == Nothing()
    assert match("部队", [("no", ("不对",)), ("yes", ("对",))], None) == Accept("no")


@pytest.mark.parametrize("text", ["停车场在哪里", "面对面", "今天天气好", "", "…", "[unk]", "yes", "你好"])
def test_other_words_are_nothing(text: str) -> None:
    assert meant(text) == Nothing()


def test_two_choices_in_one_sentence_are_read_back() -> None:
    assert meant("招聘和培训") == ReadBack("training", "培训")
    assert meant("招聘不要") == ReadBack("no", "不要")


@pytest.mark.parametrize(
    ("text", "value"),
    [("找品", "jobs"), ("招品", "jobs"), ("我想听找品", "jobs"), ("陪训", "training"), ("虫听", "repeat")],
)
def test_the_same_sounds_in_other_characters_are_accepted(text: str, value: str) -> None:
    assert meant(text) == Accept(value)


def test_a_near_miss_that_could_be_two_things_is_read_back() -> None:
    offered = [("a", ("上一条",)), ("b", ("下一条",))]
    assert match("想一条", offered, "minqin") == ReadBack("b", "下一条")


@pytest.mark.parametrize(
    ("county", "heard", "said"),
    [
        ("liangzhou", "星", "心"),  # in ~ ing
        ("liangzhou", "孙", "松"),  # un ~ ong
        ("liangzhou", "桑", "三"),  # an ~ ang
        ("liangzhou", "是", "四"),  # the whole syllable
        ("liangzhou", "云", "用"),  # ün ~ iong
        ("minqin", "代", "但"),  # an ~ ai
        ("minqin", "南", "兰"),  # n ~ l
        ("minqin", "低", "资"),  # di ~ zi
        ("minqin", "倍", "变"),  # bei ~ bian
        ("minqin", "地", "指"),  # di and zhi both like zi
        ("gulang", "天", "贴"),  # ian ~ ie
        ("gulang", "元", "月"),  # üan ~ üe
        ("gulang", "暗", "干"),  # an ~ gan
        ("gulang", "吃", "次"),  # chi ~ ci
        ("tianzhu", "真", "正"),  # en ~ eng
    ],
)
def test_what_merges_in_a_county_is_near_there(county: str, heard: str, said: str) -> None:
    assert distance((heard,), (said,), county) <= 0.2


@pytest.mark.parametrize(
    ("county", "heard", "said"),
    [
        ("gulang", "心", "星"),
        ("minqin", "三", "桑"),
        ("tianzhu", "但", "当"),
        ("liangzhou", "南", "兰"),
        ("tianzhu", "天", "贴"),
        ("gulang", "低", "资"),
    ],
)
def test_what_does_not_merge_there_is_not(county: str, heard: str, said: str) -> None:
    assert distance((heard,), (said,), county) >= 0.5


def test_colloquial_readings_are_known_where_they_are_used() -> None:
    assert distance(tokens("哈一条"), tokens("下一条"), "minqin") == 0
    assert distance(tokens("该上"), tokens("街上"), "gulang") == 0
    assert distance(tokens("该上"), tokens("街上"), "tianzhu") >= 0.25


def test_accents_are_those_of_the_counties_we_serve() -> None:
    assert set(ACCENTS) == set(COUNTIES)


def test_menu_words_that_sound_alike_are_found() -> None:
    assert near_pairs(["北京", "背景", "招聘"]) == [("北京", "背景", 0.0)]
    assert near_pairs(["是", "四", "对"], "liangzhou") == [("是", "四", 0.1)]
    assert near_pairs(["三", "桑"], "tianzhu") == []
    assert near_pairs(["三", "桑"]) == [("三", "桑", 0.1)]


def test_our_commands_do_not_sound_alike_to_anyone() -> None:
    commands = (
        "帮助 再说一遍 重听 返回 主菜单 退出 再见 停 继续 下一条 上一条 快一点 慢一点 人工 我在哪里 对 不对"
    )
    assert near_pairs(commands.split()) == []


def test_our_words_are_read_as_we_say_them() -> None:
    assert (
        " ".join(syllables(tokens("我要重听天祝藏族的音乐")))
        == "wo yao chong ting tian zhu zang zu de yin yue"
    )


@pytest.mark.parametrize(
    ("syllable", "parts"),
    [
        ("zhao", ("zh", "ao")), ("yan", ("", "ian")), ("yue", ("", "ve")), ("jun", ("j", "vn")),
        ("xue", ("x", "ve")), ("lv", ("l", "v")), ("gui", ("g", "uei")), ("wen", ("", "uen")),
        ("er", ("", "er")), ("ang", ("", "ang")),
    ],
)  # fmt: skip
def test_syllables_are_split_as_hanyu_pinyin_means_them(syllable: str, parts: tuple[str, str]) -> None:
    assert split(syllable) == parts


@given(st.text(max_size=30), st.sampled_from([None, *COUNTIES, "elsewhere"]))
def test_any_text_has_an_answer_and_exact_words_are_always_accepted(text: str, county: str | None) -> None:
    match(text, MENU, county)
    for value, phrases in MENU:
        assert match(phrases[0], MENU, county) == Accept(value)


def test_pinyin_costs_no_phrase_dictionaries() -> None:
    code = (
        "import sys; from outreach.dialogue.matching import match; match('找品', [(1, ['招聘'])], None);"
        "print(any(name.startswith('pypinyin') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
