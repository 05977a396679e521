"""The forms of a person's file."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.language import said
from outreach.console.people.words import (
    CATEGORIES,
    CONTACT,
    COUNTIES,
    FACTS,
    KINDS,
    LANGUAGES,
    NEED_FIELDS,
    NEED_STATES,
    PATIENCE,
    SCOPES,
    SPEEDS,
    WORDINESS,
)
from outreach.services import phones
from outreach.store.schema import counselors

LONGEST_NAME: Final = 80
LONGEST_WORDS: Final = 200
LONGEST_EVIDENCE: Final = 64
_OFF: Final = {"autocomplete": "off"}
Options = Sequence[tuple[str, str]]


def _number(_form: Any, field: Any) -> None:
    if field.data and phones.e164(field.data) is None:
        raise ValidationError(said("这个号码打不通，请再看一遍。手机写 11 位，座机带区号。"))


def _clock(_form: Any, field: Any) -> None:
    hours, _, minutes = (field.data or "").partition(":")
    digits = all(part.isascii() and part.isdecimal() and len(part) == 2 for part in (hours, minutes))
    if field.data and not (digits and hours < "24" and minutes < "60"):
        raise ValidationError(said("时间要写成 08:30 这样。"))


def _text(
    label: str, longest: int = LONGEST_WORDS, *checks: Any, hint: str = "", needed: bool = False
) -> Any:
    first = Needed() if needed else Optional()
    return StringField(
        label,
        [first, Length(max=longest), *checks],
        filters=STRIPPED,
        description=hint,
        render_kw={**_OFF, "maxlength": longest},
    )


def _long(label: str, hint: str = "", needed: bool = False) -> Any:
    return TextAreaField(
        label,
        [Needed() if needed else Optional(), Length(max=LONGEST_WORDS)],
        filters=STRIPPED,
        description=hint,
        render_kw={**_OFF, "rows": 2, "maxlength": LONGEST_WORDS},
    )


def _choice(label: str, choices: Mapping[str, str], empty: bool = False) -> Any:
    return SelectField(label, choices=[*([("", "–")] if empty else []), *choices.items()])


class FactsForm(ConsoleForm):
    """Facts and settings. The number is never shown in it: what is typed takes its place."""

    name = _text(FACTS["name"], LONGEST_NAME)
    phone = _text(FACTS["phone"], 30, _number, hint=said("要换号码才填；空着就还是原来的。"))
    county = _choice(FACTS["county"], COUNTIES, empty=True)
    township = _text(FACTS["township"], 40)
    birth_year = IntegerField(
        FACTS["birth_year"],
        [Optional(), NumberRange(1900, 2100, said("出生年份要写成 1968 这样的四位数。"))],
        render_kw={**_OFF, "inputmode": "numeric"},
    )
    category = SelectField(
        FACTS["category"],
        choices=[("", said("不改")), ("-", said("不记")), *CATEGORIES.items()],
        description=said("只有本人同意记录残疾类别，才能选。"),
    )
    counselor_id = SelectField(FACTS["counselor_id"])
    language = _choice(FACTS["language"], LANGUAGES, empty=True)
    speed = _choice(FACTS["speed"], SPEEDS)
    wordiness = _choice(FACTS["wordiness"], WORDINESS)
    patience = _choice(FACTS["patience"], PATIENCE)
    contact_by = _choice(FACTS["contact_by"], CONTACT, empty=True)
    contact_from = _text(
        FACTS["contact_from"], 5, _clock, hint=said("写成 08:30 这样；两个都空着，就按热线的时间。")
    )
    contact_until = _text(FACTS["contact_until"], 5, _clock)

    def validate(self, extra_validators: Any = None) -> bool:
        """Also: both times or none, in order."""
        if not super().validate(extra_validators):
            return False
        begins, ends = self.contact_from.data or "", self.contact_until.data or ""
        if bool(begins) != bool(ends):
            self.refuse("contact_until", said("两个时间要都填，或者都不填。"))
            return False
        if begins and begins >= ends:
            self.refuse("contact_until", said("到几点要比从几点晚。"))
            return False
        return True

    def values(self) -> dict[str, Any]:
        """As they are kept; no number where none was typed, no category where it stays."""
        found: dict[str, Any] = {name: self[name].data or None for name in FACTS if name in self}
        found.setdefault("category", None)
        for name in ("speed", "wordiness", "patience"):
            found[name] = int(found[name])
        found["counselor_id"] = int(found["counselor_id"]) if found["counselor_id"] else None
        if found["category"] is None:
            del found["category"]
        elif found["category"] == "-":
            found["category"] = None
        if found["phone"] is None:
            del found["phone"]
        else:
            found["phone"] = phones.e164(found["phone"])
        return found


class NewForm(FactsForm):
    """Somebody new: they must have agreed to be kept. The kind of disability waits for a consent of its own."""

    category = None  # type: ignore[assignment]

    phone = _text(FACTS["phone"], 30, _number, hint=said("手机写 11 位，座机带区号。没有可以空着。"))
    agreed = BooleanField(said("本人同意建档，知道存什么、做什么用、怎么删"), [Needed()])
    evidence = _text(
        said("怎么同意的"),
        LONGEST_EVIDENCE,
        hint=said("比如：11 月 20 日当面签字，表在 3 号柜。"),
        needed=True,
    )


class NeedForm(ConsoleForm):
    """One need and its next step."""

    kind = _choice(NEED_FIELDS["kind"], KINDS)
    words = _long(NEED_FIELDS["words"])
    state = _choice(NEED_FIELDS["state"], NEED_STATES)
    next_step = _long(NEED_FIELDS["next_step"])
    next_on = DateField(NEED_FIELDS["next_on"], [Optional()])
    counselor_id = SelectField(NEED_FIELDS["counselor_id"])

    def values(self) -> dict[str, Any]:
        """As they are kept."""
        chosen = self.counselor_id.data
        texts = {name: self[name].data or "" for name in ("kind", "words", "state", "next_step")}
        return {**texts, "next_on": self.next_on.data, "counselor_id": int(chosen) if chosen else None}


class GivenForm(ConsoleForm):
    """A service that was given."""

    kind = _choice(NEED_FIELDS["kind"], KINDS)
    words = _long(said("做的事"), needed=True)
    given_on = DateField(said("哪一天"), [Needed()])
    counselor_id = SelectField(said("经办人"))

    def values(self, today: date) -> dict[str, Any] | None:
        """As they are kept; None: the day is still to come, and that is said."""
        if self.given_on.data is None or self.given_on.data > today:
            self.refuse("given_on", said("这一天还没到。"))
            return None
        chosen = self.counselor_id.data
        return {
            "kind": self.kind.data,
            "words": self.words.data,
            "given_on": self.given_on.data,
            "counselor_id": int(chosen) if chosen else None,
        }


class ConsentForm(ConsoleForm):
    """A consent that was given face to face."""

    scope = _choice(said("同意什么"), SCOPES)
    evidence = _text(
        said("怎么同意的"),
        LONGEST_EVIDENCE,
        hint=said("比如：11 月 20 日当面签字，表在 3 号柜。"),
        needed=True,
    )


class EraseForm(ConsoleForm):
    """When, and why."""

    when = SelectField(
        said("什么时候删"),
        choices=[("grace", said("七天以后，本人可以反悔")), ("now", said("马上删，不能恢复"))],
    )
    reason = _text(said("谁要求删，怎么知道的"), LONGEST_WORDS, needed=True)


def of_counselors(db: Connection) -> list[tuple[str, str]]:
    """Who may be chosen; those who left are not."""
    query = select(counselors.c.id, counselors.c.name).where(counselors.c.active).order_by(counselors.c.id)
    return [("", "–"), *((str(row.id), row.name) for row in db.execute(query))]


def choosing(form: Any, options: Options, kept: object, name: str) -> dict[str, str]:
    """Let ``form`` offer the counselors, which come back; whoever is chosen already stays offered."""
    chosen = "" if kept is None else str(kept)
    offered = dict(options)
    offered.setdefault(chosen, name)
    form.counselor_id.choices = list(offered.items())
    return offered
