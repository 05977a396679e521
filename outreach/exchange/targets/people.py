"""People 人员. Consents are not imported: a person gives them, on the line. Nor is the kind of disability, which one
of them is for.
"""

from typing import Final

from outreach.exchange.fields import Field, Option, Target
from outreach.exchange.targets.shared import COUNTIES
from outreach.store.schema import people

PEOPLE: Final = Target(
    name="people",
    zh="人员",
    en="people",
    table=people,
    key=("phone", "name"),
    look="phone",
    stamp=("created_at",),
    fields=(
        Field(
            "name",
            "姓名",
            "name",
            "name",
            longest=80,
            also=("名字", "残疾人姓名", "本人姓名", "full name", "person"),
        ),
        Field(
            "phone",
            "电话",
            "telephone",
            "phone",
            required=True,
            also=(
                "手机",
                "手机号",
                "手机号码",
                "联系电话",
                "联系方式",
                "本人电话",
                "电话号码",
                "联系手机",
                "phone",
                "phone number",
                "mobile",
                "tel",
                "cell",
            ),
        ),
        Field(
            "county",
            "县区",
            "county",
            "choice",
            options=COUNTIES,
            also=(
                "区县",
                "县",
                "所属区县",
                "户籍所在地",
                "户籍地",
                "住址",
                "地址",
                "家庭住址",
                "现住址",
                "所在地",
                "县（区）",
                "district",
                "address",
            ),
        ),
        Field(
            "township",
            "乡镇",
            "township",
            longest=40,
            also=("街道", "乡镇街道", "乡（镇）", "所在乡镇", "town"),
        ),
        Field(
            "birth_year",
            "出生年份",
            "year of birth",
            "number",
            least=1900,
            most=2100,
            also=("出生年", "birth year"),
        ),
        Field(
            "language",
            "语言",
            "language",
            "choice",
            options=(
                Option("zh-CN", "普通话", ("汉语", "中文", "国语", "chinese", "zh")),
                Option("en", "英语", ("英文", "english")),
            ),
            also=("使用语言", "沟通语言"),
        ),
    ),
)
