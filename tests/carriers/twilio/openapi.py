"""Twilio's own description of its REST API as a judge of requests and answers, where the file is at hand."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

FILE = Path(__file__).resolve().parents[4] / "shared" / "data" / "twilio_api_v2010.json"
"""twilio-oai's ``twilio_api_v2010.json``; not part of this project."""
needs_file = pytest.mark.skipif(not FILE.exists(), reason="Twilio's OpenAPI file is not at hand")


@cache
def description() -> Mapping[str, Any]:
    loaded: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return loaded


def faults_of_request(request: httpx.Request) -> list[str]:
    """What is wrong with a request: unknown or repeated names, values of another kind, a path nobody knows."""
    template, operation = _operation(request.method.lower(), request.url.path)
    found = [] if request.headers.get("authorization", "").startswith("Basic ") else ["no basic auth"]
    values = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), request.url.path)
    assert values is not None
    parameters = {p["name"]: p for p in operation["parameters"] if "name" in p}
    named = [(name, value, parameters[name]["schema"]) for name, value in values.groupdict().items()]
    if request.method == "POST":
        body = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        fields, required = body["properties"], body.get("required", [])
        pairs = parse_qsl(request.content.decode(), keep_blank_values=True)
    else:
        fields = {name: parameter["schema"] for name, parameter in parameters.items()}
        required, pairs = [], list(request.url.params.multi_items())
    names = [name for name, _ in pairs]
    found += [f"{name} is missing" for name in required if name not in names]
    lists = {name for name, field in fields.items() if _resolved(field).get("type") == "array"}
    found += [f"{name} comes twice" for name in set(names) - lists if names.count(name) > 1]
    found += [f"{name} is not known" for name in names if name not in fields]
    named += [(name, value, fields[name]) for name, value in pairs if name in fields]
    return found + [fault for name, value, schema in named if (fault := _fault(name, value, schema))]


def faults_of_answer(method: str, path: str, status: int, body: Mapping[str, Any]) -> list[str]:
    """What is wrong with an answer: names the description does not have, or that are missing; kinds of values."""
    _, operation = _operation(method.lower(), path)
    schema = _resolved(operation["responses"][str(status)]["content"]["application/json"]["schema"])
    return _faults(body, schema, "")


def _faults(body: Any, schema: Mapping[str, Any], where: str) -> list[str]:
    schema = _resolved(schema)
    match schema.get("type", "object"), body:
        case _, None:
            return [] if schema.get("nullable") else [f"{where} is null"]
        case "array", list():
            return [fault for item in body for fault in _faults(item, schema["items"], f"{where}[]")]
        case "object", dict():
            known = schema.get("properties", {name: {} for name in body})
            found = [f"{where}.{name} is not known" for name in body if name not in known]
            found += [f"{where}.{name} is missing" for name in known if name not in body]
            inner = ((name, item) for name, item in body.items() if known.get(name))
            return found + [
                fault for name, item in inner for fault in _faults(item, known[name], f"{where}.{name}")
            ]
        case "string", str():
            return [fault] if (fault := _fault(where, body, schema)) else []
        case "integer", int():
            return []
        case kind, _:
            return [f"{where} is no {kind}"]


def _fault(name: str, value: str, schema: Mapping[str, Any]) -> str | None:
    schema = _resolved(schema)
    if schema.get("type") == "array":  # each of its values comes as a pair of its own
        return _fault(name, value, schema["items"])
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{name} does not fit {schema['pattern']}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{name} is none of {schema['enum']}"
    if schema.get("type") == "integer" and not re.fullmatch(r"-?\d+", value):
        return f"{name} is no number"
    if schema.get("format") == "uri" and not re.match(r"https?://[^/_]+(/|$)", value) and value[:1] != "/":
        return f"{name} is no address"
    return None


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = description()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _operation(method: str, path: str) -> tuple[str, Mapping[str, Any]]:
    for template, operations in description()["paths"].items():
        if method in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return template, operations[method]
    raise AssertionError(f"{method} {path}: not in Twilio's description")
