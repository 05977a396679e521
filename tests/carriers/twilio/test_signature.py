"""Only Twilio is believed, however it spells the URL; a stranger gets a refusal, never an exception."""

from typing import Any
from urllib.parse import urlencode

import pytest
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from outreach.carriers.twilio.signature import BODY_LIMIT_BYTES, signed_urls, verify
from outreach.config import Config
from tests.carriers.cases import FakeReception
from tests.carriers.twilio.twilio_side import (
    CALL,
    CALL_FIELDS,
    CONFIG,
    PUBLIC,
    TOKEN,
    app,
    config,
    request,
    sign,
    webhook,
)

FORM = "application/x-www-form-urlencoded"


def configured(public: str, tokens: str = TOKEN) -> Config:
    return config(public_url=public, twilio_auth_token=SecretStr(tokens))


VECTORS = {
    # Security page: www.twilio.com/docs/usage/security
    "L/OH5YylLD5NRKLltdqwSvS0BnU=": (
        "https://example.com",
        [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675310"),
            ("Digits", "1234"),
            ("From", "+14158675310"),
            ("To", "+18005551212"),
        ],
    ),
    # twilio-python, tests/unit/test_request_validator.py
    "RSOYDt4T1cUTdK1PDd93/VVr8B8=": (
        "https://mycompany.com",
        [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ],
    ),
    "IK+Dwps556ElfBT0I3Rgjkr1wJU=": (
        "https://mycompany.com",
        [
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ],
    ),
}


@pytest.mark.parametrize("signature", VECTORS)
def test_published_vectors(signature: str) -> None:
    public, pairs = VECTORS[signature]
    assert sign(public + "/myapp.php?foo=1&bar=2", pairs) == signature
    assert verify(configured(public), "/myapp.php", "foo=1&bar=2", pairs, signature)
    assert not verify(configured(public), "/myapp.php", "foo=1&bar=3", pairs, signature)
    assert not verify(configured(public), "/myapp.php", "foo=1&bar=2", pairs[1:], signature)


URLS = [
    # public address, socket?, what Twilio signed, whether that is ours
    ("https://h.example", False, "https://h.example/p", True),
    ("https://h.example", False, "https://h.example:443/p", True),
    ("https://h.example/", False, "https://h.example/p", True),
    ("https://h.example:443", False, "https://h.example/p", True),
    ("https://h.example:8443", False, "https://h.example:8443/p", True),  # SMS keeps the port
    ("https://h.example:8443", False, "https://h.example/p", True),  # voice drops it
    ("https://h.example:8443", False, "https://h.example:9443/p", False),
    ("https://user:pw@h.example:8443", False, "https://h.example:8443/p", True),
    ("https://user:pw@h.example:8443", False, "https://user:pw@h.example:8443/p", False),
    ("https://[2001:db8::1]:8443", False, "https://[2001:db8::1]:8443/p", True),
    ("https://[2001:db8::1]:8443", False, "https://[2001:db8::1]/p", True),
    ("https://[2001:db8::1]", False, "https://[2001:db8::1]:443/p", True),
    ("https://h.example/behind", False, "https://h.example/behind/p", True),
    ("https://h.example/behind", False, "https://h.example/p", False),
    ("http://127.0.0.1:8000", False, "http://127.0.0.1:8000/p", True),
    ("https://h.example", False, "http://h.example/p", False),
    ("https://h.example", False, "https://h.example/p/", False),
    ("https://h.example", False, "https://H.example/p", False),
    ("https://h.example", False, "https://other.example/p", False),
    ("https://h.example", True, "wss://h.example/p", True),
    ("https://h.example", True, "wss://h.example/p/", True),
    ("https://h.example", True, "wss://h.example:443/p", True),
    ("https://h.example", True, "wss://h.example:443/p/", True),
    ("https://h.example:8443", True, "wss://h.example:8443/p", True),
    ("https://h.example", True, "https://h.example/p", False),
    ("https://h.example", True, "ws://h.example/p", False),
    ("http://127.0.0.1:8000", True, "ws://127.0.0.1:8000/p", True),
]


@pytest.mark.parametrize(("public", "socket", "signed", "ours"), URLS)
def test_the_ways_twilio_spells_our_address(public: str, socket: bool, signed: str, ours: bool) -> None:
    assert (
        verify(configured(public), "/p", "", [("a", "b")], sign(signed, [("a", "b")]), socket=socket) is ours
    )


def test_a_slash_at_the_end_of_the_sockets_path_may_come_or_go() -> None:
    assert verify(CONFIG, "/p/", "", [], sign(f"wss{PUBLIC.removeprefix('https')}/p"), socket=True)


GOOD = sign(PUBLIC + "/p", [("a", "b")])


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        " ",
        "é",
        "\ud800",
        "=" * 28,
        "x" * 100_000,
        GOOD[:-1],
        GOOD + " ",
        GOOD.swapcase(),
        GOOD + GOOD,
    ],
)
def test_odd_signatures_are_false(signature: str | None) -> None:
    assert verify(CONFIG, "/p", "", [("a", "b")], GOOD)
    assert not verify(CONFIG, "/p", "", [("a", "b")], signature)


