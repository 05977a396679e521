"""Opens a file: what kind it is is seen from its bytes, never from its name."""

from pathlib import Path
from typing import Final

from outreach.exchange import objects, sheets, tables
from outreach.exchange.lines import FileRefused, Source
from outreach.exchange.words import Word

HEAD_BYTES: Final = 4096
ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def open_source(path: Path) -> Source:
    """What to read the file with. Raises FileRefused, OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileRefused(Word("file_empty"))
    if head.startswith(ZIP):
        return sheets.Sheet.open(path)
    if head.startswith(OLD_OFFICE):
        raise FileRefused(Word("file_old"))
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{"):
        return objects.Objects.open(path)
    return tables.Csv.open(path)
