"""CSV and TSV. The encoding is tried, not guessed: UTF-8 strictly, then GB18030 strictly.

Chinese text in GB18030 is all but never valid UTF-8, so the order decides: nothing is guessed from counts of letters,
which a short list of names has too few of.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from outreach.exchange.lines import FileRefused, Line
from outreach.exchange.words import Word

DELIMITERS: Final = ",\t;|，"
SAMPLE_LINES: Final = 50
CHUNK_BYTES: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TRIED: Final = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class Csv:
    """A text file of rows."""

    path: Path
    encoding: str
    delimiter: str
    kind: str = "csv"
    headed: bool = False

    @staticmethod
    def open(path: Path) -> "Csv":
        """Find out how it is written. Raises FileRefused."""
        encoding = encoding_of(path)
        with path.open(encoding=encoding, newline="") as file:
            sample = [line for line, _ in zip(file, range(SAMPLE_LINES), strict=False)]
        return Csv(path, encoding, _delimiter(sample))

    @property
    def remarks(self) -> Sequence[Word]:
        """Its encoding, where it is not the usual one."""
        if self.encoding.startswith("utf-8"):
            return ()
        return (Word("encoding", {"encoding": self.encoding.upper()}),)

    def rows(self) -> Iterator[Line]:
        """Rows; ``number`` is that of the row's first line in the file."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            number = 1
            while True:
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise FileRefused(Word("unheld", {"why": f"{number}: {error}"})) from None
                yield Line(number, cells)
                number = reader.line_num + 1


def encoding_of(path: Path) -> str:
    """How a text file is written. Raises FileRefused: in none of the ways we know."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return _checked(path, encoding)
    for encoding in _TRIED:
        try:
            return _checked(path, encoding)
        except FileRefused:
            continue
    raise FileRefused(Word("file_unreadable"))


def _checked(path: Path, encoding: str) -> str:
    """The encoding, once the whole file has been read in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise FileRefused(Word("file_unreadable")) from None
    return encoding


def _delimiter(sample: list[str]) -> str:
    """The sign that cuts most lines into the same number of cells; a comma where none does."""

    def agreement(delimiter: str) -> tuple[int, int]:
        try:
            rows = list(csv.reader(StringIO("".join(sample), newline=""), delimiter=delimiter))
        except csv.Error:
            return 0, 0
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, lines = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return lines, width

    return max(DELIMITERS, key=agreement)
