"""Cuts a text, as written, where a voice would breathe: the pieces become clips."""

import re

LONGEST = 60
"""Characters in a piece before it is cut at a comma as well: about 15 seconds at normal speed."""

_CLOSING = "”’」』）)】》\"'"
_END = re.compile(
    rf"(?<=[。！？；!?;\n])[{re.escape(_CLOSING)}]*\s*|(?<=\w\w\.|\s\d\.)[{re.escape(_CLOSING)}]*(?:\s+|$)"
)
_COMMA = re.compile(r"(?<=[，,])(?!\d)|(?<=\D[，,])(?=\d)")
_SAYABLE = re.compile(r"\w|[#*]")


def sentences(text: str) -> tuple[str, ...]:
    """``text`` cut after 。！？； and new lines, and at commas where a piece is longer than 60 characters.

    Never inside a number; punctuation stays with the piece before it; a piece that would be punctuation alone
    is joined to its neighbour. But for white space at the cuts, the pieces together are the text.
    """
    pieces: list[str] = []
    for sentence in _cut(_END, text):
        pieces.extend([sentence] if len(sentence) <= LONGEST else _shortened(sentence))
    joined: list[str] = []
    for piece in pieces:
        if joined and not (_SAYABLE.search(piece) and _SAYABLE.search(joined[-1])):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(stripped for piece in joined if (stripped := piece.strip()))


def _cut(where: re.Pattern[str], text: str) -> list[str]:
    """``text`` cut at the end of each match; nothing is lost."""
    pieces, start = [], 0
    for match in where.finditer(text):
        pieces.append(text[start : match.end()])
        start = match.end()
    pieces.append(text[start:])
    return [piece for piece in pieces if piece]


def _shortened(sentence: str) -> list[str]:
    """As few pieces as keep within the limit where commas allow it."""
    pieces = [""]
    for part in _cut(_COMMA, sentence):
        if pieces[-1] and len(pieces[-1]) + len(part) > LONGEST:
            pieces.append("")
        pieces[-1] += part
    return pieces
