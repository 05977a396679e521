"""The real server as a process to be measured: ``python -m bench.line PORT DIRECTORY listening|deaf SECONDS``.

The same as ``outreach serve`` but that nothing is rendered ahead, which would be measured too, and that it may be
deaf: without recognition it does what the peer does. Its clock is SECONDS ahead.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

# the command line is loaded whole: its weight is the server's
from outreach import __main__ as command_line
from outreach.app import Parts
from outreach.config import Config
from outreach.logs import set_up
from outreach.serving import serve
from outreach.simulator import demo_account


def config(port: int, directory: Path) -> Config:
    """The settings of the line that is measured: production's, with the demo's account."""
    return Config(
        data_dir=directory,
        database_url="",
        port=port,
        public_url="",
        demo=False,
        twilio_account_sid=demo_account.ACCOUNT_SID,
        twilio_auth_token=SecretStr(demo_account.AUTH_TOKEN),
        twilio_from=demo_account.NUMBER,
        lag_limit_ms=60_000,  # a busy machine must slow the figures, not turn callers away
    )


if __name__ == "__main__":
    assert command_line.app.registered_commands
    port, directory, ears, seconds = sys.argv[1:]
    ahead = timedelta(seconds=float(seconds))
    set_up(as_json=True)
    parts = Parts(clock=lambda: datetime.now(UTC) + ahead, render_ahead=False, listen=ears == "listening")
    serve(config(int(port), Path(directory)), parts)
