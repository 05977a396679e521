"""The laws of voice-interface.md, held against every prompt as written and every screen that can be reached.

The screens come from a walk over keys, breadth first, from the greeting: several callers, both languages, every
branch tried from the same state of the database. A law that fails names the keys that lead to the breach.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, combinations

import pytest

from outreach.config import PROJECT
from outreach.dialogue.kinds import Act, Browse
from outreach.dialogue.matching import near_pairs
from outreach.dialogue.page import Mode, Phrase
from outreach.dialogue.turn import MAIN
from outreach.dialogue.understand import CHOICE_KEYS, KEYS, SPOKEN, Command
from outreach.services.registry import all_pages
from outreach.speech.lexicon import read_lexicon
from outreach.speech.spoken import sentences
from tests.dialogue.test_turn import CALLERS, DIGITS_KEYED, NUMBER, Seen, Walk
from tests.scenario import LANGUAGES, Talk

PAGES = all_pages()
pytestmark = pytest.mark.timeout(600)
"""The first test that asks for them takes all the walks: a minute of one core."""
PRACTICE = {"tour.list"}
"""A list of nothing: there to try the keys on."""

# --- The walk -----------------------------------------------------------------------------------------------


@cache
def walk(caller: str) -> Walk:
    return Walk(caller).take()


def turns() -> Iterator[Seen]:
    return chain.from_iterable(walk(caller).turns for caller in CALLERS)


def states() -> Iterator[Seen]:
    return chain.from_iterable(walk(caller).states for caller in CALLERS)


def none(breaches: Iterable[object]) -> None:
    """No breach; the first few are told, with the keys that lead there."""
    found = list(dict.fromkeys(str(breach) for breach in breaches))
    assert not found, f"{len(found)} breaches:\n" + "\n".join(found[:8])


# --- Menus --------------------------------------------------------------------------------------------------

NAMED = {
    "zh-CN": re.compile(r"(?:请按|请再按一次|，)([0-9])(?=。|$)"),
    "en": re.compile(r"(?:press |, )([0-9])(?=\.|$| once more\.)"),
}
"""A key as a prompt names it, in full ("请按1。") or in brief ("，1。")."""


def named(seen: Seen, phrases: Iterable[Phrase]) -> list[str]:
    """The digit keys that are named in ``phrases``, in order."""
    pattern = NAMED[seen.language]
    texts = (text for phrase in phrases for text in sentences(phrase.text) if not _elsewhere(text))
    return [key for text in texts for key in pattern.findall(text)]


def _elsewhere(text: str) -> bool:
    """Of keys on the main menu."""
    return "在主菜单按" in text or "in the main menu" in text


def test_at_most_five_choices_without_gaps_and_in_order() -> None:
    menus = (seen for seen in turns() if seen.reply.session.mode is Mode.MENU)
    keys = ((seen, [choice.key for choice in seen.reply.session.offered]) for seen in menus)
    none(seen for seen, found in keys if found != ["1", "2", "3", "4", "5"][: len(found)])


def test_every_choice_of_a_menu_is_named_in_its_order() -> None:
    """Besides them only 0, where somebody may need a person at once."""
    full = (s for s in turns() if s.reply.session.mode is Mode.MENU and not s.reply.session.pending)
    none(
        seen
        for seen in full
        if [key for key in named(seen, seen.reply.screen.phrases) if key != "0"]
        != [choice.key for choice in seen.reply.session.offered]
    )


def test_a_key_that_is_named_does_something() -> None:
    def idle(seen: Seen) -> set[str]:
        session = seen.reply.session
        keys = {choice.key for choice in session.offered} | KEYS[session.mode].keys()
        return set(named(seen, seen.reply.phrases)) - keys if not seen.reply.exit else set()

    none(f"{seen} -> {keys}" for seen in turns() if (keys := idle(seen)))


def test_choices_leave_the_universal_keys_alone() -> None:
    def wrong(seen: Seen) -> set[str]:
        mode = seen.reply.session.mode
        return {choice.key for choice in seen.reply.session.offered} - CHOICE_KEYS[mode] - {""}

    none(f"{seen} -> {keys}" for seen in turns() if (keys := wrong(seen)))


def test_every_choice_can_be_said_and_the_commands_too() -> None:
    none(f"{seen} {c}" for seen in turns() for c in seen.reply.session.offered if not c.words)
    none(
        command
        for prompts in LANGUAGES.values()
        for command in SPOKEN
        if not prompts[f"command.{command}"].words
    )


# --- Words --------------------------------------------------------------------------------------------------

SAME_WISH = {
    ("home.resume", "go_on"): Command.GO_ON,
    ("home.resume", "menu"): Command.MAIN,
    ("mine.sound", 3): Command.NORMAL,
}
"""Choices that share a command's words because they do what it does: page, value."""


def spoken_words(language: str) -> set[str]:
    return {word for prompt in LANGUAGES[language].entries.values() for word in prompt.words}


