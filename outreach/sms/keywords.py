"""What a text message means: opting out and in, or what the dialogue is to hear. Pure.

The words are the prompts' ``words`` and ``typed`` (pinyin initials among them); here are only the ways of writing a
key, and the words that the law and the carriers fix (docs/decisions/0009).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from outreach.dialogue.kinds import Menu
from outreach.dialogue.matching import Accept, Nothing, match
from outreach.dialogue.page import Dtmf, Heard, Mode, Pages, Utterance, Words
from outreach.dialogue.session import Session
from outreach.dialogue.sound import tokens
from outreach.dialogue.turn import MAIN
from outreach.dialogue.understand import KEYS, SPOKEN, Command, grammar

READ = 2000
"""Characters of a message that are looked at; carriers deliver up to 1,600."""
LONGEST = 80
"""Of what is taken for words: nobody names a choice at greater length, and matching costs with the square."""
DIGITS_AT_MOST = 40

OUT = frozenset(
    {"退订", "td", "t", "r", "回t", "回td", "回r", "回复t", "回复td", "回复r", "取消订阅", "拒收"}
    | {"不要再发", "不要再打", "不要再发了", "不要再打了", "别再发", "别再打", "别再发了", "别再打了"}
    | {"stop", "stopall", "unsubscribe", "optout", "revoke"}
)
"""After 通信短信息服务管理规定 art. 18 (whatever words the sender named), and Twilio's own list."""
IN = frozenset(["恢复", "恢复订阅", "重新订阅", "start", "unstop"])
AROUND = "请我要想吧了啊呀谢"
"""Said around an opt-out without changing it: 我要退订，谢谢."""

KEY = re.compile(r"(?:回复|回|选择|选|按|键)?([0-9]+|\*\*?|#)(?:号键|号|键|项)?[。.、,，!！]?")
NUMERALS = str.maketrans("零〇一二三四五六七八九", "00123456789")
UNCLEAR = Utterance("", unknown=True)
VOICE_ONLY = frozenset({Command.SLOWER, Command.FASTER, Command.TOGGLE})
"""Keys 1, 3 and 5 of a list change the sound: in writing they are a slip."""

HOUSE = frozenset({"home.more", "mine.menu", "mine.settings"})
"""Menus whose choices can be named from anywhere. A line's own menu is reached by the line's name."""

Subscription = Literal["out", "in"]


def tidy(body: str) -> str:
    """A message as it is read: full-width forms made plain, control characters dropped, blanks run together."""
    return _bare(unicodedata.normalize("NFKC", body[:READ]))


def subscription(text: str) -> Subscription | None:
    """Whether ``text`` (tidy) as a whole asks for no more messages, or for them again."""
    squeezed = re.sub(r"[\W_]+", "", text.lower())
    if squeezed in OUT or squeezed.strip(AROUND) in OUT:
        return "out"
    return "in" if squeezed in IN else None


def hears(body: str, session: Session, say: Words, pages: Pages) -> tuple[Heard, ...]:
    """What the dialogue is to hear, one after the other, for a message with any words in it."""
    text = tidy(body)
    if pressed := _pressed(text, session):
        return (pressed,)
    if not text.strip("?？"):
        return (Utterance(say.words("command.help")[0]),)
    if session.mode is Mode.RECORD:
        return (Utterance(_bare(body[:READ])),)  # instead of a recording: all, as it was written
    words = text[:LONGEST]
    if _among(words, say.words("sms.greeting")):
        return again(say)
    here = grammar(session, say)
    if session.mode is Mode.LISTEN and _among(words, say.words("sms.more")):
        return (Dtmf("6"),)
    if _among(words, here):
        return (Utterance(words),)
    return jump(words, say, pages, closely=_near(words, here)) or (Utterance(words),)


def opens(body: str, say: Words, pages: Pages) -> tuple[Heard, ...]:
    """What a first message says: a line's name or a command. A key means nothing yet, consent least of all."""
    commands = [word for command in SPOKEN for word in say.words(f"command.{command.value}")]
    words = tidy(body)[:LONGEST]
    return (Utterance(words),) if _among(words, commands) else jump(words, say, pages, closely=False)


def again(say: Words) -> tuple[Heard, ...]:
    """What brings the present screen once more, whatever it is."""
    return (Utterance(say.words("command.repeat")[0]),)


def jump(text: str, say: Words, pages: Pages, *, closely: bool) -> tuple[Heard, ...]:
    """The way from anywhere to a line of the main menu that ``text`` names; () when it names none.

    ``closely``: only when the text is nothing but its name.
    """
    doors = list(_doors(pages, say))
    for door in doors:
        if _among(text, door.words):
            return _way(door, say)
    if closely:
        return ()
    found = match(text, [(door, door.words) for door in doors], None)
    return _way(found.value, say) if isinstance(found, Accept) else ()


# --- Doors: the lines of the main menu, and of the menus behind it --------------------------------------------


@dataclass(frozen=True, slots=True)
class _Door:
    keys: tuple[str, ...]
    words: tuple[str, ...]


def _doors(pages: Pages, say: Words, menu: str = MAIN, keys: tuple[str, ...] = ()) -> Iterator[_Door]:
    page = pages[menu]
    assert isinstance(page, Menu), f"{menu} is a menu"
    for option in page.options:
        yield _Door((*keys, option.key), say.words(option.label))
    for option in page.options:
        if option.page in HOUSE:
            yield from _doors(pages, say, option.page, (*keys, option.key))


def _way(door: _Door, say: Words) -> tuple[Heard, ...]:
    return (Utterance(say.words("command.main")[0]), *(Dtmf(key) for key in door.keys))


# --- Keys and words -----------------------------------------------------------------------------------------


def _pressed(text: str, session: Session) -> Heard | None:
    tight = text.replace(" ", "")
    if session.mode is Mode.DIGITS:
        runs = re.findall(r"[0-9]+", tight.replace("-", ""))
        return Dtmf(runs[0][:DIGITS_AT_MOST]) if len(runs) == 1 else None
    found = KEY.fullmatch(tight) or KEY.fullmatch(tight.translate(NUMERALS))
    if found is None:
        return None
    key = found[1]
    offered = any(choice.key == key for choice in session.offered)
    return (
        UNCLEAR if not offered and KEYS[session.mode].get(key) in VOICE_ONLY else Dtmf(key[:DIGITS_AT_MOST])
    )


def _among(text: str, words: Iterable[str]) -> bool:
    written = tokens(text)
    return bool(written) and any(tokens(word) == written for word in words)


def _near(text: str, words: Iterable[str]) -> bool:
    return not isinstance(match(text, [(word, (word,)) for word in words], None), Nothing)


def _bare(text: str) -> str:
    kept = (" " if char.isspace() else char for char in text if char.isspace() or _visible(char))
    return " ".join("".join(kept).split())


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Cn")
