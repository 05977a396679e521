"""What went wrong, as RFC 9457 problem details: in plain words, in the asker's language, with what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

TITLES: Final[Mapping[str, tuple[int, str, str]]] = {
    "no-token": (401, "没有令牌，或者令牌不对", "no token, or one that is not in force"),
    "scope": (403, "这个令牌没有这项权限", "the token does not have this scope"),
    "not-found": (404, "没有这样的记录", "there is no such record"),
    "no-page": (404, "没有这个地址", "there is nothing at this address"),
    "method": (405, "这个地址不能这样用", "this address does not take this method"),
    "changed": (412, "别人已经改过这条记录", "somebody has changed the record meanwhile"),
    "invalid": (422, "内容有不对的地方", "some of what was sent is not right"),
    "no-version": (428, "请先读这条记录，再带上版本来改", "read the record first, and send its version"),
    "trouble": (500, "我们这边出了问题，已经记下了", "something broke on our side, and was written down"),
    "busy": (503, "数据库现在没有回答，请过一会儿再试", "the database does not answer: try again later"),
}
"""Status, and the title in Chinese and in English."""


@dataclass(slots=True)
class Problem(Exception):
    """Raised anywhere below a route.

    ``details``: one sentence in each language. ``errors``: each field and what is wrong with it.
    """

    kind: str
    details: tuple[str, str] = ("", "")
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(request: Request, problem: Problem) -> Response:
    """The problem as a response."""
    status, *titles = TITLES[problem.kind]
    english = speaks_english(request)
    body: dict[str, Any] = {
        "type": f"/api/v1/problems/{problem.kind}",
        "title": titles[english],
        "status": status,
    }
    if detail := problem.details[english]:
        body["detail"] = detail
    if problem.errors:
        body["errors"] = list(problem.errors)
    headers = {"Content-Language": "en" if english else "zh-CN", **problem.headers}
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


def speaks_english(request: Request) -> bool:
    """Does the asker put English first? Everybody else reads Chinese."""
    return request.headers.get("accept-language", "").strip().lower().startswith("en")


async def on_problem(request: Request, problem: Exception) -> Response:
    """One of ours."""
    assert isinstance(problem, Problem)
    return answer(request, problem)


async def on_invalid(request: Request, error: Exception) -> Response:
    """What was sent does not fit: each thing that does not, by name."""
    assert isinstance(error, RequestValidationError)
    english = speaks_english(request)
    errors = [
        {"field": ".".join(str(part) for part in one["loc"][1:]) or "body", "says": _says(one, english)}
        for one in error.errors()
    ]
    return answer(request, Problem("invalid", errors=errors))


async def on_http(request: Request, error: Exception) -> Response:
    """Starlette's own: no such address, no such method."""
    assert isinstance(error, HTTPException)
    kind = "method" if error.status_code == 405 else "no-page"
    return answer(request, Problem(kind, headers=error.headers or {}))


SAYS: Final[Mapping[str, str]] = {
    "missing": "缺这一项",
    "extra_forbidden": "没有这一项，请去掉",
    "string_too_short": "太短：至少 {min_length} 个字",
    "string_too_long": "太长：最多 {max_length} 个字",
    "literal_error": "只能是：{expected}",
    "int_parsing": "要一个整数",
    "int_type": "要一个整数",
    "greater_than_equal": "至少是 {ge}",
    "less_than_equal": "最多是 {le}",
    "date_from_datetime_parsing": "日期要写成 2026-03-05",
    "date_parsing": "日期要写成 2026-03-05",
    "json_invalid": "不是 JSON",
    "string_type": "要一段文字",
    "string_pattern_mismatch": "写法不对",
}
"""pydantic's words for what it finds most, in Chinese; what is not here is said in its own."""


def _says(error: Mapping[str, Any], english: bool) -> str:
    if error["type"] == "value_error":  # ours, two languages in one
        chinese, _, other = str(error["ctx"]["error"]).partition(" / ")
        return other if english and other else chinese
    text = SAYS.get(error["type"])
    if english or text is None:
        return str(error["msg"])
    return text.format(**error.get("ctx", {}))
