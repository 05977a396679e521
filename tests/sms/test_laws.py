"""What every letter must be, whatever page it shows: held against every screen that keys lead to."""

import re
from functools import cache

from outreach.dialogue.page import Phrase
from outreach.services.registry import all_pages
from outreach.sms import letter
from outreach.sms.keywords import _doors, subscription, tidy
from outreach.sms.segments import size
from tests.dialogue.test_turn import CALLERS
from tests.scenario import LANGUAGES

PAGES = all_pages()
PRESSING = re.compile(r"按(?:一次)?\d|星号键|井号键|嘀|\bpress\b|\bstar\b|\bhash\b")

STEPS = (
    "1",
    "6",
    "2",
    "1",
    "*",
    "**",
    "5",
    "4",
    "3",
    "*",
    "2",
    "**",
    "5",
    "5",
    "3",
    "1",
    "*",
    "2",
    "**",
    "2",
    "1",
    "2",
)


@cache
def shown() -> tuple[tuple[str, str, tuple[Phrase, ...], tuple[str, ...]], ...]:
    """Page, language, phrases and keys of the first screens behind each caller's greeting, as letters have them."""
    found = {}
    for name, caller in CALLERS.items():
        if "anonymous" in name or "landline" in name:
            continue
        for path in (
            (),
            ("更多", "more"),
            ("招聘", "jobs"),
            ("帮助", "help"),
            ("番茄", "tomato"),
            ("人工", "person"),
        ):
            talk = caller.rings()
            for body in path[:1] if "English" not in name else path[1:]:
                talk.write(body)
            for body in STEPS:
                talk.write(body)
                assert talk.spoken is not None
                reply = talk.spoken.reply
                keys = tuple(choice.key for choice in reply.session.offered)
                found[reply.session.top.page, reply.session.language, reply.phrases] = keys
    return tuple((page, language, phrases, keys) for (page, language, phrases), keys in found.items())


def test_enough_is_looked_at() -> None:
    assert len({page for page, *_ in shown()}) >= 12


def test_no_letter_speaks_of_pressing() -> None:
    letters = {(page, letter.text(phrases, keys)) for page, _, phrases, keys in shown()}
    assert [found for found in letters if PRESSING.search(found[1])] == []


def test_every_letter_is_small_and_says_something() -> None:
    for page, _, phrases, keys in shown():
        messages = letter.letters(phrases, keys, "武威市残联", "后面还有，请打电话来听。")
        assert all(size(message).parts <= letter.PARTS_EACH for message in messages), page
        assert re.search(r"\w", letter.text(phrases, keys)), page


def test_no_prompt_of_a_letter_speaks_of_pressing() -> None:
    wordings = (
        (language, prompt.key, letter.written(prompt.wording(2, "sms")))
        for language, prompts in LANGUAGES.items()
        for prompt in prompts.entries.values()
    )
    assert [found for found in wordings if PRESSING.search(found[2])] == []


def test_no_keyword_opts_out() -> None:
    """But what opts out where it is offered: on the privacy page, in a call of ours; and the pause of a call."""
    for prompts in LANGUAGES.values():
        words = {word for prompt in prompts.entries.values() for word in (*prompt.words, *prompt.typed)}
        assert {word for word in words if subscription(tidy(word))} <= {
            "退订",
            "不要再打",
            "unsubscribe",
            "stop",
        }


def test_two_lines_share_no_keyword_but_where_it_is_known() -> None:
    """ZC is 职称, which is in the main menu, unless 政策 is on the page; the first that is found counts."""
    for language, prompts in LANGUAGES.items():
        doors = list(_doors(PAGES, prompts.bound[2, "sms"]))
        words = [word.lower() for door in doors for word in door.words]
        twice = {word for word in words if words.count(word) > 1}
        assert twice <= {"zc"}, (language, twice)
