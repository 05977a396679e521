"""The text rules: a table of what is written and what is said, and what must hold for any text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.speech.spoken import sentences, spoken
from outreach.speech.spoken.digits import cardinal, grouped, number

MANDARIN = """
招聘盲人按摩师3名，月薪4500-6000元|招聘盲人按摩师三名，月薪四千五百到六千元
电话0935-2212345|电话零九三五，二二幺，二三四五
面试时间2026-11-28 14:30|面试时间二零二六年十一月二十八日，十四点三十分
¥1,200.50元|一千二百点五元
12385|幺二三八五
2个|两个
8:30-17:30|八点半到十七点三十分
9:30-23:00|九点半到二十三点
#|井号键
*|星号键
100|一百
10086|幺零零八六
2212345|二二幺，二三四五
13893512345|幺三八，九三五幺，二三四五
138 9351 2345|幺三八，九三五幺，二三四五
138-9351-2345|幺三八，九三五幺，二三四五
2026年|二零二六年
4500-6000|四千五百到六千
50%|百分之五十
2名|两名
302室|三零二室
下午2点|下午两点
2026/11/28|二零二六年十一月二十八日
2026.11.28|二零二六年十一月二十八日
2026年1月5日|二零二六年一月五日
2026-11|二零二六年十一月
11/28|十一月二十八日
3月5日-9月8日|三月五日到九月八日
2025-2027年|二零二五到二零二七年
2026年度|二零二六年度
2026届|二零二六届
1998年8月08日|一九九八年八月八日
２０２６年１１月２８日|二零二六年十一月二十八日
工作26年|工作二十六年
2年|两年
14:30:05|十四点三十分五秒
2:30 PM|下午两点半
9:05|九点零五分
12:00|十二点
0:30|零点三十分
2点30分|两点半
每周一至周五 9:00～18:00|每周一至周五九点到十八点
3500元/月，提成35%|三千五百元每月，提成百分之三十五
¥3000-5000/月|三千到五千元每月
3.50元/斤|三点五元每斤
$100|一百美元
5000RMB|五千元
3K-5K|三千到五千
1.1k|一千一百
1.5万-2万元|一点五万到两万元
4500+|四千五百以上
30%-50%|百分之三十到百分之五十
30-50%|百分之三十到五十
3‰|千分之三
99.9%|百分之九十九点九
+86 13893512345|幺三八，九三五幺，二三四五
(0935)2212345|零九三五，二二幺，二三四五
（0935）2212345转802|零九三五，二二幺，二三四五，转八零二
0935-2212345-802|零九三五，二二幺，二三四五，转八零二
010-12345678|零幺零，幺二三四，五六七八
0935-12385|零九三五，幺二三八五
电话：2212345|电话，二二幺，二三四五
400-123-4567|四零零，幺二三，四五六七
4001234567|四零零，幺二三，四五六七
+1 202 555 0123|加幺，二零二，五五五，零幺二三
拨打120急救|拨打幺二零急救
110、119|幺幺零、幺幺九
12345|幺二三四五
120元|一百二十元
110人|一百一十人
12345元|一万二千三百四十五元
请转802|请转八零二
138****5678|尾号五六七八
尾号5678|尾号五六七八
身份证尾号123X|身份证尾号幺二三艾克斯
6223**********123X|尾号幺二三艾克斯
62230119800101123X43|六二二三零幺，幺九八零，零幺零幺，幺二三，艾克斯，四三
622301198001011234|六二二三零幺，幺九八零，零幺零幺，幺二三四
密码是 1234|密码是幺二三四
QQ:123456|扣扣，幺二三，四五六
第2名|第二名
第1-3期|第一到三期
No.3|第三
3室2厅|三室两厅
3号楼2单元302室|三号楼二单元三零二室
2-1-302|二杠幺杠三零二
118号|幺幺八号
28号|二十八号
2-3个，1-2名|两到三个，一到两名
2楼2月2日2号2路2年级|二楼二月二日二号二路二年级
12名 22人|十二名，二十二人
2000人，200人，20000元，2亿|两千人，二百人，两万元，两亿
105000000元|一亿零五百万元
1,000,000|一百万
-5℃到10℃|负五摄氏度到十摄氏度
80㎡|八十平方米
5kg，3km，500m，60km/h|五公斤，三公里，五百米，六十公里每小时
5×8小时|五乘八小时
每天8小时*26天|每天八小时乘二十六天
1:3|一比三
1/3|三分之一
3.50|三点五零
0.5|零点五
007|零零七
≥18岁|大于等于十八岁
18-45岁|十八到四十五岁
18～60周岁|十八到六十周岁
按#键，按*键，按**|按井号键，按星号键，按两次星号键
返回请按*，主菜单请按**，重听请按#号键|返回请按星号键，主菜单请按两次星号键，重听请按井号键
请按 1 键|请按一键
下载APP，发SMS，WiFi免费，VIP|下载手机软件，发短信，无线网免费，贵宾
C1驾照，B超，X光|西一驾照，必超，艾克斯光
abc@qq.com|诶必西艾特扣扣点西欧艾姆
见https://a.example/b?c=1|见网址
①招聘②培训|一、招聘，二、培训
【武威】（凉州区）“重听”|武威，凉州区，重听
😀你好❤|你好
😀|
好！！！|好！
二○二六年〇月|二零二六年零月
བོད|
"""
ENGLISH = """
Call 0935-2212345 at 14:30|Call zero nine three five, two two one, two three four five at fourteen thirty
13893512345|one three eight, nine three five one, two three four five
¥4,500-6,000|4500 to 6000 yuan
3500元/month|3500 yuan per month
9:05 am|nine oh five a m
2026-11-28|the twenty eighth of November 2026
Open until 12/3.|Open until the third of December.
Monday, 05/21|Monday, the twenty first of May
24/7 or 1/32|24/7 or 1/32
dial 12385|dial one two three eight five
Press # or **|Press hash or star twice
5kg|5 kilograms
30-50%|30 to 50 percent
a job in 武威|a job in
"""


def rows(table: str) -> list[tuple[str, str]]:
    return [
        (written, said) for written, _, said in (line.partition("|") for line in table.strip().splitlines())
    ]


@pytest.mark.parametrize(("written", "said"), rows(MANDARIN))
def test_mandarin(written: str, said: str) -> None:
    assert spoken(written, "zh-CN") == said


@pytest.mark.parametrize(("written", "said"), rows(ENGLISH))
def test_english(written: str, said: str) -> None:
    assert spoken(written, "en") == said


def test_other_languages_are_left_alone() -> None:
    assert spoken("བོད 12", "bo") == "བོད 12"


TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [
                *"0123456789-—~～:：.,，。/年月日号点分元名个人天¥$%#*kKmgXx转到第 ()（）+按键①²℃¼٣\n",
                "尾号",
                "PM",
            ]
        ),
        max_size=30,
    ).map("".join),
)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_mandarin_is_only_characters_and_pauses_and_stays_so(text: str) -> None:
    said = spoken(text, "zh-CN")
    assert re.fullmatch("[\u3400-\u4dbf\u4e00-\u9fff。！？；，、]*", said)
    assert spoken(said, "zh-CN") == said


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_english_never_raises_and_sentences_lose_nothing(text: str) -> None:
    spoken(text, "en")
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(st.integers(1, 10**16 - 1))
def test_cardinals_read_back(value: int) -> None:
    assert read(cardinal(value)) == value


def read(words: str) -> int:
    """Chinese whole numbers, the other way round (the textbook grammar)."""
    total = section = digit = 0
    for char in words.replace("万亿", "兆"):
        if char in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(char)
        elif char == "两":
            digit = 2
        elif char in "十百千":
            section += (digit or 1) * 10 ** ("十百千".index(char) + 1)
            digit = 0
        else:
            total += (section + digit) * 10 ** (4 * "个万亿兆".index(char))
            section = digit = 0
    return total + section + digit


def test_long_numbers() -> None:
    assert grouped("1234567890123") == "幺二三四，五六七，八九零，幺二三"
    assert number("1" * 20) == "，".join(["幺幺幺幺"] * 5)
    assert cardinal(100_002_345) == "一亿零二千三百四十五"


def test_sentences() -> None:
    text = "您好！欢迎致电0935-2212345。工资3.5万，2026.11.28前报名；“好的。”再见\n谢谢"
    assert sentences(text) == (
        "您好！",
        "欢迎致电0935-2212345。",
        "工资3.5万，2026.11.28前报名；",
        "“好的。”",
        "再见",
        "谢谢",
    )
    assert sentences("Pay is 3.5 yuan. OK!") == ("Pay is 3.5 yuan.", "OK!")
    assert sentences("……") == ("……",)
    assert sentences(" \n ") == ()


def test_long_sentences_are_cut_at_commas_but_not_in_numbers() -> None:
    part = "月薪4,500元到6,000元包吃住每月休息四天，"
    pieces = sentences(part * 5 + "完。")
    assert all(len(piece) <= 60 and piece.endswith(("，", "。")) for piece in pieces)
    assert "".join(pieces) == part * 5 + "完。"
    assert sentences("字" * 100) == ("字" * 100,)
