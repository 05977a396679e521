"""What fields, kinds and states of a person's file are called."""

from collections.abc import Mapping
from typing import Final

from outreach.console.language import said

COUNTIES: Final[Mapping[str, str]] = {
    "liangzhou": said("凉州区"),
    "minqin": said("民勤县"),
    "gulang": said("古浪县"),
    "tianzhu": said("天祝县"),
}
FACTS: Final[Mapping[str, str]] = {
    "name": said("姓名"),
    "phone": said("号码"),
    "county": said("县区"),
    "township": said("乡镇"),
    "birth_year": said("出生年份"),
    "category": said("残疾类别"),
    "counselor_id": said("就业指导员"),
    "language": said("语言"),
    "speed": said("语速"),
    "wordiness": said("话多话少"),
    "patience": said("等多久"),
    "contact_by": said("怎么提醒"),
    "contact_from": said("从几点可以联系"),
    "contact_until": said("到几点为止"),
}
"""What a counselor may change, in this order; columns of ``people``."""
LANGUAGES: Final[Mapping[str, str]] = {"zh-CN": said("普通话"), "en": said("英语")}
SPEEDS: Final[Mapping[str, str]] = {
    "1": said("1，最慢"),
    "2": "2",
    "3": said("3，一般"),
    "4": "4",
    "5": "5",
    "6": said("6，最快"),
}
WORDINESS: Final[Mapping[str, str]] = {"2": said("每次都说按哪个键"), "1": said("只说要紧的")}
PATIENCE: Final[Mapping[str, str]] = {"1": said("等得短"), "2": said("一般"), "3": said("等得长")}
CONTACT: Final[Mapping[str, str]] = {"sms": said("发短信"), "voice": said("打电话")}
CATEGORIES: Final[Mapping[str, str]] = {
    "sight": said("视力"),
    "hearing": said("听力"),
    "speech": said("言语"),
    "limbs": said("肢体"),
    "intellect": said("智力"),
    "mind": said("精神"),
    "several": said("多重"),
}
SKILLS: Final[Mapping[str, str]] = {
    "massage": said("按摩"),
    "farming": said("种养"),
    "crafts": said("手工"),
    "computing": said("电脑"),
    "commerce": said("电商"),
    "service": said("服务业"),
    "driving": said("开车"),
    "other": said("其他"),
}
CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "county": COUNTIES,
    "category": CATEGORIES,
    "language": LANGUAGES,
    "speed": SPEEDS,
    "wordiness": WORDINESS,
    "patience": PATIENCE,
    "contact_by": CONTACT,
}

KINDS: Final[Mapping[str, str]] = {
    "job": said("就业"),
    "training": said("培训"),
    "assessment": said("能力评估"),
    "guidance": said("职业指导"),
    "loan": said("贷款"),
    "subsidy": said("补贴"),
    "aid": said("辅具"),
    "rights": said("维权"),
    "other": said("其他"),
}
"""Of needs and of services given."""
NEED_STATES: Final[Mapping[str, str]] = {
    "open": said("在办"),
    "met": said("已经满足"),
    "dropped": said("不再需要"),
}
NEED_FIELDS: Final[Mapping[str, str]] = {
    "kind": said("哪一类"),
    "words": said("具体情况"),
    "state": said("状态"),
    "next_step": said("下一步"),
    "next_on": said("哪天以前"),
    "counselor_id": said("谁负责"),
}

SCOPES: Final[Mapping[str, str]] = {
    "service": said("建档、登记和报名"),
    "reminders": said("发提醒"),
    "jobs": said("新岗位通知"),
    "campaigns": said("活动和宣传"),
    "recordings": said("保存录音"),
    "foreign_carrier": said("经境外运营商联系"),
    "disability": said("记录残疾类别"),
}
CHANNELS: Final[Mapping[str, str]] = {
    "voice": said("电话里"),
    "sms": said("短信里"),
    "console": said("当面，由工作人员记录"),
}
PURPOSES: Final[Mapping[str, str]] = {
    "message": said("电话留言"),
    "case": said("维权求助"),
    "produce": said("农产品"),
    "name": said("自己说的名字"),
    "prompt": said("提示音"),
}
"""Of recordings."""

