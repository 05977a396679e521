"""One frozen Config, read once from the environment (prefix ``OUTREACH_``). Nothing else reads the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
FAKE_TWILIO = "/fake-twilio"
"""Where a demo serves its own carrier."""


class Config(BaseSettings):
    """Every setting of the product. docs/operate.md lists them; a test holds the two against each other."""

    model_config = SettingsConfigDict(env_prefix="OUTREACH_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        Path("data"), description="where the database, rendered speech and recordings live"
    )
    database_url: str = Field("", description="SQLAlchemy URL; empty: a SQLite file in DATA_DIR")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, description="port to listen on")
    public_url: str = Field(
        "", description="what carriers see, as https://line.example; empty: http://HOST:PORT"
    )
    language: str = Field("zh-CN", description="language of a caller who has chosen none")
    demo: bool = Field(False, description="serve the testers' browser phone and pages; never in production")
    log_json: bool = Field(True, description="log as JSON lines; false: for reading in a terminal")

    prompts_dir: Path = Field(PROJECT / "prompts", description="prompt files and recordings")
    model_dir: Path = Field(PROJECT / "models" / "demo-zh", description="the Vosk model to listen with")
    recognition_threads: int = Field(2, ge=1, description="threads that recognise speech")
    speech_workers: int = Field(1, ge=1, description="processes that render speech")
    clip_memory_mb: int = Field(16, ge=1, description="rendered speech kept in memory")

    help_phone: str = Field(
        "0935-2212345", description="a person's number, spoken when the line cannot go on"
    )
    sms_signature: str = Field(
        "武威市残联", description="the sender's name in 【】 before every text message"
    )
    text_price: float = Field(
        0.0, ge=0, description="yuan for one part of a text message, shown in campaigns; 0: not shown"
    )
    second_approval: bool = Field(False, description="a campaign is approved by somebody else than its maker")
    lag_limit_ms: int = Field(40, ge=1, description="event-loop lag above which new calls get keys only")

    calls_a_second: int = Field(1, ge=1, description="calls begun in one second (Twilio: 1 an account)")
    calls_at_once: int = Field(10, ge=1, description="calls of ours under way at once")
    call_back: Literal["off", "missed", "all"] = Field(
        "off", description="ring back, so that callers pay nothing: nobody, who gave up ringing, everybody"
    )

    twilio_account_sid: str = Field("", description="Twilio account; empty: the Twilio carrier is off")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="signs every webhook; two, comma-separated, while rotating"
    )
    twilio_from: str = Field("", description="our number at Twilio, E.164")
    twilio_api_url: str = Field("https://api.twilio.com", description="Twilio's REST address")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'outreach.db'}"

    @property
    def twilio_api(self) -> str:
        """Twilio's REST address in force. A demo's is always its own fake: nothing leaves the machine."""
        return f"http://{self.host}:{self.port}{FAKE_TWILIO}" if self.demo else self.twilio_api_url

    @property
    def public(self) -> str:
        """The address carriers see, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
