"""What text messages mean, whatever they are written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.dialogue.page import Choice, Dtmf, Heard, Mode, Utterance
from outreach.dialogue.session import Frame, Session
from outreach.dialogue.turn import MAIN
from outreach.services.registry import all_pages
from outreach.sms.keywords import LONGEST, UNCLEAR, hears, opens, subscription, tidy
from tests.scenario import LANGUAGES

PAGES = all_pages()
SAY = LANGUAGES["zh-CN"].bound[2, "sms"]
MENU = Session(
    "test",
    frames=(Frame(MAIN),),
    offered=(Choice("1", 0, ("招聘", "找工作")), Choice("2", 1, ("培训",))),
)
LIST = Session(
    "test", mode=Mode.LISTEN, offered=(Choice("2", "take", ("报名",)), Choice("6", "next", ("下一条",)))
)
DIGITS = Session("test", mode=Mode.DIGITS)
MESSAGE = Session("test", mode=Mode.RECORD)
HOME = Utterance("主菜单")


def said(body: str, session: Session = MENU) -> tuple[Heard, ...]:
    return hears(body, session, SAY, PAGES)


@pytest.mark.parametrize(
    "body",
    [
        "退订",
        "TD",
        "td",
        "ＴＤ",
        "T",
        "t。",
        "回T",
        "回复ＴＤ",
        "R",
        "STOP",
        "Stop!",
        "UNSUBSCRIBE",
        "退订！！",
        "请不要再发了",
        "取消订阅",
        "退\u200b订",
        "【退订】",
        "我要退订，谢谢",
        "Unsubscribe\r\n",
    ],
)
def test_out(body: str) -> None:
    assert subscription(tidy(body)) == "out"


@pytest.mark.parametrize("body", ["恢复", "START", "ｓｔａｒｔ", "重新订阅", "恢复。"])
def test_in(body: str) -> None:
    assert subscription(tidy(body)) == "in"


@pytest.mark.parametrize(
    "body", ["不退订", "退订是什么意思", "恢复正常", "停", "TT", "to", "2", "", "😀", "怎么退订培训"]
)
def test_neither(body: str) -> None:
    assert subscription(tidy(body)) is None


@pytest.mark.parametrize(
    "body", ["1", "１", "①", "1.", "1。", "回复1", "回复 1", "选１", "按1", "一", "选一", "1号键", "\t1\n"]
)
def test_a_key_however_it_is_written(body: str) -> None:
    assert said(body) == (Dtmf("1"),)


@pytest.mark.parametrize(
    ("body", "session", "heard"),
    [
        ("招聘", MENU, (Utterance("招聘"),)),  # offered here
        ("政策", MENU, (HOME, Dtmf("5"), Dtmf("1"))),  # one menu behind
        ("招聘", LIST, (HOME, Dtmf("1"))),
        ("zp", LIST, (HOME, Dtmf("1"))),
        ("ＹＹ", LIST, (HOME, Dtmf("3"))),
        ("ZC", LIST, (HOME, Dtmf("4"))),
        ("隐私", LIST, (HOME, Dtmf("5"), Dtmf("5"), Dtmf("5"))),
        ("我想看看招聘", LIST, (HOME, Dtmf("1"))),
        ("我要报名", LIST, (Utterance("我要报名"),)),  # near what is offered here: this is what is meant
        ("报名招聘", LIST, (Utterance("报名招聘"),)),
        ("返回", LIST, (Utterance("返回"),)),
        ("？？", LIST, (Utterance("帮助"),)),
        ("更多", LIST, (Dtmf("6"),)),
        ("继续", LIST, (Dtmf("6"),)),
        ("更多", MENU, (HOME, Dtmf("5"))),
        ("1", LIST, (UNCLEAR,)),
        ("３", LIST, (UNCLEAR,)),
        ("六", LIST, (Dtmf("6"),)),
        ("0", LIST, (Dtmf("0"),)),
        ("*", LIST, (Dtmf("*"),)),
        ("139 9350-0001", DIGITS, (Dtmf("13993500001"),)),
        ("我的号码是１３９９３５００００１", DIGITS, (Dtmf("13993500001"),)),
        ("返回", DIGITS, (Utterance("返回"),)),
        ("老板欠薪，\n不让我返回单位！", MESSAGE, (Utterance("老板欠薪， 不让我返回单位！"),)),
        ("招聘", MESSAGE, (Utterance("招聘"),)),
        ("你好！", MENU, (Utterance("再说一遍"),)),
        ("番茄", MENU, (Utterance("番茄"),)),
    ],
)
def test_what_is_meant(body: str, session: Session, heard: tuple[Heard, ...]) -> None:
    assert said(body, session) == heard


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("1", ()),
        ("好", ()),
        ("同意", ()),
        ("你好", ()),
        ("ZP", (HOME, Dtmf("1"))),
        ("我想找工作", (HOME, Dtmf("1"))),
        ("人工", (Utterance("人工"),)),
    ],
)
def test_a_first_message_agrees_to_nothing(body: str, heard: tuple[Heard, ...]) -> None:
    assert opens(body, SAY, PAGES) == heard


@pytest.mark.parametrize("session", [MENU, LIST, DIGITS])
@pytest.mark.parametrize(
    "body", ["😀" * 1600, "7" * 1_000_000, "我" * 800 + "招" + "我" * 800, "ﷺ" * 1600, "a\u0301" * 900]
)
def test_what_is_far_too_long_is_cut_down(body: str, session: Session) -> None:
    assert all(
        len(heard.keys if isinstance(heard, Dtmf) else heard.text) <= LONGEST
        for heard in said(body, session)
        if isinstance(heard, Dtmf | Utterance)
    )


@given(st.text(max_size=300), st.sampled_from([MENU, LIST, DIGITS]))
def test_every_message_means_something(body: str, session: Session) -> None:
    text = tidy(body)
    assert text == tidy(text)
    assert text.isprintable()
    if text:
        assert said(body, session)
