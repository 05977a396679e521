"""What a file is to whoever reads it: rows of cells, one after the other, or a refusal in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from outreach.exchange.reading import Cell
from outreach.exchange.words import Word


class FileRefused(Exception):
    """The whole file cannot be read; ``why`` says so to a counselor."""

    def __init__(self, why: Word) -> None:
        super().__init__(why.code)
        self.why = why


@dataclass(frozen=True, slots=True)
class Line:
    """One row. ``number``: as its own program shows it, from 1.

    Of merged cells: ``merged`` says of a column from which line its value is, ``wide`` from which column to the left
    it would be, were it filled to the right.
    """

    number: int
    cells: Sequence[Cell]
    merged: dict[int, int] = field(default_factory=dict)
    wide: dict[int, int] = field(default_factory=dict)


class Source(Protocol):
    """An opened file. ``rows`` may be called again and starts anew; it may raise FileRefused in the middle."""

    @property
    def kind(self) -> str:
        """csv, xlsx or json."""

    @property
    def remarks(self) -> Sequence[Word]:
        """What a counselor should know of how it is read."""

    @property
    def headed(self) -> bool:
        """Do its rows carry their own names (JSON)? Then line 1 is made of them."""

    def rows(self) -> Iterator[Line]:
        """All rows, empty ones too."""
