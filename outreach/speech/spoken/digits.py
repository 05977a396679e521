"""Numbers as Chinese words: whole numbers, decimals, digit strings. Knows nothing of what a number means."""

DIGITS = "零一二三四五六七八九"
PLACES = ("", "十", "百", "千")
SECTIONS = ("", "万", "亿", "万亿")
LONGEST = 4 * len(SECTIONS)
"""Digits a whole number may have before it is read digit by digit."""


_GROUPS = {5: (5,), 7: (3, 4), 10: (3, 3, 4), 11: (3, 4, 4), 17: (6, 4, 4, 3), 18: (6, 4, 4, 4)}


def by_digit(digits: str, one: str = "幺") -> str:
    """Each digit for itself. ``one``: 幺 for numbers one dials or copies, 一 for years and decimals."""
    return "".join(one if digit == "1" else DIGITS[int(digit)] for digit in digits)


def grouped(digits: str) -> str:
    """A telephone or card number in groups of three and four, with a pause between.

    11 digits 3-4-4, 10 digits 3-3-4, 8 digits 4-4, 7 digits 3-4, 18 digits (identity card) 6-4-4-4, up to
    five as one, anything else in even groups of at most four.
    """
    sizes = _GROUPS.get(len(digits)) or _even(len(digits))
    groups = []
    for size in sizes:
        groups.append(digits[:size])
        digits = digits[size:]
    return "，".join(by_digit(group) for group in groups if group)


def _even(length: int) -> tuple[int, ...]:
    groups = -(-length // 4)
    return tuple(length // groups + (index < length % groups) for index in range(groups))


def cardinal(number: int) -> str:
    """A whole number from 0 below 10**16, as in 两千零二十六; 两 at the head of 千, 万 and 亿."""
    if number == 0:
        return DIGITS[0]
    sections = []
    while number:
        number, section = divmod(number, 10_000)
        sections.append(section)
    words = ""
    gap = False
    for section, name in reversed(list(zip(sections, SECTIONS, strict=False))):
        if section == 0:
            gap = True
            continue
        if words and (gap or section < 1000):
            words += DIGITS[0]
        words += _section(section) + name
        gap = False
    if words.startswith("一十"):
        return words[1:]
    if words[:2] in ("二千", "二万", "二亿"):
        return "两" + words[1:]
    return words


def _section(number: int) -> str:
    """1 to 9999."""
    words = ""
    gap = False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if digit == 0:
            gap = bool(words)
            continue
        if gap:
            words += DIGITS[0]
            gap = False
        words += DIGITS[digit] + PLACES[power]
    return words


def number(text: str) -> str:
    """Digits with or without a decimal point: 3.50 is 三点五零, 007 is 零零七; too long ones by digit."""
    whole, point, fraction = text.partition(".")
    if len(whole) > LONGEST:
        words = grouped(whole)
    elif len(whole) > 1 and whole.startswith("0"):
        words = by_digit(whole)
    else:
        words = cardinal(int(whole))
    return f"{words}点{by_digit(fraction, one='一')}" if point else words
