"""The fixed account of demo mode.

Worth nothing: no carrier knows it, and it opens no line but a demo's own.
"""

from typing import Final

ACCOUNT_SID: Final = "AC" + "d" * 32
AUTH_TOKEN: Final = "demo-token-not-a-secret"  # noqa: S105  (published on purpose)
NUMBER: Final = "+869352200000"