@pytest.mark.parametrize("tokens", ["new,12345", "12345, new", " 12345 ,", ",,12345"])
def test_two_tokens_hold_while_rotating(tokens: str) -> None:
    assert verify(configured(PUBLIC, tokens), "/p", "", [("a", "b")], GOOD)


@pytest.mark.parametrize("tokens", ["", ",", " , "])
def test_an_empty_token_is_no_key(tokens: str) -> None:
    for key in ("", " "):
        assert not verify(configured(PUBLIC, tokens), "/p", "", [], sign(PUBLIC + "/p", token=key))


def test_a_url_with_body_hash_is_refused_even_when_signed() -> None:
    query = "bodySHA256=" + "0" * 64
    assert not verify(CONFIG, "/p", query, [], sign(f"{PUBLIC}/p?{query}"))


@pytest.mark.parametrize("public", ["line.example", "ftp://line.example", "https://", "//line.example"])
def test_a_public_address_without_scheme_or_host_is_said_at_start_up(public: str) -> None:
    with pytest.raises(ValueError, match="public address"):
        app(FakeReception(), configured(public))


@given(path=st.text(), query=st.text(), signature=st.text(), pairs=st.lists(st.tuples(st.text(), st.text())))
def test_strangers_never_raise_and_never_pass(
    path: str, query: str, signature: str, pairs: list[tuple[str, str]]
) -> None:
    for socket in (False, True):
        assert not verify(CONFIG, path, query, pairs, signature, socket=socket)


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1), st.data())
def test_every_field_counts(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    signature = sign(PUBLIC + "/p", pairs)
    assert verify(CONFIG, "/p", "", pairs, signature)
    index = data.draw(st.integers(0, len(pairs) - 1))
    name, value = pairs[index]
    assert not verify(CONFIG, "/p", "", [*pairs[:index], (name, value + "1"), *pairs[index + 1 :]], signature)


def test_signed_urls_are_few() -> None:
    assert len(list(signed_urls(PUBLIC, "/p", ""))) == 2
    assert len(list(signed_urls(PUBLIC, "/p", "", socket=True))) == 4


# --- the FastAPI dependency ---------------------------------------------------------------------------------

NEXT = "/twilio/voice/next"


def post_raw(body: bytes, content_type: str | None, signature: str) -> tuple[int, list[Any]]:
    reception = FakeReception()
    headers = {"X-Twilio-Signature": signature} | ({"Content-Type": content_type} if content_type else {})
    return request(app(reception), "POST", NEXT, content=body, headers=headers).status_code, reception.asked


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", None]
)
def test_only_forms_are_read(content_type: str | None) -> None:
    assert post_raw(b"{}", content_type, sign(PUBLIC + NEXT)) == (415, [])


def test_blanks_and_repeats_are_signed_too() -> None:
    pairs = [("CallSid", CALL), ("FromCity", ""), ("Digits", "5"), ("Digits", "4")]
    status, asked = post_raw(urlencode(pairs).encode(), FORM, sign(PUBLIC + NEXT, pairs))
    assert (status, asked) == (200, [("next_step", CALL)])


def test_a_large_body_is_not_read_to_its_end() -> None:
    assert post_raw(b"a=" + b"b" * BODY_LIMIT_BYTES, FORM, GOOD) == (413, [])


def test_many_fields_are_refused_before_they_are_hashed() -> None:
    assert post_raw(b"&".join([b"a=b"] * 501), FORM, GOOD) == (400, [])


@pytest.mark.parametrize("body", [b"\xff\xfe=%ff", b"%", b"&&&&", b"CallSid", b"\x00", "＋".encode()])
def test_broken_bodies_are_refused(body: bytes) -> None:
    assert post_raw(body, FORM, GOOD) == (403, [])


def test_a_refusal_asks_nobody_and_logs_no_number() -> None:
    reception = FakeReception()
    with structlog.testing.capture_logs() as logged:
        response = webhook(app(reception), NEXT + "?From=%2B8613893512345", CALL_FIELDS, signature="wrong")
    assert response.status_code == 403
    assert reception.asked == []
    assert [entry["event"] for entry in logged] == ["twilio_request_refused"]
    assert not [entry for entry in logged if "13893512345" in repr(entry) or CALL in repr(entry)]


def test_the_requests_own_host_is_not_believed() -> None:
    reception = FakeReception()
    signature = sign("http://10.0.0.7:8000" + NEXT, list(CALL_FIELDS.items()))
    assert webhook(app(reception), NEXT, CALL_FIELDS, signature).status_code == 403
    assert webhook(app(reception), NEXT, CALL_FIELDS).status_code == 200


def test_path_and_query_count_as_they_were_written() -> None:
    target = "/twilio/voice/keys?turn=3&note=a%20b%2Fc+d"
    reception = FakeReception()
    assert webhook(app(reception), target, CALL_FIELDS).status_code == 200
    assert reception.asked == [("keys", CALL, 3, "")]
