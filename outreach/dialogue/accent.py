"""How people of Wuwei's four counties say Mandarin: sounds that merge, as data for ``sound.py``. No logic.

Source: the character tables of MCPDict (github.com/osfans/MCPDict: 武威, 民勤, 古浪, 天祝) and notes on the
Minqin dialect. One informant each, so these are weights for guessing, never rules. Left out: tone (ignored
always, the counties keep two to four), w said as v (meets no other sound), and shu as fu (a Lanzhou trait,
not attested in Wuwei).

Finals are written in full: iou, uei, uen, v for ü; y and w are spelling only (yan = ian, wen = uen).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

Pair = frozenset[str]


def pairs(*groups: str) -> frozenset[Pair]:
    """Every two of each group of space-separated sounds."""
    return frozenset(frozenset(two) for group in groups for two in combinations(group.split(), 2))


@dataclass(frozen=True, slots=True, eq=False)
class Accent:
    """One county. ``merged…``: the same to the ear, mapped to one of them. ``close…``: nearly so.

    ``readings``: further readings of single characters (colloquial ones, and initials that changed by word).
    """

    merged_finals: Mapping[str, str]
    merged_initials: Mapping[str, str] = field(default_factory=dict)
    merged_syllables: Mapping[str, str] = field(default_factory=dict)
    close_finals: frozenset[Pair] = frozenset()
    close_initials: frozenset[Pair] = frozenset()
    close_syllables: frozenset[Pair] = frozenset()
    readings: Mapping[str, str] = field(default_factory=dict)


_EN = {"en": "eng"}  # 真 正: everywhere
_NASALS = _EN | {"in": "ing", "uen": "ong", "ueng": "ong", "vn": "iong"}  # 心 星, 孙 松, 云 用
_AN_AI = pairs("an ai", "uan uai")  # 但 代, 关 乖: where close, not merged
_RETROFLEX = pairs("zh z", "ch c", "sh s")  # 山 三, 争, 茶: by word (上 书 keep sh), so never more than close
_SHI = {"shi": "si", "zhi": "zi"}  # 是 四, 支 资: the whole syllable
_ER = pairs("er e", "er ge", "er a")  # recognisers hear 二 as 额, 个, 啊
_GA = pairs(
    "an gan", "en gen", "ai gai", "ao gao", "ou gou", "e ge", "ang gang"
)  # 安 恩 爱 begin with a soft g
_YE = {"业": "nie", "硬": "ning"}

ACCENTS: Mapping[str, Accent] = {
    "liangzhou": Accent(
        merged_finals=_NASALS | {"an": "ang", "ian": "iang", "uan": "uang"},  # 三 桑, 先 乡, 官 光
        merged_syllables=_SHI,
        close_initials=_RETROFLEX,
        close_syllables=_ER | _GA | pairs("chi ci"),  # 迟, but not 吃 尺
        readings=_YE
        | {"去": "qi", "下": "ha", "街": "gai", "六": "lu", "角": "ge"}  # colloquial
        | {
            "百": "pai",
            "北": "pei",
            "伯": "po",
            "局": "qu",
            "直": "chi",
            "值": "chi",
            "撞": "chuang",
        },  # aspirated
    ),
    "minqin": Accent(
        merged_finals=_NASALS | {"an": "ai", "uan": "uai"},  # 但 代, 关 乖
        merged_initials={"n": "l"},  # complementary: n before i and ü, else l
        merged_syllables=_SHI | {"di": "zi", "ti": "ci", "bian": "bei", "mian": "mei"},  # 低 资, 变 倍
        close_initials=_RETROFLEX,
        close_syllables=_ER | _GA | pairs("chi ci", "jie jian", "xie xian"),  # 介 戒 偕
        readings=_YE | {"去": "qi", "下": "ha"},  # colloquial
    ),
    "gulang": Accent(
        merged_finals=_EN | {"ian": "ie", "van": "ve"},  # 天 贴, 元 月; 心 and 星 stay apart
        merged_syllables={"chi": "ci", "shi": "si", "an": "gan", "en": "gen"},  # 吃 次, 暗 干
        close_finals=_AN_AI,
        close_syllables=_ER,
        readings={"去": "qie", "下": "ha", "街": "gai", "鞋": "hai", "虎": "fu"},  # colloquial
    ),
    "tianzhu": Accent(
        merged_finals=_NASALS,
        close_finals=_AN_AI,
        close_syllables=_ER,
        readings={"去": "qi", "下": "ha"},  # colloquial
    ),
}
"""County as in ``store.schema.COUNTIES`` -> its accent."""

STANDARD: Mapping[str, str] = {
    "重听": "chong ting", "重新": "chong xin", "重复": "chong fu", "重说": "chong shuo", "重来": "chong lai",
    "藏族": "zang zu", "华藏": "hua zang", "西藏": "xi zang", "长城": "chang cheng", "长期": "chang qi",
    "长途": "chang tu", "银行": "yin hang", "行业": "hang ye", "商行": "shang hang", "音乐": "yin yue",
    "会计": "kuai ji", "调整": "tiao zheng", "空调": "kong tiao", "人参": "ren shen", "出差": "chu chai",
    "便宜": "pian yi", "了解": "liao jie", "供给": "gong ji", "着急": "zhao ji", "睡觉": "shui jiao",
    "相似": "xiang si",
}  # fmt: skip
"""Words of ours whose characters are not read as usual. (pypinyin's own phrase table would cost 45 MB.)"""

FILLERS = frozenset("我你您们想要听请帮给找查看问说选去就是那这个嗯啊喂哎唉呃吧呢吗了呀哦的谢") | {
    "please",
    "the",
    "to",
}
"""Said around a choice without changing it. Single characters: they are stripped from both ends."""
NEGATORS: Mapping[str, str] = {
    "不": "bu", "别": "bie", "没": "mei", "莫": "mo", "甭": "beng", "勿": "wu",
    "not": "not", "no": "no", "don't": "don't", "never": "never",
}  # fmt: skip
"""What turns the words after it round, and how it sounds."""
NEUTRAL = (
    "不好意思",
    "对不起",
    "没关系",
    "不客气",
    "有没有",
    "是不是",
    "能不能",
    "可不可以",
    "听不听",
    "听不清",
    "你好",
    "您好",
    "早上好",
    "上午好",
    "下午好",
    "晚上好",
)
"""They contain a negator, or a yes, and mean neither; dropped before words are looked for, unless offered."""
