"""What Twilio's error codes mean for a message or a call: one table. Codes that are not in it are ``carrier_refused``.

Source: www.twilio.com/docs/api/errors, one page a code; which are temporary is our judgement of what is written
there. "The country is not allowed to us" (21408) is one message's trouble, not the account's: a single foreign number
must not stop all others. Five digits from 30000 on come in reports, the others in answers to a request.
"""

from typing import Final

from outreach.wire import Refusal

REASONS: Final[dict[Refusal, frozenset[int]]] = {
    "opted_out": frozenset({21610}),
    "invalid_number": frozenset({21211, 21214, 21217, 21604, 21612, 30005}),
    "landline": frozenset({21614, 30006}),
    "content_refused": frozenset({21602, 21603, 21617, 30004, 30007, 30018}),
    "account": frozenset(
        {
            *(20003, 20005, 20008, 20403),  # password, account closed, test credentials, forbidden
            *(21606, 21212, 21210, 21609),  # our own number, our callback address
            *(21701, 21702, 21703, 21704),  # messaging service
            *(30002, 30032, 30034, 30035),  # suspended, not registered
        }
    ),
    "throttled": frozenset({20429}),  # never processed
    "backlog": frozenset({10004, 22005, 21611, 30001, 30022, 30017, 63017, 63018}),
    "daily_limit": frozenset({30023, 30027}),
    "unreachable": frozenset({30003, 30008, 30410}),  # switched off, out of reach, unknown
}
_BY_CODE: Final[dict[int, Refusal]] = {code: reason for reason, codes in REASONS.items() for code in codes}


def reason_of(code: int | None) -> Refusal:
    """Our word for Twilio's code."""
    return "carrier_refused" if code is None else _BY_CODE.get(code, "carrier_refused")
