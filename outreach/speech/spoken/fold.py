"""Makes writing uniform before the rules: full-width and styled characters, spaces."""

import re
import unicodedata

# Full-width punctuation keeps its meaning: 1，200 is two numbers, 1,200 is one.
_KEPT = frozenset("，。！？；：、（）～…")
_NAMED = {
    "㎡": "m2",
    "㎥": "m3",
    "²": "2",
    "³": "3",
    "¥": "¥",
    "￥": "¥",
    "−": "-",
    "–": "-",
    "‐": "-",
    "‑": "-",
    "№": "No.",
}
_CIRCLED = re.compile("[①-⑳⑴-⒇⒈-⒛]")
_HANZI = "\u3400-\u4dbf\u4e00-\u9fff"
# "按 1 键" has no pause where the spaces are, "3名 月薪" and "3名 22岁" have one.
_SQUEEZED = re.compile(
    rf"(?<=[{_HANZI}])(?<!\d[^年月日时点分\d]) +(?=[\dA-Za-z¥#*])|(?<=[\dA-Za-z#*]) +(?=[{_HANZI}])"
)


def fold(text: str) -> str:
    """``text`` with every digit as ASCII, letters half-width, invisible characters gone."""
    text = _CIRCLED.sub(lambda match: f"，{int(unicodedata.numeric(match[0]))}、", text)
    text = "".join(_character(char) for char in text.replace("\r\n", "\n"))
    text = re.sub(
        "[○〇](?=[零一二三四五六七八九〇○年])|(?<=[零一二三四五六七八九])[○〇]", "零", text
    ).replace("〇", "零")
    return _SQUEEZED.sub("", text)


def _character(char: str) -> str:
    if char in _KEPT:
        return char
    if char in _NAMED:
        return _NAMED[char]
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return ""
    return "".join(
        str(unicodedata.decimal(part, part))
        for part in unicodedata.normalize("NFKC", char).replace("\u2044", "/")
    )
