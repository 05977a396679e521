"""PINs and tries: who may hear of a case, and how often one may guess. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

KINDS = ("discrimination", "wages", "dismissal", "other")
NUMBER_DIGITS = 8
PIN_DIGITS = 4
TRIES_WITHIN = timedelta(days=1)
TRIES_EACH = 5
"""Wrong answers in a day from one telephone, or in one call that hides its number."""
TRIES_HIDDEN = 20
"""Wrong answers in a day for one case number from all calls that hide theirs. Counted by the number that was keyed,
so that it says nothing about whether there is such a case; whoever rings with a number is never held up by it."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who tries a case number. ``name``: a telephone's hash, or the call that hides it."""

    name: str
    hidden: bool


def asker(number: str | None, call_id: str | None) -> Asker:
    """From what the carrier sent. The telephone is kept as a hash, for a day."""
    if number is None:
        return Asker(f"call:{call_id}", hidden=True)
    return Asker(blake2b(number.encode(), digest_size=16).hexdigest(), hidden=False)


def too_many(own: int, hidden: int, who: Asker) -> bool:
    """Must this asker be sent to a person? ``own``: their wrong tries; ``hidden``: all hidden ones for the number.

    Nothing is counted against the case itself: a stranger cannot shut its owner out.
    """
    return own >= TRIES_EACH or (who.hidden and hidden >= TRIES_HIDDEN)


def hash_pin(case_number: str, pin: str) -> str:
    """What is kept of a PIN. Four digits are soon tried by whoever has the table; this keeps them from being read."""
    return blake2b(pin.encode(), key=case_number.encode(), digest_size=32).hexdigest()
