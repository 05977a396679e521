"""Keys or words to a meaning: the key table of voice-interface.md, line by line; certainty; what was offered counts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.dialogue.page import (
    Choice,
    Dtmf,
    Heard,
    Hello,
    Mode,
    NoInput,
    Recorded,
    Returned,
    Utterance,
)
from outreach.dialogue.session import Frame, Pending, Session, dump, load
from outreach.dialogue.turn import yes_no
from outreach.dialogue.understand import (
    CERTAIN,
    CHOICE_KEYS,
    DOUBTFUL,
    KEYS,
    SPOKEN,
    Chosen,
    Command,
    Doubt,
    Meaning,
    Missed,
    grammar,
    understand,
)
from outreach.store.schema import COUNTIES
from tests.scenario import LANGUAGES

SAY = LANGUAGES["zh-CN"].bound[2, "voice"]
WRITTEN = LANGUAGES["zh-CN"].bound[2, "sms"]
ENGLISH = LANGUAGES["en"].bound[2, "sms"]
MENU = (Choice("1", "jobs", ("招聘", "找工作")), Choice("2", "training", ("培训",)))
UNCLEAR, SILENT = Missed(silent=False), Missed(silent=True)


def at(mode: Mode = Mode.MENU, offered: tuple[Choice, ...] = MENU) -> Session:
    return Session("call:1", frames=(Frame("home.menu"),), mode=mode, offered=offered)


# --- Keys ---------------------------------------------------------------------------------------------------

C = Command
TABLE = {
    #      menu         list or long text   while recording   digits (the field is empty for "*")
    "1": (UNCLEAR, C.SLOWER, UNCLEAR, Chosen("1")),
    "2": (UNCLEAR, UNCLEAR, UNCLEAR, Chosen("2")),
    "3": (UNCLEAR, C.FASTER, UNCLEAR, Chosen("3")),
    "4": (UNCLEAR, UNCLEAR, UNCLEAR, Chosen("4")),
    "5": (UNCLEAR, C.TOGGLE, UNCLEAR, Chosen("5")),
    "6": (UNCLEAR, UNCLEAR, UNCLEAR, Chosen("6")),
    "7": (UNCLEAR, UNCLEAR, UNCLEAR, Chosen("7")),
    "8": (UNCLEAR, UNCLEAR, UNCLEAR, Chosen("8")),
    "9": (C.LEAVE, C.LEAVE, C.LEAVE, Chosen("9")),
    "0": (C.PERSON, C.PERSON, C.PERSON, Chosen("0")),
    "*": (C.BACK, C.BACK, C.BACK, C.BACK),
    "**": (C.MAIN, C.MAIN, C.MAIN, None),  # two stars in a field of digits never get this far (ivr.call)
    "#": (C.REPEAT, C.REPEAT, C.REPEAT, None),  # ends the field: its digits come instead
    "": (UNCLEAR, UNCLEAR, UNCLEAR, UNCLEAR),  # a field that was ended empty
}
"""The key table, where a screen gives a key no meaning of its own."""

MODES = (Mode.MENU, Mode.LISTEN, Mode.RECORD, Mode.DIGITS)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("key", TABLE)
def test_the_key_table(key: str, mode: Mode) -> None:
    meaning = TABLE[key][MODES.index(mode)]
    if meaning is not None:
        assert understand(Dtmf(key), at(mode, ()), SAY) == meaning


def test_keys_for_choices_and_keys_for_commands_do_not_meet() -> None:
    for mode in Mode:
        assert not CHOICE_KEYS[mode] & KEYS[mode].keys()


def test_the_listening_keys_take_their_choices() -> None:
    offered = tuple(Choice(key, name) for key, name in zip("24678", "abcde", strict=True))
    heard = [understand(Dtmf(key), at(Mode.LISTEN, offered), SAY) for key in "24678"]
    assert heard == [Chosen(name) for name in "abcde"]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def offers(draw: st.DrawFn, mode: Mode) -> tuple[Choice, ...]:
    keys = draw(st.lists(st.sampled_from([*sorted(CHOICE_KEYS[mode]), ""]), unique=True, max_size=5))
    words = st.lists(st.text(min_size=1, max_size=6), max_size=3).map(tuple)
    return tuple(Choice(key, draw(values), draw(words)) for key in keys)


@given(st.data(), st.sampled_from([Mode.MENU, Mode.LISTEN, Mode.RECORD]))
def test_a_key_means_what_it_meant_when_it_was_offered(data: st.DataObject, mode: Mode) -> None:
    """The session alone decides, after it was stored and loaded: no page and no database is asked."""
    stored = load(dump(at(mode, data.draw(offers(mode)))))
    for choice in stored.offered:
        expected = Chosen(choice.value) if choice.key else UNCLEAR
        assert understand(Dtmf(choice.key), stored, SAY) == expected


# --- Digits written or said ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1", "１", " １。", "1.", "1，", "１！", "1?"])
def test_a_written_digit_is_a_key(text: str) -> None:
    assert understand(Utterance(text), at(), WRITTEN) == Chosen("jobs")


@pytest.mark.parametrize(
    ("text", "command"), [("0", C.PERSON), ("＊", C.BACK), ("#", C.REPEAT), ("＃", C.REPEAT)]
)
def test_a_written_command_key_is_one(text: str, command: Command) -> None:
    assert understand(Utterance(text), at(), WRITTEN) is command


def test_a_written_number_fills_a_field() -> None:
    assert understand(Utterance("１３８９３５００００１。"), at(Mode.DIGITS, ()), WRITTEN) == Chosen(
        "13893500001"
    )


@pytest.mark.parametrize("text", ["٣", "१", "٣" * 11, "1٣893500001"])
def test_digits_of_other_scripts_are_no_number(text: str) -> None:
    """They would be stored as a telephone number that nobody can dial."""
    assert understand(Utterance(text), at(Mode.DIGITS, ()), WRITTEN) == UNCLEAR


# --- Words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("command", SPOKEN)
def test_every_command_has_words_that_work_in_every_mode(command: Command, mode: Mode) -> None:
    for say in (SAY, WRITTEN, ENGLISH):
        for word in say.words(f"command.{command.value}"):
            assert understand(Utterance(word), at(mode, ()), say) is command, word


def test_the_words_of_the_design_are_all_known() -> None:
    words = ("帮助", "再说一遍", "重听", "返回", "主菜单", "退出", "再见", "停", "继续", "快一点", "慢一点")
    assert all(
        isinstance(understand(Utterance(word), at(), SAY), Command) for word in (*words, "人工", "我在哪里")
    )


@pytest.mark.parametrize(
    ("confidence", "choice", "command"),
    [
        (1.0, Chosen("jobs"), C.BACK),
        (CERTAIN, Chosen("jobs"), C.BACK),
        (CERTAIN - 0.01, Doubt("jobs", "招聘"), UNCLEAR),
        (DOUBTFUL, Doubt("jobs", "招聘"), UNCLEAR),
        (DOUBTFUL - 0.01, UNCLEAR, UNCLEAR),
        (0.0, UNCLEAR, UNCLEAR),
    ],
)
def test_how_certain_is_certain_enough(confidence: float, choice: Meaning, command: Meaning) -> None:
    assert understand(Utterance("找工作", confidence), at(), SAY) == choice
    assert understand(Utterance("返回", confidence), at(), SAY) == command


@pytest.mark.parametrize(
    ("text", "unknown", "meaning"),
    [
        ("", False, SILENT),  # a cough, a door
        ("", True, UNCLEAR),  # words, but none that were offered
        ("。", False, SILENT),
        ("番茄", False, UNCLEAR),
        ("不要招聘", False, UNCLEAR),
    ],
)
def test_what_is_no_answer(text: str, unknown: bool, meaning: Meaning) -> None:
    assert understand(Utterance(text, unknown=unknown), at(), SAY) == meaning


@pytest.mark.parametrize("word", ["对", "对的", "要", "好", "好的", "确定", "可以"])
def test_yes(word: str) -> None:
    assert understand(Utterance(word), at(offered=yes_no(SAY)), SAY) == Chosen(True)


@pytest.mark.parametrize("word", ["不对", "不要", "不好", "不用", "取消"])
def test_no(word: str) -> None:
    assert understand(Utterance(word), at(offered=yes_no(SAY)), SAY) == Chosen(False)


def test_shi_is_written_never_spoken() -> None:
    """是 is 四 in Liangzhou speech."""
    assert understand(Utterance("是"), at(offered=yes_no(SAY)), SAY) != Chosen(True)
    assert understand(Utterance("是"), at(offered=yes_no(WRITTEN)), WRITTEN) == Chosen(True)


def test_the_grammar_is_what_was_offered_and_the_commands() -> None:
    phrases = grammar(at(), SAY)
    assert phrases[:3] == ("招聘", "找工作", "培训")
    assert set(phrases) >= {"帮助", "返回", "人工"}
    assert len(set(phrases)) == len(phrases)


# --- Anything at all ----------------------------------------------------------------------------------------


def test_silence_and_what_was_left() -> None:
    message = Recorded("a.wav", 3)
    assert understand(NoInput(), at(), SAY) == SILENT
    assert understand(message, at(Mode.RECORD, ()), SAY) == Chosen(message)


@pytest.mark.parametrize(
    "text", ["停发工资两个月了", "老板不让我返回单位", "我要找人工说理", "转人工，没人理我"]
)
def test_words_of_a_written_message_are_no_commands(text: str) -> None:
    assert understand(Utterance(text), at(Mode.RECORD, ()), SAY) == Chosen(Utterance(text))


def test_a_command_that_stands_alone_is_none_of_the_message() -> None:
    assert understand(Utterance("返回"), at(Mode.RECORD, ()), SAY) is Command.BACK
    assert understand(Utterance("返回", 0.5), at(Mode.RECORD, ()), SAY) == Chosen(Utterance("返回", 0.5))


anything = st.one_of(
    st.builds(Dtmf, st.text(max_size=15) | st.text("0123456789*#ABCD", max_size=15)),
    st.builds(
        Utterance,
        st.text(max_size=40) | st.text("不要对招聘听再说一遍１2*# 的", max_size=12),
        st.floats(0, 1),
        st.booleans(),
    ),
    st.just(NoInput()),
    st.builds(Recorded, st.text(max_size=8), st.integers(0, 300)),
    st.builds(Returned, st.text(max_size=8)),
    st.builds(Hello, st.booleans(), st.booleans()),
)


SAYS = {"spoken": SAY, "written": WRITTEN, "English": ENGLISH}


@given(
    st.data(), anything, st.sampled_from(Mode), st.sampled_from([*COUNTIES, None, "nowhere"]), st.booleans()
)
def test_nothing_that_is_heard_can_break_it(
    data: st.DataObject, heard: Heard, mode: Mode, county: str | None, asked: bool
) -> None:
    say = SAYS[data.draw(st.sampled_from(sorted(SAYS)))]
    pending = Pending("jobs", "招聘") if asked else None
    frames = (Frame("home.menu"),)
    session = Session("call:1", frames=frames, mode=mode, offered=data.draw(offers(mode)), pending=pending)
    meaning = understand(heard, session, say, county)
    match meaning:
        case Doubt(value, _):
            assert _among(value, session)
        case Chosen(Recorded() | Returned()):
            assert isinstance(heard, Recorded | Returned)
        case Chosen(Utterance(text)):
            assert mode is Mode.RECORD
            assert isinstance(heard, Utterance)
            assert heard.text == text
        case Chosen(value):
            assert mode is Mode.DIGITS or _among(value, session)
        case Missed() | Command():
            pass


def _among(value: Any, session: Session) -> bool:
    return json.dumps(value) in [json.dumps(choice.value) for choice in session.offered]
