"""XLSX, streamed with openpyxl's read-only mode. Merged cells and formulas are looked for in the sheet's own XML first.

Read-only mode knows no merged cells, and gives either formulas or their stored results, not both: so the raw part is
searched once, and a sheet that holds formulas is read twice side by side. No macro, link or formula is ever run.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.utils import column_index_from_string
from openpyxl.utils.exceptions import InvalidFileException

from outreach.exchange.lines import FileRefused, Line
from outreach.exchange.reading import Broken, Cell, Formula, marked
from outreach.exchange.words import Word

MOST_UNPACKED_MB: Final = 1024
CHUNK_BYTES: Final = 1 << 20
OVERLAP_BYTES: Final = 256
LOOKED_AT: Final = 50
"""So many first rows decide whether a sheet holds anything."""
MOST_MERGED: Final = 20_000
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged range, counted from 0 for columns and from 1 for lines."""

    first: int
    last: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook. ``merged``: by first line."""

    path: Path
    name: str
    others: tuple[str, ...]
    merged: Mapping[int, tuple[Merged, ...]]
    formulas: bool
    kind: str = "xlsx"
    headed: bool = False

    @staticmethod
    def open(path: Path) -> "Sheet":
        """The first visible sheet that holds anything. Raises FileRefused."""
        try:
            with zipfile.ZipFile(path) as archive:
                size = sum(part.file_size for part in archive.infolist()) >> 20
                if size > MOST_UNPACKED_MB:
                    raise FileRefused(Word("file_huge", {"size": size, "most": MOST_UNPACKED_MB}))
            with closing(openpyxl.load_workbook(path, read_only=True)) as book:
                sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
                for sheet in sheets:
                    sheet.reset_dimensions()
                chosen = next((sheet for sheet in sheets if _holds_anything(sheet)), None)
                if chosen is None:
                    raise FileRefused(Word("file_empty"))
                others = tuple(sheet.title for sheet in sheets if sheet is not chosen)
                # the one place where openpyxl says which part of the archive a sheet is
                merged, formulas = _searched(path, chosen._worksheet_path)
                return Sheet(path, chosen.title, others, merged, formulas)
        except (
            zipfile.BadZipFile,
            InvalidFileException,
            KeyError,
            ValueError,
            OSError,
            SyntaxError,
        ) as error:
            raise FileRefused(Word("file_locked", {"why": type(error).__name__})) from None

    @property
    def remarks(self) -> Sequence[Word]:
        """Other sheets, merged cells."""
        said = []
        if self.others:
            said.append(Word("sheet", {"name": self.name, "others": "、".join(self.others)}))
        if self.merged:
            said.append(Word("merged_cells", {"count": sum(map(len, self.merged.values()))}))
        return said

    def rows(self) -> Iterator[Line]:
        """Rows with merged cells filled downwards; to the right only ``Line.wide`` says so."""
        running: list[tuple[Merged, Cell]] = []
        try:
            for number, cells in enumerate(self._raw(), 1):
                running = [(one, value) for one, value in running if one.bottom >= number]
                line = Line(number, cells)
                for one, value in running:
                    _put(cells, one.first, value)
                    line.merged[one.first] = one.top
                for one in self.merged.get(number, ()):
                    _put(cells, one.last, cells[one.last] if one.last < len(cells) else None)
                    running.append((one, cells[one.first]))
                for one, _ in running:
                    line.wide.update(dict.fromkeys(range(one.first + 1, one.last + 1), one.first))
                yield line
        except (zipfile.BadZipFile, ValueError, KeyError, OSError, SyntaxError) as error:
            raise FileRefused(Word("file_locked", {"why": type(error).__name__})) from None

    def _raw(self) -> Iterator[list[Cell]]:
        with closing(openpyxl.load_workbook(self.path, read_only=True, data_only=True)) as book:
            results = book[self.name]
            results.reset_dimensions()
            if not self.formulas:
                yield from ([_cell(cell) for cell in row] for row in results.iter_rows())
                return
            with closing(openpyxl.load_workbook(self.path, read_only=True)) as second:
                written = second[self.name]
                written.reset_dimensions()
                for row, texts in zip(results.iter_rows(), written.iter_rows(), strict=True):
                    yield [
                        Formula(str(text.value), _plain(cell)) if text.data_type == "f" else _cell(cell)
                        for cell, text in zip(row, texts, strict=True)
                    ]


def _cell(cell: Any) -> Cell:
    if cell.data_type == "e":
        return Broken(str(cell.value))
    if isinstance(cell.value, str):
        return marked(cell.value)
    return _plain(cell)


def _plain(cell: Any) -> "str | int | float | bool | date | datetime | time | None":
    value = cell.value
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    return value if value is None or isinstance(value, str | int | float | date | time) else str(value)


def _put(cells: list[Cell], column: int, value: Cell) -> None:
    cells.extend([None] * (column + 1 - len(cells)))
    cells[column] = value


def _holds_anything(sheet: Any) -> bool:
    return any(
        cell is not None for row in sheet.iter_rows(max_row=LOOKED_AT, values_only=True) for cell in row
    )


def _searched(path: Path, part: str) -> tuple[dict[int, tuple[Merged, ...]], bool]:
    """Merged ranges by their first line, and whether there is any formula."""
    found: dict[int, tuple[Merged, ...]] = {}
    seen: set[tuple[bytes, ...]] = set()
    formulas, before = False, b""
    with zipfile.ZipFile(path) as archive, archive.open(part) as file:
        while chunk := file.read(CHUNK_BYTES):
            text = before + chunk
            formulas = formulas or _FORMULA.search(text) is not None
            if len(seen) < MOST_MERGED and b"mergeCell" in text:
                seen.update(match.groups() for match in _MERGED.finditer(text))
            before = text[-OVERLAP_BYTES:]
    for first, top, last, bottom in sorted(seen):
        one = Merged(
            column_index_from_string(first.decode()) - 1,
            column_index_from_string(last.decode()) - 1,
            int(top),
            int(bottom),
        )
        found[one.top] = (*found.get(one.top, ()), one)
    return found, formulas
