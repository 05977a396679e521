"""Events 活动: job fairs, live-streamed openings, sales, contests, the publicity month."""

from collections.abc import Iterator
from typing import Final

from outreach.exchange.fields import Field, Option, Target, Values
from outreach.exchange.targets.shared import CONTACT, COUNTY, DIALLED
from outreach.exchange.words import Word
from outreach.store.tables.community import event_sign_ups, events

KINDS: Final = (
    Option("job_fair", "招聘会", ("专场招聘会", "就业招聘会", "招聘")),
    Option("live", "直播带岗", ("直播", "网络招聘", "直播招聘")),
    Option("sale", "义卖", ("展销", "爱心义卖", "义卖展销", "集市")),
    Option("contest", "技能竞赛", ("竞赛", "比赛", "技能比赛", "技能大赛")),
    Option("publicity", "宣传", ("助残日", "宣传月", "政策宣传", "全国助残日")),
    Option("other", "其他", ("其它",)),
)


def _in_order(values: Values) -> Iterator[Word]:
    if values["ends_on"] < values["starts_on"]:
        yield Word("order", {"later": "结束日期", "earlier": "开始日期"})


EVENTS: Final = Target(
    name="events",
    zh="活动",
    en="events",
    table=events,
    key=("name", "county", "starts_on"),
    look="name",
    stamp=("published_at",),
    held=(event_sign_ups.c.event_id,),
    check=_in_order,
    fields=(
        Field(
            "name", "活动", "event", required=True, longest=80, also=("活动名称", "名称", "主题", "活动主题")
        ),
        Field(
            "kind",
            "种类",
            "kind",
            "choice",
            options=KINDS,
            assume=lambda _values, _today: "other",
            also=("类别", "类型", "活动类型", "活动类别", "type"),
        ),
        COUNTY,
        Field(
            "place",
            "地点",
            "place",
            required=True,
            also=("活动地点", "地址", "举办地点", "venue", "location"),
        ),
        Field("transport", "交通", "transport", also=("接送", "乘车路线", "交通接送")),
        Field(
            "starts_on",
            "开始日期",
            "starts on",
            "date",
            required=True,
            also=("日期", "活动日期", "举办日期", "开始时间", "活动时间", "date", "start date"),
        ),
        Field(
            "ends_on",
            "结束日期",
            "ends on",
            "date",
            assume=lambda values, _today: values.get("starts_on"),
            also=("结束时间", "截止日期", "end date", "until"),
        ),
        Field(
            "begins",
            "几点开始",
            "begins at",
            "clock",
            assume=lambda _values, _today: "09:00",
            also=("时间", "具体时间", "begins", "time"),
        ),
        Field("hours", "时段", "hours", longest=120, also=("活动时段", "起止时间")),
        Field("content", "内容", "content", also=("活动内容", "简介")),
        Field("bring", "需带", "bring", also=("需带证件", "携带材料", "所需材料")),
        Field("places", "名额", "places", "number", least=1, most=100_000, also=("人数", "人数上限", "限额")),
        CONTACT,
        DIALLED,
    ),
)