def test_the_model_knows_every_spoken_word() -> None:
    model = read_lexicon(PROJECT / "models" / "demo-zh")
    assert model.missing(sorted(spoken_words("zh-CN"))) == []


def test_no_word_is_yes_in_one_county_and_four_in_another() -> None:
    assert not {word for word in spoken_words("zh-CN") if word.startswith("是") or word in ("十", "四")}


@cache
def alike(language: str) -> frozenset[frozenset[str]]:
    """Every two spoken or written words of a language that sound alike to somebody in one of the counties."""
    prompts = LANGUAGES[language].entries.values()
    words = sorted({word for prompt in prompts for word in (*prompt.words, *prompt.typed)})
    return frozenset(frozenset((a, b)) for a, b, _ in near_pairs(words))


def _owners(seen: Seen) -> Iterator[tuple[object, str]]:
    """Each word that counts on this screen, and what it means."""
    written = LANGUAGES[seen.language].bound[2, "sms"]
    typed = {prompt.words: prompt.typed for prompt in LANGUAGES[seen.language].entries.values()}
    for choice in seen.reply.session.offered:
        wish = SAME_WISH.get((seen.page, choice.value)) if not isinstance(choice.value, dict) else None
        for word in (*choice.words, *typed.get(choice.words, ())):
            yield wish or repr(choice.value), word
    for command in SPOKEN:
        yield from ((command, word) for word in written.words(f"command.{command}"))


def test_no_two_things_on_one_screen_sound_alike() -> None:
    def pairs(seen: Seen) -> Iterator[str]:
        near = alike(seen.language)
        for (one, word), (other, twin) in combinations(_owners(seen), 2):
            if one != other and (word == twin or frozenset((word, twin)) in near):
                yield f"{seen.page}: {word} ({one}) and {twin} ({other})"

    screens = {(seen.page, seen.language, repr(seen.reply.session.offered)): seen for seen in turns()}
    none(pair for seen in screens.values() for pair in pairs(seen))


# --- Wording ------------------------------------------------------------------------------------------------

WRITTEN_ONLY = ".text"
"""How keys of prompts end that are only ever text messages: jobs.alert.text."""

KEY = {
    "zh-CN": re.compile(r"按(?:一次)?(?:\d|星号键|井号键)"),
    "en": re.compile(r"\bpress (?:\d|star|hash)"),
}
ACTION_FIRST = {
    "zh-CN": re.compile(r".*[^，](?:，|完)(?:请|请再|也请|再)按(?:一次)?(?:\d|星号键|井号键)(?=$|[。，])"),
    "en": re.compile(r".+, (?:also )?press (?:\d|star|hash)(?: once more|, then 1)?(?=$|[.,])"),
}


def wordings() -> Iterator[tuple[str, str, str]]:
    """Language, key and text of every wording that is spoken."""
    for language, prompts in LANGUAGES.items():
        for key, prompt in prompts.entries.items():
            if not key.endswith(WRITTEN_ONLY):
                yield from ((language, key, text) for text in (prompt.say, prompt.brief) if text)


def test_what_to_do_comes_first_the_key_after() -> None:
    said = {
        (seen.language, text)
        for seen in turns()
        for phrase in seen.reply.phrases
        for text in _cut(phrase.text)
    }
    said |= {(language, text) for language, _, wording in wordings() for text in _cut(wording)}
    none(
        text
        for language, text in sorted(said)
        if KEY[language].search(text) and not ACTION_FIRST[language].match(text)
    )


def _cut(text: str) -> Iterator[str]:
    """Sentences; also after "press 1."."""
    yield from (part for part in re.split(r"(?<=[。！？；])|(?<=[.?!]) ", text) if part)


def test_no_latin_letters_are_spoken_in_chinese() -> None:
    said = {phrase.text for s in turns() if s.language == "zh-CN" for phrase in s.reply.phrases}
    said |= {re.sub(r"\{\w+\}", "", text) for language, _, text in wordings() if language == "zh-CN"}
    none(text for text in said if re.search("[A-Za-z]", text))


def test_no_chinese_is_spoken_in_english() -> None:
    """But for what employers wrote; the English voice cannot say it."""
    none(text for language, _, text in wordings() if language == "en" and re.search("[\u3000-\uffef]", text))


def test_every_sentence_is_short_enough_to_breathe() -> None:
    """At most 60 characters, of Chinese or of English, before the voice may pause."""
    texts = {phrase.text for seen in turns() for phrase in seen.reply.phrases}
    none(piece for text in texts for piece in sentences(text) if len(piece) > 60)


def test_a_brief_wording_is_no_longer_than_the_full_one() -> None:
    entries = ((name, prompt) for prompts in LANGUAGES.values() for name, prompt in prompts.entries.items())
    none(name for name, prompt in entries if prompt.brief is not None and len(prompt.brief) > len(prompt.say))


READ_BACK = {"jobs.number.heard", "rights.pin.heard", "tour.digits.heard", "mine.pin.heard"}


