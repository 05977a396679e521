"""The refused lines of an import as a file of the same kind: as they were written, each with why, to be mended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from outreach.exchange import staging
from outreach.exchange.fields import Target
from outreach.exchange.headers import Layout
from outreach.exchange.staging import Import, Row
from outreach.exchange.targets import TARGETS
from outreach.exchange.understanding import spelt
from outreach.exchange.words import Language, say
from outreach.exchange.writing import write

REASON: Final = {"zh-CN": "没有导入的原因", "en": "why it was refused"}
PAGE: Final = 500


def write_refused(db: Connection, one: Import, path: Path, language: Language = "zh-CN") -> int:
    """Write them; how many. ``path``: its name says the kind, see ``suffix``."""
    header = (*_names(one.layout), REASON[language])
    return write(path, header, _lines(db, one, language))


def suffix(one: Import) -> str:
    """The same kind as what came in."""
    return f".{one.kind}"


def reasons(row: Row, target: Target, language: Language = "zh-CN") -> str:
    """All that is said of a line, in one cell."""
    return "；".join(_reason(target, field, say(word, language)) for field, word in row.remarks)


def _reason(target: Target, field: str, said: str) -> str:
    return f"{target.field(field).zh}：{said}" if field else said


def _names(layout: Layout) -> list[str]:
    """As written, but no two alike and none empty: a JSON object could not hold them."""
    names: list[str] = []
    for column, name in enumerate(layout.names, 1):
        unique = name or f"({column})"
        names.append(unique if unique not in names else f"{unique} ({column})")
    return names


def _lines(db: Connection, one: Import, language: Language) -> Iterator[list[Any]]:
    target, width, after = TARGETS[one.target], len(one.layout.names), 0
    while rows := staging.lines(db, one.id, "refused", after, PAGE):
        for row in rows:
            cells = list(row.cells) if row.cells is not None else _again(one.layout, target, row)
            yield [*(cells + [None] * width)[:width], reasons(row, target, language)]
        after = rows[-1].line


def _again(layout: Layout, target: Target, row: Row) -> list[Any]:
    """A line that was refused only when it was applied: its cells are gone, its values are not."""
    cells: list[Any] = [None] * len(layout.names)
    for guess in layout.guesses:
        cells[guess.column] = spelt(target.field(guess.field), (row.understood or {}).get(guess.field))
    return cells
