"""The words a Vosk model knows, read from its files without loading it; and phrases cut into such words.

Must not import vosk: the lints and ``missing`` run where no model is loaded. Large official models keep their
words in ``graph/words.txt``; small ones only inside ``graph/Gr.fst``, as an OpenFst symbol table.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

FST_MAGIC, SYMBOLS_MAGIC = 2125659606, 2125658996  # OpenFst: fst.cc, symbol-table.cc
HAS_INPUT_SYMBOLS, HAS_OUTPUT_SYMBOLS = 1, 2  # OpenFst: FstHeader flags
NOT_WORDS = frozenset({"<eps>", "<s>", "</s>", "#0", "!SIL", "[unk]", "<unk>"})
SEPARATORS = re.compile(r"[^\w']+")


class ModelError(Exception):
    """A model cannot be used. The message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The model's words. ``longest``: of any word, in characters."""

    words: frozenset[str]
    longest: int

    def segment(self, phrase: str) -> tuple[str, ...] | None:
        """``phrase`` as words of the model, as few as possible; None where no split exists.

        Spaces and punctuation part words. On a tie the longer word comes first.
        """
        found: list[str] = []
        for piece in plain(phrase).split():
            words = self._split(piece)
            if words is None:
                return None
            found += words
        return tuple(found) or None

    def missing(self, phrases: Sequence[str]) -> list[str]:
        """Those of ``phrases`` with something in them that no word of the model covers."""
        return [phrase for phrase in phrases if self.segment(phrase) is None]

    def _split(self, piece: str) -> tuple[str, ...] | None:
        best: list[tuple[str, ...] | None] = [None] * len(piece) + [()]
        for start in reversed(range(len(piece))):
            for end in range(min(len(piece), start + self.longest), start, -1):
                rest = best[end]
                if rest is None or piece[start:end] not in self.words:
                    continue
                known = best[start]
                if known is None or len(rest) + 1 < len(known):
                    best[start] = (piece[start:end], *rest)
        return best[0]


def plain(phrase: str) -> str:
    """Full-width forms folded, lower case, one space wherever there was none or any punctuation."""
    return SEPARATORS.sub(" ", unicodedata.normalize("NFKC", phrase).lower()).strip()


def read_lexicon(model_dir: Path) -> Lexicon:
    """The words of the model in ``model_dir``. Raises ModelError when they cannot be read."""
    for name, reader in (("HCLG.fst", _symbols), ("Gr.fst", _symbols), ("words.txt", _lines)):
        path = model_dir / "graph" / name
        if not path.is_file():
            continue
        try:
            words = frozenset(reader(path)) - NOT_WORDS
        except (OSError, ValueError, struct.error) as error:
            raise ModelError(f"{path} cannot be read ({error}): fetch the model again") from error
        if words:
            return Lexicon(words, max(map(len, words)))
    raise ModelError(f"{model_dir} has no list of words: neither graph/words.txt nor symbols in graph/Gr.fst")


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield line.split()[0]


def _symbols(path: Path) -> Iterator[str]:
    """The output symbols of an OpenFst file, as libvosk finds them (model.cc); nothing where it carries none.

    Header: magic, type, arc type, version, flags, properties, start, states, arcs; little-endian.
    """
    with path.open("rb") as file:
        if _number(file, "<i") != FST_MAGIC:
            raise ValueError("not an OpenFst file")
        _text(file)
        _text(file)
        _number(file, "<i")
        flags = _number(file, "<i")
        file.seek(32, 1)
        if flags & HAS_INPUT_SYMBOLS:
            for _ in _table(file):
                pass
        if flags & HAS_OUTPUT_SYMBOLS:
            yield from _table(file)


def _table(file: BinaryIO) -> Iterator[str]:
    if _number(file, "<i") != SYMBOLS_MAGIC:
        raise ValueError("no symbol table where its header announces one")
    _text(file)
    _number(file, "<q")
    for _ in range(_number(file, "<q")):
        yield _text(file)
        _number(file, "<q")


def _number(file: BinaryIO, layout: str) -> int:
    (value,) = struct.unpack(layout, file.read(struct.calcsize(layout)))
    return int(value)


def _text(file: BinaryIO) -> str:
    length = _number(file, "<i")
    if not 0 <= length < 1 << 16:
        raise ValueError(f"a string of {length} bytes")
    return file.read(length).decode("utf-8")
