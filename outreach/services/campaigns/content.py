"""What a campaign says and asks, as one JSON value. Pure: read, filled, measured against the carriers' word lists.

``words`` are by language and channel: {"zh-CN": {"sms": "…", "voice": "…"}}. A channel that is missing says what the
other one does; a language that is missing, the default's.
"""

import re
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

ActionKind = Literal["none", "listen", "register", "book", "round", "questions"]
FIELDS: Final = ("name", "county", "township", "counselor")
"""What a message may say of the person it is for: {name}, {county} …"""
QUESTIONS_AT_MOST, OPTIONS_AT_MOST = 5, 5
VARIANTS_AT_MOST: Final = 2
LONGEST: Final = 500
"""Characters; carriers in China refuse more (domain C5)."""

REFUSED_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "recruitment": ("招聘", "面试", "招工", "求职", "应聘", "入职", "兼职", "岗位", "月薪", "底薪"),
    "medical": ("医疗", "医院", "按摩", "推拿", "足浴", "会所", "治疗", "康复", "药"),
    "exams": ("助考", "包过", "代考", "职称"),
    "surveys": ("问卷", "有奖", "调查"),
    "lending": ("贷款", "借款", "利息", "额度"),
    "meeting": ("到店", "加微信", "联系个人"),
    "form": ("【", "】", "¥", "★", "※", "√", "http", "www."),
}
"""What commercial aggregators refuse (Tencent 2025-06, Qiniu, Volcengine, Alibaba Cloud; domain C5), by why."""


class ContentError(Exception):
    """A campaign's words or questions cannot be used. ``key``: the sentence in prompts/."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording. ``recording``: a recording's id, played by telephone instead of the words."""

    words: Words
    recording: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its choices, each by language: {"zh-CN": "…"}."""

    words: Mapping[str, str]
    options: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """``subject``: what it is about, by language, for the greeting. ``target``: id of the opening or session, or the
    level of the round.

    ``neutral``: the text only says that there is a message and which number to ring (``phone``).
    ``first_percent``: how many get the first of two wordings.
    """

    variants: tuple[Variant, ...]
    subject: Mapping[str, str]
    action: ActionKind = "none"
    target: int | str | None = None
    questions: tuple[Question, ...] = ()
    neutral: bool = False
    first_percent: int = 50


def read(data: Mapping[str, Any]) -> Content:
    """From JSON. Raises ContentError: what is missing or too much, in words a counselor understands."""
    try:
        content = Content(
            variants=tuple(Variant(v["words"], v.get("recording")) for v in data["variants"]),
            subject=data["subject"],
            action=data.get("action", "none"),
            target=data.get("target"),
            questions=tuple(Question(q["words"], tuple(q["options"])) for q in data.get("questions", ())),
            neutral=data.get("neutral", False),
            first_percent=data.get("first_percent", 50),
        )
    except (KeyError, TypeError):
        raise ContentError("campaign.content.incomplete") from None
    _check(content)
    return content


def plain(content: Content) -> dict[str, Any]:
    """As JSON."""
    return asdict(content)


def _check(content: Content) -> None:
    if not 1 <= len(content.variants) <= VARIANTS_AT_MOST:
        raise ContentError("campaign.content.variants", most=VARIANTS_AT_MOST)
    if not any(content.subject.values()):
        raise ContentError("campaign.content.subject")
    if content.action not in ("none", "questions") and content.action != "book" and content.target is None:
        raise ContentError("campaign.content.target")
    if (content.action == "questions") != bool(content.questions):
        raise ContentError("campaign.content.questions")
    if len(content.questions) > QUESTIONS_AT_MOST:
        raise ContentError("campaign.content.many_questions", most=QUESTIONS_AT_MOST)
    for question in content.questions:
        if not any(question.words.values()) or not 2 <= len(question.options) <= OPTIONS_AT_MOST:
            raise ContentError("campaign.content.options", most=OPTIONS_AT_MOST)
    for text in _texts(content):
        if len(text) > LONGEST:
            raise ContentError("campaign.content.long", most=LONGEST)
        if unknown := slots(text) - set(FIELDS):
            raise ContentError("campaign.content.field", field=min(unknown))
    if not all(any(_texts_of(variant)) or variant.recording for variant in content.variants):
        raise ContentError("campaign.content.empty")


def _texts_of(variant: Variant) -> list[str]:
    return [text for by_channel in variant.words.values() for text in by_channel.values() if text]


def _texts(content: Content) -> list[str]:
    return [text for variant in content.variants for text in _texts_of(variant)]


def slots(text: str) -> set[str]:
    """The fields a text names. Raises ContentError on a brace that opens nothing."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        raise ContentError("campaign.content.brace") from None


def needed(content: Content) -> frozenset[str]:
    """All fields that any of its wordings names."""
    return frozenset().union(*(slots(text) for text in _texts(content)))


def words_for(words: Words, language: str, channel: str) -> str:
    """The wording for a person and channel, the nearest there is; "" where there is none at all."""
    by_channel = words.get(language) or next(iter(words.values()), {})
    return by_channel.get(channel) or next((text for text in by_channel.values() if text), "")


def in_language(words: Mapping[str, str], language: str) -> str:
    """The wording in a language, else in the first there is."""
    return words.get(language) or next((text for text in words.values() if text), "")


def fields_of(person: Any, say: Callable[[str], Any]) -> dict[str, str]:
    """FIELDS of somebody's row, in the words of ``say``; "" for what is not known."""
    known = {name: person[name] or "" for name in FIELDS}
    if known["county"]:
        known["county"] = say(f"county.{known['county']}").text
    return known


def filled(text: str, fields: Mapping[str, str]) -> str:
    """``text`` with its fields. One that this person lacks was found before the start; here it is left out."""
    return text.format_map(fields)


def warnings(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Words that commercial carriers refuse, each with its sort, in their order."""
    found = [
        (sort, word)
        for text in texts
        for sort, words in REFUSED_WORDS.items()
        for word in words
        if word in text
    ]
    if any(re.search(r"\}\s*\{", text) for text in texts):
        found.append(("adjacent", "}{"))
    return list(dict.fromkeys(found))


def texts_sent(content: Content) -> list[str]:
    """All that goes out in writing."""
    return [words.get("sms", "") for variant in content.variants for words in variant.words.values()]