def test_numbers_are_never_said_in_full() -> None:
    """The caller's own: the last four digits, and marked as theirs. Only one just keyed in is read back."""
    private = (NUMBER, *DIGITS_KEYED[1:])
    said = ((seen, phrase) for seen in turns() for phrase in seen.reply.phrases)
    full = ((seen, p) for seen, p in said if any(number in p.text for number in private))
    none(seen for seen, phrase in full if phrase.key not in READ_BACK or not phrase.personal)
    tails = ((seen, phrase) for seen, phrase in said if "尾号" in phrase.text or "ending in" in phrase.text)
    none(seen for seen, phrase in tails if not phrase.personal)


# --- The way there and back -----------------------------------------------------------------------------------


def test_every_page_is_reached() -> None:
    pages = {name for name, page in PAGES.items() if not isinstance(page, Act)}
    assert pages - {seen.page for seen in states()} == set()


def test_every_listing_is_at_most_three_keys_away() -> None:
    """From the main menu, by keys alone; a counselor's, with the PIN as one."""
    away: dict[str, int] = {}
    for seen in chain.from_iterable(walk(name).states for name in ("regular", "practitioner", "counselor")):
        if isinstance(PAGES[seen.page], Browse) and seen.page not in PRACTICE:
            away[seen.page] = min(len(seen.keys), away.get(seen.page, 99))
    lists = {name for name, page in PAGES.items() if isinstance(page, Browse)}
    assert set(away) == lists - PRACTICE
    assert max(away.values()) <= 3, away


def test_stars_lead_to_the_main_menu_from_everywhere() -> None:
    none(seen for caller in CALLERS for seen in walk(caller).lost)


def test_two_stars_lead_to_the_main_menu_at_once() -> None:
    none(seen for seen in turns() if seen.keys[-1:] == ("**",) and seen.page != MAIN)


def test_zero_leads_to_a_person_from_everywhere() -> None:
    none(s for s in turns() if s.keys[-1:] == ("0",) and s.page not in ("person.call", "person.absent"))


def test_no_screen_is_a_dead_end() -> None:
    def waits(seen: Seen) -> bool:
        session = seen.reply.session
        return bool(session.offered) or session.mode is not Mode.MENU or seen.page == "person.call"

    none(seen for seen in turns() if not seen.reply.exit and not waits(seen))


def test_nobody_is_left_in_silence() -> None:
    none(seen for seen in turns() if not any(re.search(r"\w", phrase.text) for phrase in seen.reply.phrases))


def test_the_position_is_said_in_every_list() -> None:
    def said(seen: Seen) -> bool:
        data, shown = seen.reply.session.top.data, seen.reply.screen.phrases
        say = LANGUAGES[seen.language].bound[2, "voice"]
        position = (say("list.position", n=data["at"] + 1), say("list.total", n=len(data["items"])))
        return all(phrase in shown for phrase in position)

    lists = [s for s in turns() if isinstance(PAGES[s.page], Browse) and s.reply.session.top.data["items"]]
    assert {seen.page for seen in lists} == {name for name, page in PAGES.items() if isinstance(page, Browse)}
    none(seen for seen in lists if not said(seen))


def test_what_counts_is_heard_before_it_is_confirmed() -> None:
    """Keys pressed before the read-back was heard confirm nothing."""
    confirms = (s for s in turns() if any(phrase.key == "confirm.keys" for phrase in s.reply.screen.phrases))
    none(seen for seen in confirms if not seen.reply.screen.fresh)


# --- Time ---------------------------------------------------------------------------------------------------

A_SECOND = {"zh-CN": 3.9, "en": 10.4}
"""Characters (without punctuation and spaces) in a second at normal speed; measured, espeak-ng 1.52."""


def seconds(talk: Talk, until: str) -> float:
    """Of listening in this turn, up to and with the first phrase ``until``."""
    assert talk.spoken is not None
    reply = talk.spoken.reply
    at = [phrase.key for phrase in reply.phrases].index(until)
    text = "".join(phrase.text for phrase in reply.phrases[: at + 1])
    return len(re.sub(r"[\W_]", "", text)) / A_SECOND[reply.session.language]


def first_job(talk: Talk) -> float:
    """Of listening from the main menu to the first words of the first job."""
    waited = seconds(talk, "home.menu.jobs")
    talk.play(iter(["> 1"]))
    assert talk.spoken is not None
    before = [phrase.key for phrase in talk.spoken.reply.phrases]
    return waited + seconds(talk, before[before.index("jobs.item.headline") - 1])


def test_a_new_caller_hears_the_first_job_within_25_seconds() -> None:
    talk = CALLERS["new"].rings()
    waited = seconds(talk, "consent.yes")
    talk.play(iter(["> 1"]))
    assert waited + first_job(talk) <= 25


@pytest.mark.parametrize("caller", ["regular", "brief", "English"])
def test_a_returning_caller_hears_the_first_job_within_12_seconds(caller: str) -> None:
    assert first_job(CALLERS[caller].rings()) <= 12
