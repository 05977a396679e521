"""The loader of prompts: what it accepts, and that what it refuses is refused in a sentence that says what to do."""

from pathlib import Path

import pytest

from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import PromptError, load, load_all, slots_of
from tests.scenario import PROMPTS

GOOD = """
[jobs.menu]
title = "招聘"
say = "听招聘，请按{key}。"
brief = "招聘，{key}。"
text = "{key} 招聘"
words = ["招聘", "找工作"]
typed = ["工"]
[jobs.menu.newest]
say = "听最新的"
[list.position]
say = "第{n}条，"
counts = 3
[list.keys]
say = "下一条，请按6。"
brief = ""
"""


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    (tmp_path / "zh-CN.toml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def refused(directory: Path, text: str, *, other: str | None = None) -> str:
    """What is said of a directory whose zh-CN (and en) are these."""
    (directory / "zh-CN.toml").write_text(text, encoding="utf-8")
    if other is not None:
        (directory / "en.toml").write_text(other, encoding="utf-8")
    with pytest.raises(PromptError) as error:
        load_all(directory)
    return str(error.value)


# --- What is loaded -----------------------------------------------------------------------------------------


def test_the_languages_that_ship_have_the_same_keys_and_slots() -> None:
    languages = load_all(PROMPTS)
    assert set(languages) == {"zh-CN", "en"}
    assert len({frozenset(prompts.entries) for prompts in languages.values()}) == 1


def test_tables_in_tables_are_prompts_of_their_own(prompts: Path) -> None:
    loaded = load(prompts, "zh-CN")
    assert set(loaded.entries) == {"jobs.menu", "jobs.menu.newest", "list.position", "list.keys"}
    assert loaded["jobs.menu"].slots() == {"key"}


def test_a_line_may_keep_its_prompts_in_a_file_of_its_own(prompts: Path) -> None:
    (prompts / "zh-CN").mkdir()
    (prompts / "zh-CN" / "training.toml").write_text('[training.menu]\nsay = "培训"', encoding="utf-8")
    assert {"training.menu", "jobs.menu"} <= load_all(prompts)["zh-CN"].entries.keys()


@pytest.mark.parametrize(
    ("wordiness", "channel", "text"),
    [(2, "voice", "听招聘，请按1。"), (1, "voice", "招聘，1。"), (2, "sms", "1 招聘"), (1, "sms", "1 招聘")],
)
def test_a_prompt_is_worded_for_its_caller(prompts: Path, wordiness: int, channel: str, text: str) -> None:
    say = {**load(prompts, "zh-CN").bound}[(wordiness, "sms" if channel == "sms" else "voice")]
    assert say("jobs.menu", key=1) == Phrase("jobs.menu", text)


def test_a_prompt_without_a_short_form_is_said_in_full(prompts: Path) -> None:
    bound = load(prompts, "zh-CN").bound
    assert bound[1, "voice"]("jobs.menu.newest").text == "听最新的"
    assert bound[1, "voice"]("list.keys").text == ""


def test_typed_words_are_for_text_messages_only(prompts: Path) -> None:
    bound = load(prompts, "zh-CN").bound
    assert bound[2, "voice"].words("jobs.menu") == ("招聘", "找工作")
    assert bound[2, "sms"].words("jobs.menu") == ("招聘", "找工作", "工")


def test_a_page_without_a_title_is_called_by_its_wording(prompts: Path) -> None:
    say = load(prompts, "zh-CN").bound[2, "voice"]
    assert (say.title("jobs.menu"), say.title("jobs.menu.newest")) == ("招聘", "听最新的")


def test_what_can_be_rendered_ahead_is_every_wording_without_open_slots(prompts: Path) -> None:
    texts = [phrase.text for phrase in load(prompts, "zh-CN").fixed()]
    assert sorted(texts) == sorted(["听最新的", "第1条，", "第2条，", "第3条，", "下一条，请按6。"])


def test_slots() -> None:
    assert slots_of("{county}{place}，{{不算}}") == {"county", "place"}


# --- What is refused, and what to do about it -----------------------------------------------------------------


def test_an_unknown_key(prompts: Path) -> None:
    loaded = load(prompts, "zh-CN")
    for look in (
        lambda: loaded["jobs.nowhere"],
        lambda: loaded.bound[2, "voice"]("jobs.nowhere"),
        lambda: loaded.bound[2, "voice"].words("jobs.nowhere"),
        lambda: loaded.bound[2, "voice"].title("jobs.nowhere"),
    ):
        with pytest.raises(PromptError, match=r"prompts/zh-CN\.toml has no \[jobs\.nowhere\]: add it"):
            look()


def test_a_slot_without_a_value(prompts: Path) -> None:
    say = load(prompts, "zh-CN").bound[2, "voice"]
    with pytest.raises(PromptError, match=r"\[jobs\.menu\] needs a value for 'key'"):
        say("jobs.menu", other=1)


def test_a_language_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="add the language's prompts or set OUTREACH_PROMPTS_DIR"):
        load(tmp_path, "bo")