EVENTS: Final[Mapping[str, str]] = {
    "call_in": said("来电"),
    "call_out": said("打给本人的电话"),
    "text_in": said("本人发来短信"),
    "text": said("短信"),
    "reminder": said("提醒"),
    "campaign": said("群发"),
    "booking": said("预约"),
    "registration": said("培训登记"),
    "event": said("活动报名"),
    "application": said("求职报名"),
    "title_entry": said("职称评审"),
    "case": said("维权求助"),
    "produce_offer": said("农产品"),
    "task": said("待办"),
    "service": said("给出的服务"),
}
"""What the timeline's rows are."""
STATES: Final[Mapping[str, Mapping[str, str]]] = {
    "call": {
        "ringing": said("响铃"),
        "live": said("通话中"),
        "transferring": said("转接中"),
        "ended": said("打完了"),
    },
    "text_in": {
        "turn": said("办事"),
        "out": said("不要再发了"),
        "in": said("又要收了"),
        "passed": said("转给人看"),
    },
    "delivery": {
        "queued": said("还没发"),
        "sending": said("正在发"),
        "sent": said("发出了"),
        "delivered": said("收到了"),
        "failed": said("没有发到"),
        "unsure": said("还不知道"),
        "skipped": said("没有发"),
        "cancelled": said("取消了"),
    },
    "timer": {"": said("到时候提醒")},
    "booking": {
        "booked": said("约好了"),
        "confirmed": said("本人说会来"),
        "cancelled": said("本人取消"),
        "called_off": said("对方取消"),
    },
    "registration": {
        "waiting": said("候补"),
        "offered": said("有了名额，等本人答复"),
        "registered": said("报上了"),
        "cancelled": said("本人取消"),
        "lapsed": said("没有答复，名额给了别人"),
        "attended": said("参加了"),
        "absent": said("没有来"),
    },
    "event": {"coming": said("报上了"), "": said("本人取消")},
    "campaign": {
        "planned": said("排上了"),
        "queued": said("还没发"),
        "sent": said("发出了"),
        "reached": said("收到了"),
        "unreached": said("没有发到"),
        "skipped": said("没有发"),
        "cancelled": said("取消了"),
        "held": said("留作对照，没有发"),
    },
    "application": {
        "received": said("收到"),
        "passed_on": said("转给单位了"),
        "interview": said("面试"),
        "hired": said("录用"),
        "refused": said("单位没有要"),
        "withdrawn": said("本人撤回"),
    },
    "title_entry": {
        "preparing": said("准备材料"),
        "handed_in": said("交了材料"),
        "passed": said("评上了"),
        "failed": said("没有评上"),
        "left": said("不参加了"),
    },
    "case": {
        "received": said("收到"),
        "working": said("正在办"),
        "passed_on": said("转给别的部门"),
        "settled": said("办好了"),
        "closed": said("结案"),
    },
    "produce_offer": {
        "received": said("收到"),
        "offered": said("登出来了"),
        "sold": said("卖完了"),
        "withdrawn": said("本人撤回"),
    },
    "task": {"": said("待办"), "done": said("办完")},
    "service": {"": said("给了")},
}
CASES: Final[Mapping[str, str]] = {
    "discrimination": said("就业歧视"),
    "wages": said("欠薪"),
    "dismissal": said("辞退"),
    "other": said("其他"),
}
TASKS: Final[Mapping[str, str]] = {
    "urgent": said("紧急求助"),
    "call_back": said("回电话"),
    "message": said("听留言"),
    "case": said("维权案件"),
    "application": said("转报名"),
    "produce": said("农产品"),
}
PRODUCE: Final[Mapping[str, str]] = {
    "grain": said("粮油"),
    "vegetables": said("蔬菜瓜果"),
    "livestock": said("牛羊"),
    "handicraft": said("手工"),
    "other": said("其他"),
}
