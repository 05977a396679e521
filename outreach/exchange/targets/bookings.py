"""Providers 预约服务: who can be booked, with services, people and hours in a cell each."""

from collections.abc import Iterator
from typing import Final

from outreach.exchange import parts
from outreach.exchange.fields import Field, Option, Parts, Target, Values
from outreach.exchange.targets.shared import COUNTY, DIALLED
from outreach.exchange.words import Word
from outreach.store.tables.bookings import (
    booking_hours,
    booking_providers,
    booking_services,
    practitioners,
)

KINDS: Final = (
    Option("massage", "按摩", ("盲人按摩", "按摩店", "保健按摩", "陇原金手指", "推拿")),
    Option("counseling", "咨询", ("就业咨询", "辅导员", "就业服务")),
    Option("guidance", "职业指导", ("职业指导室", "职业指导工作室", "职业介绍")),
    Option("assessment", "能力评估", ("职业能力评估", "评估")),
    Option("loan", "贷款", ("小额贷款", "创业贷款", "银行")),
    Option("lottery", "彩票", ("福彩", "体彩", "彩票店", "彩票培训")),
    Option("legal", "法律援助", ("法律", "维权", "法援")),
)


def _in_cells(values: Values) -> Iterator[Word]:
    if values.get("step_minutes", parts.CELL_MINUTES) % parts.CELL_MINUTES:
        yield Word("services_wrong", {"seen": values["step_minutes"]})
    for one, other, names in (
        ("services", "hours", ("服务", "服务时间")),
        ("services", "practitioners", ("服务", "人员")),
        ("practitioners", "services", ("人员", "服务")),
    ):
        if values.get(one) and not values.get(other):
            yield Word("missing_part", {"one": names[0], "other": names[1]})


PROVIDERS: Final = Target(
    name="providers",
    zh="预约服务",
    en="booking providers",
    table=booking_providers,
    key=("name", "county"),
    look="name",
    check=_in_cells,
    parts=(
        Parts("services", booking_services, "provider_id", ("name", "minutes", "price")),
        Parts("practitioners", practitioners, "provider_id", ("name",)),
        Parts("hours", booking_hours, "provider_id", ("weekday", "starts", "ends")),
    ),
    fields=(
        Field(
            "name",
            "名称",
            "name",
            required=True,
            longest=80,
            also=("机构名称", "店名", "单位名称", "服务机构", "单位", "机构", "provider"),
        ),
        Field(
            "kind",
            "种类",
            "kind",
            "choice",
            required=True,
            options=KINDS,
            also=("类别", "服务类别", "服务类型", "类型", "type"),
        ),
        COUNTY,
        Field(
            "place", "地点", "place", longest=120, also=("地址", "详细地址", "店址", "address", "location")
        ),
        DIALLED,
        Field("visits", "上门", "visits homes", "yes_no", also=("上门服务", "是否上门")),
        Field(
            "step_minutes",
            "间隔",
            "step in minutes",
            "number",
            least=15,
            most=480,
            also=("间隔分钟", "预约间隔", "step"),
        ),
        Field(
            "lead_minutes",
            "提前",
            "lead in minutes",
            "number",
            least=0,
            most=20_160,
            also=("提前分钟", "提前预约", "最少提前"),
        ),
        Field(
            "horizon_days",
            "可约天数",
            "horizon in days",
            "number",
            least=1,
            most=60,
            also=("最多提前天数", "可预约天数"),
        ),
        Field("services", "服务", "services", "services", also=("服务项目", "项目", "项目及价格")),
        Field(
            "practitioners",
            "人员",
            "practitioners",
            "names",
            longest=40,
            also=("师傅", "按摩师", "技师", "服务人员", "staff"),
        ),
        Field(
            "hours", "服务时间", "hours", "hours", also=("营业时间", "开放时间", "工作时间", "opening hours")
        ),
    ),
)
