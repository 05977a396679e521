"""Openings 岗位: the job reserve pool. An import tells nobody of them: announcing is a counselor's own step."""

from collections.abc import Iterator
from typing import Final

from outreach.exchange.fields import Field, Option, Target, Values
from outreach.exchange.targets.shared import CONTACT, COUNTY, DIALLED, days_after
from outreach.exchange.words import Word
from outreach.store.schema import openings

OPEN_DAYS: Final = 30
"""For how long an opening is offered whose source names no end."""
KINDS: Final = (
    Option("massage", "保健按摩", ("盲人按摩", "按摩", "推拿", "按摩师", "盲人保健按摩")),
    Option("hospital", "医疗按摩", ("医院", "盲人医疗按摩", "医院按摩", "医疗机构")),
    Option(
        "public", "机关事业单位", ("公共岗位", "公益性岗位", "公益岗", "事业单位", "机关", "国企", "定向招录")
    ),
    Option("factory", "工厂", ("工厂企业", "企业", "生产", "普工", "制造业")),
    Option("farm", "农业", ("种植养殖", "种植", "养殖", "农场", "合作社", "农牧业")),
    Option("service", "服务业", ("服务", "餐饮", "保洁", "零售", "商业")),
    Option("online", "网络", ("居家就业", "居家", "电商", "客服", "直播", "互联网", "远程")),
    Option("supported", "辅助性就业", ("辅助就业", "辅助性", "庇护性就业", "残疾人之家")),
)


def _in_order(values: Values) -> Iterator[Word]:
    if "checked_on" in values and values["checked_on"] > values["expires_on"]:
        yield Word("order", {"later": "截止日期", "earlier": "核实日期"})


OPENINGS: Final = Target(
    name="openings",
    zh="岗位",
    en="openings",
    table=openings,
    key=("employer", "title", "county"),
    look="employer",
    stamp=("published_at",),
    version="version",
    check=_in_order,
    fields=(
        Field(
            "title",
            "岗位",
            "title",
            required=True,
            longest=80,
            also=(
                "岗位名称",
                "职位",
                "职位名称",
                "招聘岗位",
                "工种",
                "job",
                "job title",
                "position",
                "opening",
            ),
        ),
        Field(
            "employer",
            "单位",
            "employer",
            required=True,
            longest=120,
            also=(
                "单位名称",
                "用人单位",
                "招聘单位",
                "企业名称",
                "公司",
                "公司名称",
                "企业",
                "店名",
                "company",
            ),
        ),
        Field(
            "kind",
            "种类",
            "kind",
            "choice",
            required=True,
            options=KINDS,
            also=("类别", "岗位类别", "岗位类型", "行业", "类型", "岗位种类", "category", "type"),
        ),
        COUNTY,
        Field(
            "place",
            "地点",
            "place",
            also=("工作地点", "详细地址", "地址", "上班地点", "工作地址", "location", "address"),
        ),
        Field(
            "places",
            "人数",
            "number wanted",
            "number",
            least=1,
            most=10_000,
            also=("招聘人数", "名额", "需求人数", "招聘名额", "需求数", "vacancies", "headcount", "places"),
        ),
        Field(
            "pay",
            "工资",
            "pay",
            required=True,
            longest=120,
            also=("薪资", "薪酬", "月薪", "待遇", "工资待遇", "薪资待遇", "月工资", "salary", "wage"),
        ),
        Field(
            "shifts",
            "班次",
            "shifts",
            longest=120,
            also=("工作时间", "上班时间", "工时", "作息", "hours", "working hours"),
        ),
        Field(
            "lodging",
            "食宿",
            "lodging",
            longest=120,
            also=("食宿情况", "包吃住", "吃住", "福利", "食宿保险", "board", "benefits"),
        ),
        Field(
            "requirements",
            "要求",
            "requirements",
            also=("岗位要求", "任职要求", "条件", "招聘条件", "应聘条件"),
        ),
        Field("access", "无障碍", "accessibility", also=("无障碍条件", "无障碍设施", "便利条件", "access")),
        Field("exam", "考试便利", "exam arrangements", also=("考试安排", "考试合理便利", "exam")),
        CONTACT,
        DIALLED,
        Field("source", "来源", "source", longest=120, also=("信息来源", "来源渠道", "岗位来源")),
        Field(
            "checked_on",
            "核实日期",
            "checked on",
            "date",
            also=("核实时间", "核对日期", "最近核实", "checked"),
        ),
        Field(
            "expires_on",
            "截止日期",
            "open until",
            "date",
            also=(
                "有效期",
                "有效期至",
                "报名截止",
                "截止时间",
                "招聘截止",
                "到期日",
                "deadline",
                "expires",
                "valid until",
            ),
            assume=lambda _values, today: days_after(OPEN_DAYS, today),
        ),
    ),
)
