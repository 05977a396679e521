"""An answer and how its source is said. Pure."""

import re
from dataclasses import dataclass
from datetime import date

from outreach.dialogue.page import Phrase, Words

TOPICS = ("employers", "business", "rural", "massage", "support")

_NUMBER = re.compile(r"〔(\d{4})〕(\d+)号")
"""A document's number as Chinese offices write it: 武政办发〔2025〕56号."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One question and its answer."""

    id: int
    topic: str
    title: str
    source: str
    source_on: date
    paragraphs: tuple[str, ...]


def spoken_source(source: str) -> str:
    """Brackets cannot be heard: 武政办发〔2025〕56号 is 武政办发2025年第56号."""
    return _NUMBER.sub(r"\1年第\2号", source)


def source(say: Words, policy: Policy) -> Phrase:
    """Where it is from, and of which day."""
    on = policy.source_on
    told = spoken_source(policy.source)
    return say("policies.source", source=told, year=on.year, month=on.month, day=on.day)


def paragraphs(say: Words, policy: Policy) -> tuple[Phrase, ...]:
    """The answer as it is heard, its source last."""
    return (*(say("policies.paragraph", words=words) for words in policy.paragraphs), source(say, policy))


def text(say: Words, policy: Policy) -> str:
    """The answer as one text message, the source as it is written."""
    words = "".join(policy.paragraphs)
    on = policy.source_on.isoformat()
    return say("policies.text", title=policy.title, words=words, source=policy.source, on=on).text
