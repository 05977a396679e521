"""One line of a file, by its layout and target: what each cell says, or why it is refused. No database."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from outreach.exchange import cells
from outreach.exchange.fields import Field, Target, Values
from outreach.exchange.headers import Guess
from outreach.exchange.lines import Line
from outreach.exchange.parts import written
from outreach.exchange.reading import Cell, Refused, shown, text_of
from outreach.exchange.staging import Remark
from outreach.exchange.words import Word


@dataclass(frozen=True, slots=True)
class Understood:
    """``values``: what is known; ``refused``: why it cannot go on; ``remarks``: what was mended or assumed."""

    values: dict[str, Any]
    refused: tuple[Remark, ...]
    remarks: tuple[Remark, ...]


def blank(line: Line) -> bool:
    """Is there nothing in it?"""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in line.cells)


def understand(line: Line, guesses: Sequence[Guess], target: Target, today: date) -> Understood:
    """Read every cell that is somebody's field, assume what the target lets assume, and hold it together."""
    values: dict[str, Any] = {}
    refused: list[Remark] = []
    remarks: list[Remark] = []
    for guess in guesses:
        cell = line.cells[guess.column] if guess.column < len(line.cells) else None
        match cells.read(cell, target.field(guess.field), today):
            case Refused(why):
                refused.append((guess.field, why))
            case found:
                if found.value is not None:
                    values[guess.field] = found.value
                if found.remark:
                    remarks.append((guess.field, found.remark))
                if guess.column in line.merged and found.value is not None:
                    remarks.append((guess.field, Word("merged_from", {"line": line.merged[guess.column]})))
    wrong = {name for name, _ in refused}
    for field in target.fields:
        if field.name not in values and field.name not in wrong:
            _absent(field, values, refused, remarks, today)
    if not refused and target.check:
        refused += [("", word) for word in target.check(values)]
    return Understood(values, tuple(refused), tuple(remarks))


def key_of(target: Target, values: Values) -> str:
    """A hash of what makes two lines the same thing."""
    key = json.dumps([values.get(name) for name in target.key], ensure_ascii=False)
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def kept(cells_of_line: Sequence[Cell]) -> list[Any]:
    """A line's cells as JSON, so that it can be given back as it was."""
    return [
        cell if cell is None or isinstance(cell, str | int) or _finite(cell) else text_of(cell)
        for cell in cells_of_line
    ]


def _finite(cell: Cell) -> bool:
    return isinstance(cell, float) and math.isfinite(cell)


def spelt(field: Field, value: Any) -> str:
    """A value as a counselor would write it: what ``cells.read`` reads back as the same."""
    from outreach.exchange.choices import called
    from outreach.exchange.fields import PARTS
    from outreach.exchange.telephones import dialled

    if value is None:
        return ""
    if field.kind in PARTS:
        return written(field.kind, value)
    match field.kind:
        case "choice":
            return called(field.options, value)
        case "yes_no":
            return "是" if value else "否"
        case "phone":
            return dialled(value)
        case _:
            return str(value)


def _absent(
    field: Field, values: dict[str, Any], refused: list[Remark], remarks: list[Remark], today: date
) -> None:
    assumed = field.assume(values, today.isoformat()) if field.assume else None
    if assumed is not None:
        values[field.name] = assumed
        if assumed != "":
            remarks.append((field.name, Word("assumed", {"read": shown(spelt(field, assumed))})))
    elif field.required:
        refused.append((field.name, Word("required")))
