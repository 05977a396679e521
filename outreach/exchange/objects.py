"""JSON: a list of objects, or an object a line. Read piece by piece: a million objects need the memory of one."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from outreach.exchange.lines import FileRefused, Line
from outreach.exchange.reading import Cell, Nested, marked
from outreach.exchange.tables import encoding_of
from outreach.exchange.words import Word

CHUNK_CHARACTERS: Final = 1 << 16
LONGEST_OBJECT: Final = 1 << 20
NAMED_BY: Final = 200
"""So many objects are asked what their fields are called."""
_SPACE = " \t\r\n"
_GAP = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class Objects:
    """A JSON file. Line 1 holds the names; object n is line n + 1."""

    path: Path
    encoding: str
    names: tuple[str, ...]
    kind: str = "json"
    headed: bool = True
    remarks: Sequence[Word] = ()

    @staticmethod
    def open(path: Path) -> "Objects":
        """Gather the names. Raises FileRefused."""
        encoding = encoding_of(path)
        names: dict[str, None] = {}
        for found in islice(_objects(path, encoding), NAMED_BY):
            names |= dict.fromkeys(found)
        if not names:
            raise FileRefused(Word("file_empty"))
        return Objects(path, encoding, tuple(names))

    def rows(self) -> Iterator[Line]:
        """The names, then each object's values in their order."""
        yield Line(1, self.names)
        for number, found in enumerate(_objects(self.path, self.encoding), 2):
            yield Line(number, [_cell(found.get(name)) for name in self.names])


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return marked(value)
    return Nested() if isinstance(value, dict | list) else value


def _objects(path: Path, encoding: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    with path.open(encoding=encoding, newline="") as file:
        text = file.read(CHUNK_CHARACTERS).lstrip(_SPACE)
        listed = text.startswith("[")
        at = int(listed)
        while True:
            at = _GAP.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if listed and text.startswith("]", at):
                if text[at + 1 :].strip(_SPACE) or file.read(CHUNK_CHARACTERS).strip(_SPACE):
                    raise FileRefused(Word("json_wrong", {"why": "]"}))
                return
            try:
                found, end = decoder.raw_decode(text, at)
            except RecursionError:
                raise FileRefused(Word("json_wrong", {"why": "[[[…"})) from None
            except ValueError as error:  # cut off, or wrong
                more = file.read(CHUNK_CHARACTERS) if len(text) - at < LONGEST_OBJECT else ""
                if not more and not listed and at == len(text):
                    return
                if not more:
                    raise FileRefused(Word("json_wrong", {"why": str(error)[:60]})) from None
                text, at = text[at:] + more, 0
                continue
            if not isinstance(found, dict):
                raise FileRefused(Word("json_wrong", {"why": f"{text[at : at + 20]} …"}))
            at = end
            yield found
