"""Training 培训: a line is a session of a course; the course is found by its name and organiser, or added."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from outreach.exchange.fields import Field, Option, Parent, Target, Values
from outreach.exchange.targets.shared import CONTACT, COUNTY, DIALLED, days_after
from outreach.exchange.words import Word
from outreach.store.tables.training import training_courses, training_registrations, training_sessions

FIELDS: Final = (
    Option("massage", "按摩", ("盲人按摩", "推拿", "保健按摩", "医疗按摩")),
    Option("farming", "种植养殖", ("种植", "养殖", "农业", "农村实用技术", "农村残疾人实用技术", "种养")),
    Option("crafts", "手工", ("手工艺", "刺绣", "编织", "非遗", "剪纸")),
    Option("computing", "计算机", ("电脑", "信息技术", "办公软件", "读屏")),
    Option("commerce", "电商", ("电子商务", "直播", "直播带货", "创业")),
    Option("daily_living", "生活技能", ("定向行走", "盲文", "康复", "日常生活")),
    Option("other", "其他", ("其它",)),
)
_DATES = (("deadline_on", "报名截止"), ("starts_on", "开课日期"), ("ends_on", "结束日期"))


def _in_order(values: Values) -> Iterator[Word]:
    for (earlier, earlier_name), (later, later_name) in pairwise(_DATES):
        if values[earlier] > values[later]:
            yield Word("order", {"later": later_name, "earlier": earlier_name})


TRAINING: Final = Target(
    name="training",
    zh="培训",
    en="training courses",
    table=training_sessions,
    parent=Parent(
        training_courses,
        "course_id",
        ("name", "field", "organiser", "content", "audience", "material", "papers", "fee", "certificate"),
        ("name", "organiser"),
    ),
    key=("name", "organiser", "county", "starts_on", "place"),
    look="name",
    stamp=("published_at",),
    held=(training_registrations.c.session_id,),
    check=_in_order,
    fields=(
        Field(
            "name",
            "课程",
            "course",
            required=True,
            longest=80,
            also=(
                "课程名称",
                "培训名称",
                "培训项目",
                "项目名称",
                "班级名称",
                "培训班名称",
                "培训班",
                "course name",
            ),
        ),
        Field(
            "field",
            "类别",
            "field",
            "choice",
            options=FIELDS,
            assume=lambda _values, _today: "other",
            also=("培训类别", "类型", "行业", "所属行业", "专业", "工种", "培训工种", "category"),
        ),
        Field(
            "organiser",
            "主办",
            "organiser",
            longest=120,
            assume=lambda _values, _today: "",
            also=("主办单位", "培训主体", "培训机构", "承办单位", "举办单位", "培训单位", "organizer"),
        ),
        Field("content", "内容", "content", also=("培训内容", "课程内容")),
        Field("audience", "对象", "audience", also=("培训对象", "招生对象", "参训对象", "for whom")),
        Field("material", "教材", "material", longest=120, also=("教材形式", "辅助形式")),
        Field("papers", "需带证件", "papers", also=("证件", "所需材料", "携带证件", "报名材料", "bring")),
        Field("fee", "费用", "fee", longest=120, also=("收费", "学费", "培训费用", "cost", "price")),
        Field("certificate", "证书", "certificate", longest=120, also=("结业证书", "发放证书", "证书名称")),
        COUNTY,
        Field(
            "place",
            "地点",
            "place",
            required=True,
            also=("培训地点", "上课地点", "地址", "详细地址", "location", "venue"),
        ),
        Field("transport", "交通", "transport", also=("接送", "乘车路线", "交通接送")),
        Field("board", "食宿", "board", longest=120, also=("食宿安排", "吃住")),
        Field(
            "starts_on",
            "开课日期",
            "starts on",
            "date",
            required=True,
            also=(
                "开始日期",
                "开班日期",
                "开班时间",
                "开课时间",
                "培训开始时间",
                "起始日期",
                "start",
                "start date",
                "from",
            ),
        ),
        Field(
            "ends_on",
            "结束日期",
            "ends on",
            "date",
            assume=lambda values, _today: values.get("starts_on"),
            also=("结业日期", "截止时间", "培训结束时间", "结束时间", "end", "end date", "until"),
        ),
        Field(
            "begins",
            "上课时间",
            "begins at",
            "clock",
            assume=lambda _values, _today: "09:00",
            also=("报到时间", "几点开始", "首日时间", "begins", "time"),
        ),
        Field("hours", "课时", "hours", longest=120, also=("学时", "培训时长", "每天时间")),
        Field(
            "seats",
            "名额",
            "seats",
            "number",
            required=True,
            least=1,
            most=5_000,
            also=("人数", "培训人数", "招生人数", "计划人数", "places"),
        ),
        Field(
            "waiting_places",
            "候补",
            "waiting places",
            "number",
            least=0,
            most=1_000,
            also=("候补名额", "候补人数", "waiting list"),
        ),
        Field(
            "deadline_on",
            "报名截止",
            "register until",
            "date",
            assume=lambda values, _today: values.get("starts_on") and days_after(-1, values["starts_on"]),
            also=("报名截止日期", "截止日期", "报名截止时间", "报名期限", "deadline"),
        ),
        CONTACT,
        DIALLED,
    ),
)
