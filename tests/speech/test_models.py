"""Fetching, verifying and checking models, against a web server on this machine."""

import hashlib
import shutil
import stat
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from outreach.config import PROJECT
from outreach.speech import models
from outreach.speech.lexicon import ModelError
from outreach.speech.models import (
    MODELS_DIR,
    REFUSED,
    UNREACHABLE,
    FetchError,
    KnownModel,
    check,
    fetch,
    known,
)

DEMO = MODELS_DIR / "demo-zh"
RUN = CliRunner()


@dataclass
class Site:
    """What is served: one file, whole or in ranges; ``breaks_after`` bytes the connection is cut."""

    content: bytes = b""
    ranges: bool = True
    breaks_after: int | None = None
    status: int | None = None
    url: str = ""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.headers.get("Range", ""))
            start = int(self.headers["Range"][6:-1]) if served.ranges and "Range" in self.headers else 0
            if start >= len(served.content) > 0:
                self.send_response(416)
                self.end_headers()
                return
            self.send_response(served.status or (206 if start else 200))
            body = served.content[start:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: served.breaks_after])
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/model.zip"
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bundle(tmp_path: Path) -> bytes:
    """The demo model as an official one comes: zipped, in a directory of its name, for 16 kHz."""
    path = tmp_path / "made.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(DEMO.rglob("*")):
            archive.write(file, Path("vosk-model-x") / file.relative_to(DEMO))
    return path.read_bytes()


def model(site: Site, content: bytes, *, url: str = "", sha256: str | None = None) -> KnownModel:
    """The model that ``site`` is to serve."""
    site.content = content
    return KnownModel(
        name="x",
        directory="vosk-model-x",
        about="",
        licence="",
        url=url or site.url,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest() if sha256 is None else sha256,
    )


def zipped(path: Path, *members: zipfile.ZipInfo | str) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return path.read_bytes()


def test_a_model_is_fetched_verified_unpacked_and_works(site: Site, bundle: bytes, tmp_path: Path) -> None:
    directory = fetch(model(site, bundle), tmp_path)
    assert directory == tmp_path / "vosk-model-x"
    assert "heard 招聘" in check(directory)
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name or "unpack" in path.name] == []


def test_a_broken_download_goes_on_where_it_stopped(site: Site, bundle: bytes, tmp_path: Path) -> None:
    wanted = model(site, bundle)
    site.breaks_after = 100_000
    with pytest.raises(FetchError, match=r"kept in .* run this again to go on") as failed:
        fetch(wanted, tmp_path)
    assert failed.value.exit_code == UNREACHABLE
    assert (tmp_path / "vosk-model-x.zip.part").stat().st_size == 100_000
    site.breaks_after = None
    assert (fetch(wanted, tmp_path) / "am" / "final.mdl").exists()
    assert site.asked == ["", "bytes=100000-"]


def test_a_server_without_ranges_sends_all_again(site: Site, bundle: bytes, tmp_path: Path) -> None:
    (tmp_path / "vosk-model-x.zip.part").write_bytes(b"something old")
    site.ranges = False
    assert fetch(model(site, bundle), tmp_path).is_dir()


def test_what_was_fetched_completely_is_not_fetched_again(site: Site, bundle: bytes, tmp_path: Path) -> None:
    wanted = replace(model(site, bundle), size_bytes=0)  # size unknown: the server says there is no more
    (tmp_path / "vosk-model-x.zip.part").write_bytes(bundle)
    assert fetch(wanted, tmp_path).is_dir()
    assert site.asked == [f"bytes={len(bundle)}-"]


def test_a_wrong_file_is_refused_and_what_was_there_stays(site: Site, bundle: bytes, tmp_path: Path) -> None:
    fetch(model(site, bundle), tmp_path)
    wanted = model(site, b"<html>please log in</html>", sha256=hashlib.sha256(bundle).hexdigest())
    with pytest.raises(FetchError, match=r"is not x: 26 bytes with SHA-256 .* Nothing was installed"):
        fetch(wanted, tmp_path)
    assert "heard 招聘" in check(tmp_path / "vosk-model-x")
    assert not (tmp_path / "vosk-model-x.zip.part").exists()


def test_an_answer_that_is_no_file_is_told(site: Site, bundle: bytes, tmp_path: Path) -> None:
    site.status = 404
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 answered 404"):
        fetch(model(site, bundle), tmp_path)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "vosk-model-x/../../evil", "other/evil", "..\\evil"]
)
def test_nothing_is_written_outside_the_models_directory(site: Site, tmp_path: Path, name: str) -> None:
    content = zipped(tmp_path / "evil.zip", "vosk-model-x/conf", name)
    with pytest.raises(FetchError, match="which is not under vosk-model-x/: refused"):
        fetch(model(site, content), tmp_path / "models")
    assert not list(tmp_path.rglob("evil"))
    assert not (tmp_path / "models" / "vosk-model-x").exists()


