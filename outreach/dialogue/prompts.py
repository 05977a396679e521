"""The prompts: loads ``prompts/<language>.toml`` and ``prompts/<language>/*.toml``, and fills slots.

Whatever is missing or wrong in them is found at start-up, not when a caller gets there.

A prompt is a table ``[jobs.list]`` with some of: ``say`` (as spoken and shown), ``brief`` (for callers who want
no key reminders), ``text`` (as a text message), ``title`` (what the page is called), ``words`` (what may be said to
choose it; the recogniser must know them), ``typed`` (further words for text messages). ``counts = N`` says that its
one slot ``{n}`` is a small number: 1 to N are rendered ahead. An empty wording is said as nothing.
"""

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from outreach.dialogue.page import Channel, Phrase

FIELDS: Mapping[str, type] = {
    "say": str,
    "brief": str,
    "text": str,
    "title": str,
    "words": list,
    "typed": list,
    "counts": int,
}


class PromptError(Exception):
    """A prompt file is wrong; the message says which prompt, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One entry of a prompt file."""

    key: str
    say: str = ""
    brief: str | None = None
    text: str | None = None
    title: str = ""
    words: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    counts: int = 0

    def wording(self, wordiness: int, channel: Channel) -> str:
        """The template for this caller and channel."""
        if channel == "sms" and self.text is not None:
            return self.text
        return self.brief if wordiness == 1 and self.brief is not None else self.say

    def slots(self) -> frozenset[str]:
        """Names of all slots in any of its wordings."""
        return frozenset().union(*(slots_of(text) for text in (self.say, self.brief, self.text) if text))


def slots_of(template: str) -> frozenset[str]:
    """The slot names of one template."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


@dataclass(frozen=True)
class Prompts:
    """All prompts of one language."""

    language: str
    entries: Mapping[str, Prompt]

    def __getitem__(self, key: str) -> Prompt:
        """Raises PromptError for a key that is not there."""
        try:
            return self.entries[key]
        except KeyError:
            raise PromptError(f"prompts/{self.language}.toml has no [{key}]: add it") from None

    @cached_property
    def bound(self) -> Mapping[tuple[int, Channel], "BoundPrompts"]:
        """One view per wordiness and channel."""
        channels: tuple[Channel, ...] = ("voice", "sms")
        return {
            (wordy, channel): BoundPrompts(self, wordy, channel) for wordy in (1, 2) for channel in channels
        }

    def fixed(self) -> Iterator[Phrase]:
        """Every phrase that is known without a caller: to be rendered ahead. Counts are filled in."""
        for prompt in self.entries.values():
            for wording in {prompt.say, prompt.brief or ""} - {""}:
                slots = slots_of(wording)
                if not slots:
                    yield Phrase(prompt.key, wording)
                elif prompt.counts and slots == {"n"}:
                    yield from (Phrase(prompt.key, wording.format(n=n)) for n in range(1, prompt.counts + 1))


@dataclass(frozen=True, slots=True)
class BoundPrompts:
    """The prompts as one caller hears them: ``page.Words``."""

    prompts: Prompts
    wordiness: int
    channel: Channel
    _templates: dict[str, str] = field(default_factory=dict)

    def __call__(self, key: str, /, **values: object) -> Phrase:
        """The prompt with its slots filled. Raises PromptError when the key or a slot's value is missing."""
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = self.prompts[key].wording(self.wordiness, self.channel)
        try:
            return Phrase(key, template.format(**values) if values else template)
        except KeyError as missing:
            raise PromptError(f"[{key}] needs a value for {missing}") from None

    def title(self, key: str) -> str:
        """What a page is called; its wording where it has no title."""
        prompt = self.prompts[key]
        return prompt.title or prompt.say

    def words(self, key: str) -> tuple[str, ...]:
        """What may be said (or, in a text message, written) for a choice."""
        prompt = self.prompts[key]
        return prompt.words if self.channel == "voice" else (*prompt.words, *prompt.typed)


def load(directory: Path, language: str) -> Prompts:
    """Read one language: ``<language>.toml`` and the files of single lines in ``<language>/``.

    Raises PromptError when a file is missing, no TOML, has fields nobody reads, or a prompt is written twice.
    """
    entries: dict[str, Prompt] = {}
    for path in (directory / f"{language}.toml", *sorted((directory / language).glob("*.toml"))):
        for prompt in _walk(_read(path), ""):
            if prompt.key in entries:
                raise PromptError(f"[{prompt.key}] is written twice; the second time in {path}: take one out")
            entries[prompt.key] = prompt
    return Prompts(language, entries)


def _read(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PromptError(
            f"there is no {path}: add the language's prompts or set OUTREACH_PROMPTS_DIR"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"{path} cannot be read: {error}") from None


def load_all(directory: Path) -> dict[str, Prompts]:
    """All languages of a directory, each with exactly the same keys and slots. Raises PromptError otherwise."""
    languages = {path.stem: load(directory, path.stem) for path in sorted(directory.glob("*.toml"))}
    if not languages:
        raise PromptError(f"there are no prompts in {directory}: set OUTREACH_PROMPTS_DIR")
    first, *others = languages.values()
    for other in others:
        if missing := sorted(first.entries.keys() ^ other.entries.keys()):
            raise PromptError(
                f"{first.language} and {other.language} differ: {', '.join(missing)} is in only one"
            )
        for key, prompt in first.entries.items():
            if prompt.slots() != other.entries[key].slots():
                raise PromptError(f"[{key}] has other slots in {first.language} than in {other.language}")
    return languages


def _walk(tree: Mapping[str, object], path: str) -> Iterator[Prompt]:
    own = {name: value for name, value in tree.items() if name in FIELDS and not isinstance(value, dict)}
    if own:
        yield _prompt(path, own)
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _walk(value, f"{path}.{name}" if path else name)
        elif name not in FIELDS:
            raise PromptError(f"[{path}] has a field {name!r} that nobody reads")


def _prompt(key: str, own: Mapping[str, object]) -> Prompt:
    for name, value in own.items():
        kind = FIELDS[name]
        right = isinstance(value, kind) and not isinstance(value, bool)
        if not right or (isinstance(value, list) and not all(isinstance(word, str) for word in value)):
            raise PromptError(
                f"[{key}] {name} must be a {'list of texts' if kind is list else kind.__name__}"
            )
        if isinstance(value, str):
            _check_slots(key, value)
    plain: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in own.items()}
    return Prompt(key=key, **plain)


def _check_slots(key: str, wording: str) -> None:
    """A brace typed by mistake is found at start-up, not when a caller gets there."""
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(wording) if name is not None]
    except ValueError as error:
        raise PromptError(f"[{key}] {wording!r}: {error}") from None
    if wrong := [name for name in names if not name.isidentifier()]:
        raise PromptError(f"[{key}] {wording!r} has a slot without a name: {{{wrong[0]}}}")
