"""X-Twilio-Signature as the carrier makes it. Written apart from the product's check, so that each judges the
other.

Source: www.twilio.com/docs/usage/security, "Validating requests": HMAC-SHA1 over the exact URL and, for form
posts, every name and value in the order of the names; base64.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

HEADER: Final = "X-Twilio-Signature"


def sign(url: str, params: Mapping[str, str], auth_token: str) -> str:
    """The header's value for ``url`` as it is to be signed (``signed_url``) and the form's ``params``."""
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha1")).decode()


def signed_url(url: str) -> str:
    """What Twilio signs for a voice webhook: no userinfo, no fragment, and over HTTPS no port.

    Query and path stay as they are written.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.removesuffix(f":{parts.port}")
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