def test_links_are_refused(site: Site, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("vosk-model-x/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(FetchError, match="refused"):
        fetch(model(site, zipped(tmp_path / "link.zip", link)), tmp_path)


def test_a_file_that_is_no_zip_is_told(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="is no zip file"):
        fetch(model(site, b"no zip"), tmp_path)


def test_without_a_checksum_nothing_is_fetched_unless_one_is_given(
    site: Site, bundle: bytes, tmp_path: Path
) -> None:
    wanted = model(site, bundle, sha256="")
    with pytest.raises(FetchError, match="no verified checksum is known"):
        fetch(wanted, tmp_path)
    assert site.asked == []
    assert fetch(wanted, tmp_path, sha256=hashlib.sha256(bundle).hexdigest().upper()).is_dir()


def test_a_file_brought_by_hand_is_verified_like_any_other(site: Site, bundle: bytes, tmp_path: Path) -> None:
    wanted = model(site, bundle)
    brought = tmp_path / "brought.zip"
    with pytest.raises(FetchError, match="there is no file"):
        fetch(wanted, tmp_path, archive=brought)
    brought.write_bytes(bundle[:-1])
    with pytest.raises(FetchError, match="is not x"):
        fetch(wanted, tmp_path, archive=brought)
    brought.write_bytes(bundle)
    assert fetch(wanted, tmp_path, archive=brought).is_dir()
    assert brought.exists()
    assert site.asked == []


def test_a_wideband_model_is_made_to_take_telephone_sound(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "wide.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("vosk-model-x/conf/mfcc.conf", "--sample-frequency=16000\n--num-ceps=40")
    directory = fetch(model(site, path.read_bytes()), tmp_path)
    options = (directory / "conf" / "mfcc.conf").read_text().splitlines()
    assert options == ["--sample-frequency=16000", "--num-ceps=40", "--allow-upsample=true"]


# --- Check --------------------------------------------------------------------------------------------------


def test_the_model_that_ships_is_whole() -> None:
    assert "heard 招聘" in check(DEMO)
    fixed = {str(path.relative_to(DEMO)) for part in ("am", "conf") for path in (DEMO / part).iterdir()}
    assert set(known()["demo-zh"].files) == fixed


def test_a_changed_file_is_found_before_it_is_loaded(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "demo-zh")
    with (tmp_path / "demo-zh" / "am" / "final.mdl").open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\0\0\0")
    with pytest.raises(ModelError, match=r"final\.mdl is missing or not what was shipped"):
        check(tmp_path / "demo-zh")


def test_a_model_that_hears_something_else_is_told(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "other")
    (tmp_path / "other" / "graph" / "words.txt").write_text("<eps> 0\n报名 1\n")
    with pytest.raises(ModelError):
        check(tmp_path / "other")


# --- The manifest and the commands --------------------------------------------------------------------------


def test_the_manifest_names_licences_and_official_addresses_only() -> None:
    for entry in known().values():
        assert entry.licence
        assert entry.about
        assert not entry.url or entry.url.startswith("https://alphacephei.com/vosk/models/")
        assert len(entry.sha256) in (0, 64)


def test_the_notice_credits_what_the_demo_model_was_made_of() -> None:
    notice = (PROJECT / "models" / "NOTICE").read_text()
    for credit in (
        "audio-cmn",
        "CC BY-SA",
        "Yue Tan",
        "Chen Wang",
        "DSPSpeech-20",
        "MIT",
        "mp3-chinese-pinyin-sound",
    ):
        assert credit in notice


def test_list_and_check_commands() -> None:
    listed = RUN.invoke(models.models, ["list"])
    assert "demo-zh  [here]" in listed.output
    assert RUN.invoke(models.models, ["check", str(DEMO)]).exit_code == 0
    nowhere = RUN.invoke(models.models, ["check", "/nowhere"])
    assert (nowhere.exit_code, "no model at /nowhere" in nowhere.output) == (REFUSED, True)


def test_fetch_command_says_what_to_do_without_a_network(
    site: Site, bundle: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable = model(site, bundle, url="http://127.0.0.1:1/model.zip")
    monkeypatch.setattr(models, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(models, "known", lambda *_: {"x": unreachable})
    failed = RUN.invoke(models.models, ["fetch", "x"])
    assert failed.exit_code == UNREACHABLE
    assert "cannot be reached" in failed.output
    assert "outreach models fetch x --archive FILE" in failed.output
    assert RUN.invoke(models.models, ["fetch", "unheard-of"]).exit_code == REFUSED


def test_fetch_command_fetches_and_checks(
    site: Site, bundle: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = model(site, bundle)
    monkeypatch.setattr(models, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(models, "known", lambda *_: {"x": wanted})
    done = RUN.invoke(models.models, ["fetch", "x"])
    assert done.exit_code == 0, done.output
    assert f"OUTREACH_MODEL_DIR={tmp_path / 'vosk-model-x'}" in done.output
