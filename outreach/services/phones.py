"""Telephone numbers as they are written in China."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


def e164(written: str) -> str | None:
    """The number that one dials in China by what is written, as E.164; None: nobody answers at that."""
    try:
        number = phonenumbers.parse(written, "CN")
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
