"""Rows to a file: CSV, TSV, XLSX or JSON, one after the other, never all in memory.

Nothing that leaves the house can be run by the program that opens it. In CSV a cell that a spreadsheet would take for
a formula gets an apostrophe before it (owasp.org/www-community/attacks/CSV_Injection); our own import takes it off
again. In XLSX every text is stored as text, whatever it begins with.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

RUNS: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet would run, or what only an apostrophe keeps from it."""
LONGEST_CELL: Final = 32_767
"""Of XLSX."""

Rows = Iterable[Sequence[Any]]


class UnknownKind(Exception):
    """The file's name ends in nothing that can be written."""


def write(path: Path, header: Sequence[str], rows: Rows) -> int:
    """Write a file whose kind its name tells; how many rows. Raises UnknownKind, OSError; leaves no half a file."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UnknownKind("、".join(WRITERS))
    part = path.with_name(f"{path.name}.part")
    part.touch(0o600)
    try:
        count = writer(part, header, rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def harmless(value: Any) -> Any:
    """A CSV cell that no spreadsheet runs."""
    return f"'{value}" if isinstance(value, str) and RUNS.match(value) else value


def _csv(path: Path, header: Sequence[str], rows: Rows, delimiter: str = ",") -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # with its mark, or Excel shows no Chinese
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(map(harmless, header))
        for row in rows:
            writer.writerow(map(harmless, row))
            count += 1
    return count


def _xlsx(path: Path, header: Sequence[str], rows: Rows) -> int:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    count = -1
    try:
        for row in chain([header], rows):
            sheet.append([_text(sheet, value) for value in row])
            count += 1
    finally:
        sheet.close()  # it writes into a file of its own until then
    book.save(path)
    return count


def _text(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST_CELL]
    if not value.startswith(("=", "+", "-", "@")):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
    return cell


def _json(path: Path, header: Sequence[str], rows: Rows) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(",\n" if count else "[\n")
            json.dump(dict(zip(header, row, strict=True)), file, ensure_ascii=False)
            count += 1
        file.write("\n]\n" if count else "[]\n")
    return count


WRITERS: Final[Mapping[str, Callable[[Path, Sequence[str], Rows], int]]] = {
    ".csv": _csv,
    ".tsv": lambda path, header, rows: _csv(path, header, rows, "\t"),
    ".xlsx": _xlsx,
    ".json": _json,
}
