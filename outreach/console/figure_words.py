"""What the evaluation's figures and goals are called. A test holds this against all there are."""

from collections.abc import Mapping, Sequence
from typing import Final

from outreach.console.language import said

COUNTIES: Final[Mapping[str, str]] = {
    "liangzhou": said("凉州区"),
    "minqin": said("民勤县"),
    "gulang": said("古浪县"),
    "tianzhu": said("天祝县"),
    "": said("不清楚"),
}

FIGURES: Final[Mapping[str, str]] = {
    "people.new": said("新登记的人"),
    "calls": said("打进来的电话"),
    "calls.people": said("打过电话的人"),
    "texts": said("收到的短信"),
    "openings": said("发布的岗位"),
    "openings.public": said("机关事业单位的岗位"),
    "openings.hospital": said("医院的盲人医疗按摩岗位"),
    "applications": said("求职报名"),
    "applications.hired": said("录用"),
    "training.registered": said("培训登记"),
    "training.attended": said("参加培训"),
    "training.rural": said("农村实用技术培训（人次）"),
    "bookings": said("预约"),
    "bookings.guidance": said("职业指导、能力评估预约"),
    "bookings.loan": said("贷款上门预约"),
    "bookings.lottery": said("彩票店上门培训预约"),
    "bookings.legal": said("法律援助预约"),
    "titles.entered": said("参加职称评审"),
    "titles.passed": said("评上职称"),
    "cases": said("维权求助"),
    "cases.settled": said("办结的维权求助"),
    "produce": said("农产品供应"),
    "events": said("办的活动"),
    "events.fair": said("助残专场招聘会"),
    "events.people": said("活动报名"),
    "seekers": said("有就业需求的人"),
    "seekers.served": said("得到过就业服务的求职者"),
    "services": said("给出的服务"),
    "employers.room": said("有安排潜力的单位"),
    "employers.visited": said("走访过的有潜力的单位"),
    "employers.visits": said("访企拓岗"),
    "milestones.institution": said("民勤县辅助性就业机构"),
    "milestones.brand": said("就业创业品牌"),
}

GROUPS: Final[Mapping[str, Sequence[str]]] = {
    said("热线"): ("people.new", "calls", "calls.people", "texts"),
    said("就业"): (
        "seekers",
        "seekers.served",
        "services",
        "openings",
        "openings.public",
        "openings.hospital",
        "applications",
        "applications.hired",
    ),
    said("用人单位"): ("employers.room", "employers.visited", "employers.visits"),
    said("培训、活动和职称"): (
        "training.registered",
        "training.attended",
        "training.rural",
        "events",
        "events.fair",
        "events.people",
        "titles.entered",
        "titles.passed",
    ),
    said("预约"): (
        "bookings",
        "bookings.guidance",
        "bookings.loan",
        "bookings.lottery",
        "bookings.legal",
    ),
    said("维权和农产品"): ("cases", "cases.settled", "produce"),
    said("一次性的目标"): ("milestones.institution", "milestones.brand"),
}
"""The table of figures, in its parts."""

GOALS: Final[Mapping[str, str]] = {
    "fairs": said("每半年至少一次企业助残就业专场招聘活动"),
    "brands": said("每县区至少一个就业创业品牌"),
    "institution": said("2026 年底前民勤县至少建成一个残疾人辅助性就业机构"),
    "rural": said("每年农村困难残疾人实用技术培训不少于 500 人次"),
    "served": said("对有就业需求的残疾人至少提供一次就业服务"),
    "visited": said("对有安排潜力的企业至少走访拓岗一次"),
}

STATES: Final[Mapping[str, str]] = {
    "met": said("已完成"),
    "open": said("还在进行"),
    "missed": said("没有完成"),
}

LINES: Final[Mapping[str, str]] = {
    "jobs": said("招聘"),
    "training": said("培训"),
    "bookings": said("预约"),
    "titles": said("职称评审"),
    "policies": said("政策"),
    "events": said("活动"),
    "produce": said("农产品"),
    "rights": said("维权"),
    "mine": said("我的"),
    "person": said("人工"),
    "call": said("我们打的电话"),
    "campaigns": said("群发"),
    "tour": said("练习"),
    "staff": said("值班"),
}

PERIODS: Final[Mapping[str, str]] = {
    "": said("全年"),
    "-H1": said("上半年"),
    "-H2": said("下半年"),
    "-01": said("1 月"),
    "-02": said("2 月"),
    "-03": said("3 月"),
    "-04": said("4 月"),
    "-05": said("5 月"),
    "-06": said("6 月"),
    "-07": said("7 月"),
    "-08": said("8 月"),
    "-09": said("9 月"),
    "-10": said("10 月"),
    "-11": said("11 月"),
    "-12": said("12 月"),
}

SCOPES: Final[Mapping[str, str]] = {
    "service": said("回复"),
    "reminders": said("提醒"),
    "jobs": said("新岗位通知"),
    "campaigns": said("群发"),
}

ENDS: Final[Mapping[str, str]] = {
    "queued": said("还没发"),
    "sending": said("正在发"),
    "sent": said("发出了"),
    "delivered": said("收到了"),
    "failed": said("没有发到"),
    "unsure": said("还不知道"),
    "skipped": said("没有发"),
    "cancelled": said("取消了"),
}

ENTITIES: Final[Mapping[str, str]] = {
    "person": said("人"),
    "call": said("电话"),
    "text": said("短信"),
    "opening": said("岗位"),
    "application": said("报名"),
    "registration": said("培训登记"),
    "booking": said("预约"),
    "title_entry": said("职称评审"),
    "case": said("维权求助"),
    "produce_offer": said("农产品"),
    "need": said("需求"),
    "service": said("服务"),
    "employer": said("单位"),
    "employer_visit": said("走访"),
    "milestone": said("成果"),
    "event": said("活动"),
    "event_sign_up": said("活动报名"),
}
"""The sorts of records that figures count."""
