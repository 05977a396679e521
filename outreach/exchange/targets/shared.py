"""Fields that several targets have."""

from datetime import date, timedelta
from typing import Final

from outreach.exchange.fields import Field, Option

COUNTIES: Final = (
    Option("liangzhou", "凉州区", ("凉州", "620602")),
    Option("minqin", "民勤县", ("民勤", "620621")),
    Option("gulang", "古浪县", ("古浪", "620622")),
    Option("tianzhu", "天祝县", ("天祝", "天祝藏族自治县", "620623")),
)
COUNTY: Final = Field(
    "county",
    "县区",
    "county",
    "choice",
    required=True,
    options=COUNTIES,
    also=(
        "区县",
        "县",
        "所属区县",
        "所在区县",
        "地区",
        "所在地",
        "县（区）",
        "市县",
        "区域",
        "district",
        "area",
    ),
)
DIALLED: Final = Field(
    "phone",
    "电话",
    "telephone",
    "dialled",
    required=True,
    also=(
        "联系电话",
        "咨询电话",
        "联系方式",
        "手机",
        "手机号",
        "电话号码",
        "报名电话",
        "phone",
        "tel",
        "mobile",
    ),
)
CONTACT: Final = Field(
    "contact",
    "联系人",
    "contact",
    "name",
    longest=40,
    also=("负责人", "联系人姓名", "经办人", "contact person"),
)


def days_after(days: int, today: str) -> str:
    """ISO date so many days later."""
    return (date.fromisoformat(today) + timedelta(days=days)).isoformat()
