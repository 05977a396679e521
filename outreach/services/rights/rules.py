"""Case numbers and PINs: what they are made of. Pure. How often one may guess is ``store/tries.py``'s."""

from hashlib import blake2b

KINDS = ("discrimination", "wages", "dismissal", "other")
STATES = ("received", "working", "passed_on", "settled", "closed")
NUMBER_DIGITS = 8
PIN_DIGITS = 4


def hash_pin(case_number: str, pin: str) -> str:
    """What is kept of a PIN. Four digits are soon tried by whoever has the table; this keeps them from being read."""
    return blake2b(pin.encode(), key=case_number.encode(), digest_size=32).hexdigest()
