"""The carrier's signature: Twilio's published vectors, and agreement with Twilio's own checker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped, unused-ignore]

from outreach.simulator.signing import sign, signed_url

CALL = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize(
    ("url", "number", "signature"),
    [
        # www.twilio.com/docs/usage/security, the example with token 12345
        ("https://example.com/myapp.php?foo=1&bar=2", "+14158675310", "L/OH5YylLD5NRKLltdqwSvS0BnU="),
        # twilio-python 9.11, tests/unit/test_request_validator.py
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)
def test_published_vectors(url: str, number: str, signature: str) -> None:
    assert sign(url, CALL | {"From": number, "Caller": number}, "12345") == signature


@given(params=st.dictionaries(TEXT, TEXT, max_size=8), token=st.text("abc123", min_size=1))
def test_agrees_with_twilios_checker(params: dict[str, str], token: str) -> None:
    url = "https://line.example/twilio/voice?turn=3"
    assert RequestValidator(token).validate(url, params, sign(url, params, token))


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://h.example:8443/a?x=1&y=%20", "https://h.example/a?x=1&y=%20"),
        ("https://h.example/a", "https://h.example/a"),
        ("http://h.example:8000/a", "http://h.example:8000/a"),
        ("https://user:secret@h.example/a", "https://h.example/a"),
        ("https://h.example/a#rc=3&rp=5xx", "https://h.example/a"),
        ("https://[::1]:8443/a", "https://[::1]/a"),
    ],
)
def test_what_is_signed(url: str, signed: str) -> None:
    assert signed_url(url) == signed
