"""How many parts a text message is sent in, and where one that is too long may be cut. Pure.

Sources: 3GPP TS 23.038, 6.2.1 (the GSM 7 bit alphabet and its extension); TS 23.040, 9.2.3.24.1 (parts of a longer
message: 153 septets or 67 UCS-2 units). One character outside the alphabet turns the whole message into UCS-2.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
"""Each costs two: an escape and the character."""
CAPACITY: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""Units of a message in one part, and of each part of a longer one."""

SENTENCE_ENDS = re.compile(r"[。！？；\n]+|[.!?;](?= )")
CLAUSE_ENDS = re.compile(r"[，、：]|[,:](?= )| ")
WHOLE = re.compile(r"\+?\d+(?:[-.,:/ ]\d+)*|[A-Za-z]+")
"""Numbers and words: never cut inside one."""
SHORTEST = 3
"""A cut at a sentence's end may leave this share of a message unused at most: one over it is left."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a message takes: ``units`` are septets or UCS-2 code units, ``parts`` what the carrier counts."""

    encoding: Encoding
    units: int
    parts: int


def size(text: str) -> Size:
    """Measure a message. An empty one takes no part."""
    encoding = _encoding(text)
    costs = _costs(text, encoding)
    return Size(encoding, sum(costs), _parts(costs, encoding))


def cut(text: str, parts: int, taken: int = 0) -> tuple[str, str]:
    """``text`` in two: as much as fits into ``parts``, and the rest. The first is never empty where text is not.

    Cut at the end of a sentence, else of a clause, else anywhere but within a number, a word or what is seen as
    one character. Only a number longer than ``parts`` is broken. Nothing before ``taken`` counts as an end.
    """
    fits = _fitting(text, parts)
    if fits >= len(text):
        return text, ""
    earliest = taken + max(1, (fits - taken) // SHORTEST)
    whole = [match.span() for match in WHOLE.finditer(text[: fits + 40])]

    def allowed(at: int) -> bool:
        return not any(start < at < end for start, end in whole) and not _joined(text, at)

    for ends in (SENTENCE_ENDS, CLAUSE_ENDS):
        found = [match.end() for match in ends.finditer(text[:fits]) if match.end() >= earliest]
        if at := next((at for at in reversed(found) if allowed(at)), 0):
            return text[:at].rstrip(), text[at:].lstrip()
    at = next((at for at in range(fits, taken, -1) if allowed(at)), fits)
    return text[:at], text[at:]


def _encoding(text: str) -> Encoding:
    return "GSM-7" if all(char in ALPHABET or char in EXTENSION for char in text) else "UCS-2"


def _costs(text: str, encoding: Encoding) -> list[int]:
    if encoding == "GSM-7":
        return [2 if char in EXTENSION else 1 for char in text]
    return [2 if char > "\uffff" else 1 for char in text]


def _parts(costs: Sequence[int], encoding: Encoding) -> int:
    alone, each = CAPACITY[encoding]
    units = sum(costs)
    if units <= alone:
        return 1 if units else 0
    if units == len(costs):  # no character of two units: nearly always
        return -(-units // each)
    return sum(1 for _ in _starts(costs, encoding))


def _starts(costs: Sequence[int], encoding: Encoding) -> Iterator[int]:
    """Where each part begins: no character of two units is divided between two parts."""
    _, each = CAPACITY[encoding]
    free = 0
    for index, cost in enumerate(costs):
        if cost > free:
            yield index
            free = each
        free -= cost


def _fitting(text: str, parts: int) -> int:
    """How many characters of ``text`` fit into ``parts``."""
    # the longest that could fit: what lies behind it need not be measured, however long it is
    head = text[: parts * CAPACITY["GSM-7"][0] + 1]
    encoding = _encoding(head)
    costs = _costs(head, encoding)
    if _parts(costs, encoding) <= parts:
        return len(head)
    if parts == 1:
        alone, used = CAPACITY[encoding][0], 0
        for index, cost in enumerate(costs):
            used += cost
            if used > alone:
                return index
    starts = list(_starts(costs, encoding))
    return starts[parts]


def _joined(text: str, at: int) -> bool:
    """Whether what is before and after belongs to one visible character: marks, joiners, skin tones."""
    if at >= len(text):
        return False
    after, before = text[at], text[at - 1]
    return (
        bool(unicodedata.combining(after))
        or unicodedata.category(after) in ("Mn", "Me")
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\u200d" in (after, before)
    )
