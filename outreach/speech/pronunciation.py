"""Words espeak-ng's Mandarin voice reads wrong, respelt in pinyin with tone digits.

Found by comparing its phonemes with pypinyin's readings for 1,600 words of this service (espeak-ng 1.52);
the tests do it again. The voice reads pinyin among characters as long as a tone digit ends each syllable.
"""

import re

MANDARIN = "cmn-latn-pinyin"
"""Never "zh" (not accepted by 1.52), never "cmn" (1.51 reads four fifths of all characters in English)."""

VERSION = 1
"""Raise it with every change here: it is part of each cached clip's key."""

WORDS = {
    "便宜": "pian2yi5",
    "重听": "chong2ting1",
    "重播": "chong2bo1",
    "重选": "chong2xuan3",
    "重兴": "chong2xing1",  # a township of Minqin
    "华藏寺": "hua2zang4si4",  # the county town of Tianzhu
    "毛藏": "mao2zang4",
    "建行": "jian4hang2",
    "农行": "nong2hang2",
    "商行": "shang1hang2",
    "同行": "tong2hang2",
    "店长": "dian4zhang3",
    "处长": "chu4zhang3",
    "角色": "jue2se4",
    "称职": "chen4zhi2",
    "匀称": "yun2chen4",
    "种菜": "zhong4cai4",
    "看护": "kan1hu4",
    "地里": "di4li3",
    "椎": "zhui1",
    "较为": "jiao4wei2",
    "拓": "tuo4",
    "澄": "cheng2",
    "坊": "fang1",
    "酬": "chou2",
    "兒": "er2",
}

IONG = {
    # pinyin: the characters of that reading, which 1.52 reads in English ("k-shong-one")
    "xiong1": "兄兇凶匈哅忷恟汹洶胷胸訩詾讻賯",
    "xiong2": "熊雄",
    "xiong4": "夐敻詗诇",
    "qiong1": "芎",
    "qiong2": "儝卭宆惸桏橩焪焭煢琼瓊睘瞏穷穹窮竆笻筇茕藑藭蛩赹跫邛銎",
    "jiong1": "冂冋坰埛扃絅蘏駉駫",
    "jiong3": "侰僒冏囧泂澃炯烱煚煛熲窘褧迥逈颎",
}
_IONG = {char: reading for reading, chars in IONG.items() for char in chars}
_WORDS = re.compile("|".join(sorted(WORDS, key=len, reverse=True)))
_SYLLABLE = re.compile("([xqj])iong(?=[1-5])")


def respelt(text: str, *, iong: bool) -> str:
    """``text`` with the words above in pinyin. ``iong``: this engine cannot say -iong (see ``IONG``).

    Then 胸 becomes xong1: no syllable of the language, but the one the engine says as xiong1.
    """
    text = _WORDS.sub(lambda match: WORDS[match[0]], text)
    if not iong:
        return text
    text = "".join(_IONG.get(char, char) for char in text)
    return _SYLLABLE.sub(r"\1ong", text)
