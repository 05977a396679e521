"""Employers 用人单位, whom counselors visit."""

from typing import Final

from outreach.exchange.fields import Field, Option, Target
from outreach.exchange.targets.shared import CONTACT, COUNTY
from outreach.store.tables.plans import employers

KINDS: Final = (
    Option("public", "机关事业单位", ("机关", "事业单位", "政府", "党政机关")),
    Option("state", "国有企业", ("国企", "央企")),
    Option("private", "民营企业", ("民企", "私营企业", "企业", "公司")),
    Option("massage", "按摩店", ("盲人按摩店", "按摩", "推拿", "按摩机构")),
    Option("cooperative", "合作社", ("农民专业合作社", "农业合作社", "农场")),
    Option("supported", "辅助性就业机构", ("辅助性就业", "残疾人之家", "托养机构")),
)

EMPLOYERS: Final = Target(
    name="employers",
    zh="用人单位",
    en="employers",
    table=employers,
    key=("name",),
    look="name",
    stamp=("created_at",),
    version="version",
    fields=(
        Field(
            "name",
            "单位",
            "employer",
            required=True,
            longest=120,
            also=("单位名称", "用人单位", "企业名称", "公司名称", "名称", "company"),
        ),
        Field(
            "kind",
            "性质",
            "kind",
            "choice",
            required=True,
            options=KINDS,
            also=("单位性质", "企业性质", "类型", "种类", "类别", "type"),
        ),
        COUNTY,
        Field("place", "地址", "place", also=("地点", "详细地址", "单位地址", "address")),
        CONTACT,
        Field(
            "phone",
            "电话",
            "telephone",
            "dialled",
            also=("联系电话", "联系方式", "手机", "电话号码", "phone"),
        ),
        Field(
            "staff", "职工人数", "staff", "number", most=1_000_000, also=("在职人数", "员工人数", "职工总数")
        ),
        Field(
            "disabled_staff",
            "残疾职工人数",
            "disabled staff",
            "number",
            most=1_000_000,
            also=("残疾职工", "安置残疾人", "残疾人职工数", "残疾员工"),
        ),
        Field("notes", "备注", "notes", longest=2000, also=("说明", "附注")),
    ),
)
