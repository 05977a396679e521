"""The doctor says what is wrong and what to do; a broken house does not start, with one sentence and exit code 2."""

import subprocess
import sys
from pathlib import Path

import pytest

from outreach.config import Config
from outreach.doctor import examine


def test_a_fresh_machine_lacks_only_what_its_owner_must_set(tmp_path: Path) -> None:
    findings = {finding.what: finding for finding in examine(Config(data_dir=tmp_path))}
    assert {what for what, finding in findings.items() if not finding.well} == {"carrier", "address"}
    assert "OUTREACH_TWILIO_AUTH_TOKEN" in findings["carrier"].says
    assert "OUTREACH_PUBLIC_URL" in findings["address"].says


def test_a_missing_model_and_unwritable_data_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = Config(
        data_dir=tmp_path,
        model_dir=tmp_path / "none",
        database_url=f"sqlite:///{tmp_path / 'file' / 'outreach.db'}",
    )
    ill = {finding.what for finding in examine(config) if not finding.well}
    assert {"database", "model"} <= ill


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("MODEL_DIR", "{tmp}/no-model", "models fetch"),
        ("DATABASE_URL", "sqlite:////proc/nowhere/outreach.db", "rights"),
        ("DATABASE_URL", "mysql://x", "sqlite"),
        ("PROMPTS_DIR", "{tmp}/no-prompts", "OUTREACH_PROMPTS_DIR"),
        ("LANGUAGE", "xx", "OUTREACH_LANGUAGE"),
        ("PORT", "many", "OUTREACH_PORT"),
        ("TWILIO_AUTH_TOKEN", "", "OUTREACH_TWILIO_AUTH_TOKEN"),
    ],
)
def test_what_is_missing_at_start_is_one_sentence(tmp_path: Path, name: str, value: str, word: str) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "OUTREACH_DATA_DIR": str(tmp_path),
        "OUTREACH_TWILIO_AUTH_TOKEN": "secret",
        f"OUTREACH_{name}": value.format(tmp=tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "outreach", "serve"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