def test_a_directory_without_prompts(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="set OUTREACH_PROMPTS_DIR"):
        load_all(tmp_path)


def test_no_toml(tmp_path: Path) -> None:
    said = refused(tmp_path, "[jobs.menu]\nsay = 招聘")
    assert "zh-CN.toml cannot be read" in said
    assert "line 2" in said


def test_a_key_that_one_language_lacks(tmp_path: Path) -> None:
    said = refused(tmp_path, GOOD, other=GOOD.replace("[jobs.menu.newest]", "[jobs.menu.oldest]"))
    assert "en and zh-CN differ" in said
    assert "jobs.menu.newest" in said
    assert "jobs.menu.oldest" in said


def test_a_prompt_that_is_written_twice(prompts: Path) -> None:
    (prompts / "zh-CN").mkdir()
    (prompts / "zh-CN" / "jobs.toml").write_text('[list.keys]\nsay = "请按6。"', encoding="utf-8")
    with pytest.raises(PromptError, match=r"\[list\.keys\] is written twice.*jobs\.toml: take one out"):
        load_all(prompts)


@pytest.mark.parametrize("wording", ["say", "brief", "text"])
def test_a_slot_that_one_language_lacks(tmp_path: Path, wording: str) -> None:
    entry = '[a]\nsay = "一"\nbrief = "一"\ntext = "一"\n'
    other = entry.replace(f'{wording} = "一"', f'{wording} = "一{{n}}"')
    assert refused(tmp_path, entry, other=other) == "[a] has other slots in en than in zh-CN"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[jobs.menu]\nsays = "招聘"', "[jobs.menu] has a field 'says' that nobody reads"),
        ('[jobs.menu]\nsay = "招聘"\nwords = "招聘"', "[jobs.menu]"),
        ('[jobs.menu]\nsay = "招聘"\ntyped = "招聘"', "[jobs.menu]"),
    ],
)
def test_a_field_that_would_be_passed_over(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    "text",
    [
        '[jobs.menu]\nsay = ["招聘"]',
        "[jobs.menu]\nsay = 1",
        "[jobs.menu]\nsay = true\n",
        '[jobs.menu]\nsay = "招聘"\nwords = [1]',
        '[jobs.menu]\nsay = "招聘"\ncounts = "60"',
    ],
)
def test_a_field_of_the_wrong_sort(tmp_path: Path, text: str) -> None:
    assert "[jobs.menu]" in refused(tmp_path, text)


@pytest.mark.parametrize("say", ["听{招聘", "听}招聘", "听{}招聘", "听{0}招聘"])
def test_a_slot_that_is_none(tmp_path: Path, say: str) -> None:
    """A brace typed by mistake is found at start-up, not when a caller gets there."""
    assert "[jobs.menu]" in refused(tmp_path, f'[jobs.menu]\nsay = "{say}"')
