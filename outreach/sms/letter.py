"""A screen as text messages: the same words, choices as lines, cut at the ends of sentences. Pure.

What is the same by telephone and in writing is written once, as spoken: where the line says "press", the letter says
"reply" (WRITTEN). A prompt has a ``text`` of its own only where it would say something else.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from outreach.dialogue.page import Phrase
from outreach.sms import segments

PARTS_EACH = 3
"""Parts of one message: more than that, some telephones show in pieces. An opening with all details fits."""
LETTERS = 3
"""Messages in answer to one: after that, what is left is better heard than read."""

WRITTEN = tuple(
    (re.compile(spoken), written)
    for spoken, written in (
        (r"(?:按|讲)完了，请按井号键。?|按错一位，请按星号键。?", ""),
        (r"返回，请按星号键", "回上一步，请回复返回"),
        (r"按一次(?=\d)", "回复一次"),
        (r"按(?=\d)", "回复"),
        (r"按星号键", "回复返回"),
        (r"按井号键", "回复重听"),
        (r"请按您的", "请回复您的"),
        (r"(?:Then|When you are done), press hash\.?", ""),
        (r"\bpress star\b", "reply BACK"),
        (r"\bpress hash\b", "reply REPEAT"),
        (r"\bpress (?=\d)", "reply "),
    )
)


def letters(phrases: Sequence[Phrase], keys: Collection[str], signature: str, rest: str) -> tuple[str, ...]:
    """The messages for ``phrases``, signed. ``keys``: those that choose something.

    ``rest``: said at the end of the last message when even LETTERS are too few.
    """
    return post(text(phrases, keys), signature, rest)


def text(phrases: Sequence[Phrase], keys: Collection[str]) -> str:
    """The words of a turn as one text: prose run together, each choice on a line of its own."""
    said = [(written(phrase.text), _is_choice(phrase.text, keys)) for phrase in phrases]
    # numbers are spoken twice, written once
    pieces = [piece for at, piece in enumerate(said) if piece[0] and (at == 0 or piece != said[at - 1])]
    return "".join([pieces[0][0], *_joined(pieces)]) if pieces else ""


@lru_cache(4096)
def written(spoken: str) -> str:
    """Words for the ear as words for the eye. Most are prompts, and come again and again."""
    for pattern, instead in WRITTEN:
        spoken = pattern.sub(instead, spoken)
    return spoken.strip()


def post(body: str, signature: str, rest: str) -> tuple[str, ...]:
    """``body`` as signed messages, numbered where there are several. Beyond LETTERS, ``rest`` takes its place."""
    sign = f"【{signature}】"
    if segments.size(sign + body).parts <= PARTS_EACH:
        return (sign + body,)
    pieces: list[str] = []
    while body and len(pieces) < LETTERS:
        # the head of each message stands in front while it is cut, so that it is counted
        head = f"{sign}(9/9)"
        piece, left = segments.cut(head + body, PARTS_EACH, len(head))
        if left and len(pieces) == LETTERS - 1:
            head += rest
            piece, _ = segments.cut(head + body, PARTS_EACH, len(head))
            pieces.append(piece[len(head) :] + rest)
            break
        pieces.append(piece[len(head) :])
        body = left
    return tuple(f"{sign}({number}/{len(pieces)}){piece}" for number, piece in enumerate(pieces, 1))


def _is_choice(line: str, keys: Collection[str]) -> bool:
    key, space, _ = line.partition(" ")
    return bool(space) and key in keys


def _joined(pieces: Sequence[tuple[str, bool]]) -> Iterator[str]:
    for (before, was_choice), (piece, is_choice) in pairwise(pieces):
        if was_choice or is_choice:
            yield "\n"
        elif before[-1].isascii() and piece[0].isascii():
            yield " "
        yield piece
