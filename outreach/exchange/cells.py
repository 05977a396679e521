"""One cell and the field it is for: the value, a remark, or a refusal. Never raises on anything a file can hold."""

import re
from collections.abc import Callable
from datetime import date

from outreach.exchange import choices, dates, parts, telephones
from outreach.exchange.fields import Field, Option
from outreach.exchange.reading import (
    Broken,
    Cell,
    Formula,
    Nested,
    Read,
    Refused,
    empty,
    folded,
    joined,
    prose,
    shown,
    text_of,
)
from outreach.exchange.words import Word

YES_NO = (
    Option("true", "是", ("有", "对", "√", "✓", "yes", "y", "1", "包", "上门", "启用")),
    Option("false", "否", ("无", "不", "没有", "×", "✗", "no", "n", "0", "不上门", "停用")),
)
_NUMBER = re.compile(r"(-?\d{1,3}(?:,\d{3})+|-?\d+)(?:\.0+)?\s*(?:名|人|个|位|分钟?|天|年|元|岁|席|座)?")
_NEUTRAL = re.compile(r"'(?='*[=+\-@\t\r＝＋－＠])")
"""A sign that our exports put before what a spreadsheet would run; ``exporting`` says more."""
_LITERAL = re.compile(r'="([^"]*)"')
"""Excel's way to keep 0935 as text in CSV. Nothing is computed in it."""


def read(cell: Cell, field: Field, today: date) -> Read | Refused:
    """What the cell says for the field. ``today``: Gansu's, for dates without a year."""
    match cell:
        case None:
            return Read(None)
        case Nested():
            return Refused(Word("nested"))
        case Broken(text):
            return Refused(Word("broken", {"seen": shown(text)}))
        case Formula(text, result):
            return _formula(text, result, field, today)
        case str():
            if literal := _LITERAL.fullmatch(cell):
                return _formula(cell, literal[1], field, today)
            if cell.startswith(("=", "＝")):
                return Refused(Word("formula", {"seen": shown(cell)}))
            if empty(prose(cell)):
                return Read(None)
            cell = _NEUTRAL.sub("", cell, count=1) if cell[0] == "'" else cell
    return _READERS[field.kind](cell, field, today)


def _formula(text: str, result: Cell, field: Field, today: date) -> Read | Refused:
    if result is None or result == "" or isinstance(result, Broken):
        return Refused(Word("formula", {"seen": shown(text)}))
    found = _READERS[field.kind](result, field, today)
    if isinstance(found, Refused):
        return found
    return Read(found.value, Word("formula_result", {"seen": shown(text), "read": shown(text_of(result))}))


def _text(cell: Cell, field: Field, _today: date) -> Read | Refused:
    return _fits(prose(text_of(cell)), field)


def _name(cell: Cell, field: Field, _today: date) -> Read | Refused:
    seen = prose(text_of(cell))
    read = joined(seen)
    found = _fits(read, field)
    if isinstance(found, Refused) or read == seen:
        return found
    return Read(read, Word("mended", {"seen": shown(seen), "read": shown(read)}))


def _fits(text: str, field: Field) -> Read | Refused:
    if len(text) > field.longest:
        return Refused(Word("too_long", {"count": len(text), "most": field.longest}))
    return Read(None if empty(text) else text)


def _number(cell: Cell, field: Field, _today: date) -> Read | Refused:
    seen = text_of(cell)
    found = _NUMBER.fullmatch(dates.arabic(folded(seen)))
    if not found:
        lost = re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", folded(seen))
        return Refused(Word("digits_lost" if lost else "number_wrong", {"seen": shown(seen)}))
    number = int(found[1].replace(",", ""))
    if not field.least <= number <= field.most:
        return Refused(Word("number_range", {"seen": number, "least": field.least, "most": field.most}))
    plain = str(number) == seen.strip()
    return Read(number, None if plain else Word("mended", {"seen": shown(seen), "read": number}))


def _yes_no(cell: Cell, _field: Field, _today: date) -> Read | Refused:
    if isinstance(cell, bool):
        return Read(cell)
    found = choices.read_choice(text_of(cell), YES_NO)
    if isinstance(found, Refused):
        return Refused(Word("yes_no_wrong", {"seen": shown(text_of(cell))}))
    return Read(found.value == "true", found.remark)


_READERS: dict[str, Callable[[Cell, Field, date], Read | Refused]] = {
    "text": _text,
    "name": _name,
    "number": _number,
    "yes_no": _yes_no,
    "phone": lambda cell, _field, _today: telephones.read_phone(cell),
    "dialled": lambda cell, _field, _today: telephones.read_dialled(cell),
    "date": lambda cell, _field, today: dates.read_date(cell, today),
    "clock": lambda cell, _field, _today: dates.read_clock(cell),
    "choice": lambda cell, field, _today: choices.read_choice(text_of(cell), field.options),
    "services": lambda cell, _field, _today: parts.read_services(text_of(cell)),
    "names": lambda cell, field, _today: parts.read_names(text_of(cell), field.longest),
    "hours": lambda cell, _field, _today: parts.read_hours(text_of(cell)),
    "papers": lambda cell, _field, _today: parts.read_papers(text_of(cell)),
    "paragraphs": lambda cell, _field, _today: parts.read_paragraphs(text_of(cell)),
}
