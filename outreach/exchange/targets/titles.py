"""Rounds of title assessment 职称评审, as this year's notice has them."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from outreach.exchange.fields import Field, Option, Parts, Target, Values
from outreach.exchange.targets.shared import CONTACT, DIALLED
from outreach.exchange.words import Word
from outreach.store.tables.titles import title_entries, title_papers, title_rounds, title_rules

LEVELS: Final = (
    Option("initial", "初级", ("初级职称", "医士", "师级", "盲人医疗按摩初级")),
    Option("middle", "中级", ("中级职称", "主治", "盲人医疗按摩中级")),
)
_DATES: Final = (
    ("notice_on", "通知日期", "notice on", ("发文日期", "通知时间", "开始申报", "申报开始")),
    ("unit_by", "单位截止", "unit by", ("单位截止日期", "单位审核截止")),
    ("county_by", "县区截止", "county by", ("县级截止", "县区截止日期", "县（区）截止")),
    ("city_by", "市级截止", "city by", ("市级截止日期", "市截止")),
    ("province_by", "省级截止", "province by", ("省级截止日期", "省截止")),
    ("review_from", "评审开始", "review from", ("评审开始日期", "评审时间")),
    ("review_until", "评审结束", "review until", ("评审结束日期",)),
    ("publicity_from", "公示开始", "publicity from", ("公示开始日期", "公示时间")),
    ("publicity_until", "公示结束", "publicity until", ("公示结束日期",)),
)
_DEADLINES: Final = ("unit_by", "county_by", "city_by", "province_by")


def _in_order(values: Values) -> Iterator[Word]:
    given = [(zh, values[name]) for name, zh, _, _ in _DATES if name in values]
    for (earlier_name, earlier), (later_name, later) in pairwise(given):
        if later < earlier:
            yield Word("order", {"later": later_name, "earlier": earlier_name})
    if not any(name in values for name in _DEADLINES):
        yield Word("no_deadline")


ROUNDS: Final = Target(
    name="rounds",
    zh="职称评审",
    en="title rounds",
    table=title_rounds,
    key=("level", "year", "body"),
    look="body",
    held=(title_entries.c.round_id,),
    check=_in_order,
    parts=(
        Parts("rules", title_rules, "round_id", ("words",)),
        Parts("papers", title_papers, "round_id", ("name", "hint")),
    ),
    fields=(
        Field(
            "level",
            "级别",
            "level",
            "choice",
            required=True,
            options=LEVELS,
            also=("职称级别", "申报级别", "等级", "职称"),
        ),
        Field(
            "body",
            "评审单位",
            "body",
            required=True,
            longest=120,
            also=("评审机构", "评委会", "评审委员会", "主办单位", "组织单位"),
        ),
        Field(
            "year",
            "年度",
            "year",
            "number",
            least=2000,
            most=2100,
            also=("年份", "评审年度"),
            assume=lambda values, _today: int(values["notice_on"][:4]) if "notice_on" in values else None,
        ),
        *(
            Field(name, zh, en, "date", required=name == "notice_on", also=also)
            for name, zh, en, also in _DATES
        ),
        CONTACT,
        DIALLED,
        Field(
            "source",
            "来源",
            "source",
            required=True,
            longest=120,
            also=("文件", "文号", "通知名称", "依据", "notice"),
        ),
        Field("papers", "材料", "papers", "papers", also=("申报材料", "所需材料", "材料清单")),
        Field("rules", "规定", "rules", "paragraphs", also=("申报条件", "评审条件", "条件", "要求")),
    ),
)
