"""The recogniser's models: which are known, whether one is sound, how to get another (``outreach models``).

Nothing here runs while calls are taken. What is known about each model is data: ``models/manifest.toml``.
"""

import hashlib
import re
import shutil
import stat
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer

from outreach.config import PROJECT, Config
from outreach.speech.lexicon import ModelError

MODELS_DIR = PROJECT / "models"
TIMEOUT_SECONDS = 30.0
REFUSED, UNREACHABLE = 1, 2
"""Exit codes: what is there is wrong; what is wanted cannot be reached."""


class FetchError(Exception):
    """A model could not be fetched. The message says what to do; ``exit_code`` is the command's."""

    def __init__(self, reason: str, exit_code: int = REFUSED) -> None:
        super().__init__(reason)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model of the manifest. No ``url``: it ships with the source. No ``sha256``: none is verified."""

    name: str
    directory: str
    about: str
    licence: str
    url: str = ""
    size_bytes: int = 0
    sha256: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


def known(models_dir: Path = MODELS_DIR) -> dict[str, KnownModel]:
    """The manifest's models by name."""
    return {name: KnownModel(name, **entry) for name, entry in _manifest(models_dir)["models"].items()}


def check(model_dir: Path, models_dir: Path = MODELS_DIR) -> str:
    """Verify the files of the model in ``model_dir``, load it, and let it listen. Returns what it heard.

    Raises ModelError, which says what is wrong and what to do.
    """
    from outreach.speech.vosk import VoskRecognizer  # libvosk: 30 MB that other commands need not load

    expected = next((m.files for m in known(models_dir).values() if m.directory == model_dir.name), {})
    for name, sha256 in expected.items():
        if not (model_dir / name).is_file() or _sha256(model_dir / name) != sha256:
            raise ModelError(
                f"{model_dir / name} is missing or not what was shipped: restore it from the source"
            )
    recognizer = VoskRecognizer(model_dir)
    probe = _manifest(models_dir)["check"]
    question = recognizer.question(probe["phrases"])
    question.feed((models_dir / probe["sound"]).read_bytes())
    heard = question.finish()
    if probe["says"] not in heard.text:
        raise ModelError(
            f"{model_dir} loads, but heard {heard.text or 'nothing'} where {probe['says']} was said: "
            "it is no model for Mandarin by telephone"
        )
    grammar = "" if recognizer.grammars else "; it ignores what is offered and hears free speech"
    return f"{model_dir}: {len(recognizer.words.words)} words, heard {heard.text}{grammar}"


def fetch(model: KnownModel, into: Path, *, sha256: str = "", archive: Path | None = None) -> Path:
    """Get ``model``, verify and unpack it under ``into``; returns its directory.

    Goes on where it was interrupted. ``sha256`` is used when the manifest has none; ``archive``, a file
    fetched by other means, instead of the network. A directory that is there already stays until the new one
    is complete. Raises FetchError.
    """
    wanted = model.sha256 or sha256.lower()
    if not model.url:
        raise FetchError(
            f"{model.name} ships with the source, under models/{model.directory}: nothing to fetch"
        )
    if not wanted:
        raise FetchError(
            f"no verified checksum is known for {model.name}. Get one you trust and pass it: "
            f"`outreach models fetch {model.name} --sha256 …`"
        )
    into.mkdir(parents=True, exist_ok=True)
    part = archive or into / f"{model.directory}.zip.part"
    if archive is None:
        _download(model, part)
    elif not archive.is_file():
        raise FetchError(f"there is no file {archive}")
    found = _sha256(part)
    if found != wanted:
        size = part.stat().st_size
        if archive is None:
            part.unlink()
        raise FetchError(
            f"what came from {archive or model.url} is not {model.name}: {size} bytes with SHA-256 {found}, "
            f"expected {wanted}. Nothing was installed; try again, or from another network"
        )
    directory = _unpack(part, model, into)
    if archive is None:
        part.unlink()
    return directory


def _download(model: KnownModel, part: Path) -> None:
    """All of the archive into ``part``, from where an earlier attempt left off."""
    have = part.stat().st_size if part.exists() else 0
    if model.size_bytes and have >= model.size_bytes:
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with (
        _network(model, part),
        httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True) as client,
        client.stream("GET", model.url, headers=headers) as response,
    ):
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # complete already, or not ours: the checksum tells
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        with part.open("ab" if resumed else "wb") as file:
            for piece in response.iter_raw():
                file.write(piece)


@contextmanager
def _network(model: KnownModel, part: Path) -> Iterator[None]:
    host = urlsplit(model.url).hostname
    try:
        yield
    except httpx.HTTPStatusError as error:
        answer = f"{host} answered {error.response.status_code} for {model.url}"
        raise FetchError(f"{answer}: see its site for the new address") from error
    except httpx.TransportError as error:
        raise FetchError(
            f"{host} cannot be reached or broke off ({type(error).__name__}). What came is kept in {part}: "
            f"run this again to go on. Without a network here: fetch {model.url} elsewhere, bring the file, "
            f"and run `outreach models fetch {model.name} --archive FILE`",
            UNREACHABLE,
        ) from error


def _unpack(archive: Path, model: KnownModel, into: Path) -> Path:
    """Unpack beside the final place, make it fit for telephone sound, then move it there in one step."""
    target, fresh = into / model.directory, into / f"{model.directory}.unpacking"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as bundle:
            for member in bundle.infolist():
                _refuse_unsafe(member, model)
            bundle.extractall(fresh)
    except zipfile.BadZipFile as error:
        raise FetchError(f"{archive} is no zip file") from error
    _allow_telephone_sound(fresh / model.directory)
    shutil.rmtree(target, ignore_errors=True)
    (fresh / model.directory).rename(target)
    shutil.rmtree(fresh)
    return target


def _refuse_unsafe(member: zipfile.ZipInfo, model: KnownModel) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    link = stat.S_ISLNK(member.external_attr >> 16)
    if link or path.is_absolute() or ".." in path.parts or path.parts[:1] != (model.directory,):
        raise FetchError(
            f"the archive holds {member.filename}, which is not under {model.directory}/: refused"
        )


def _allow_telephone_sound(model_dir: Path) -> None:
    """Let a model trained at 16 kHz take 8 kHz: Kaldi refuses without the line (vosk-api issues 18, 1726)."""
    options = model_dir / "conf" / "mfcc.conf"
    text = options.read_text(encoding="utf-8") if options.is_file() else ""
    rate = re.search(r"--sample-frequency=(\d+)", text)
    if rate and int(rate[1]) > 8000 and "--allow-upsample" not in text:
        options.write_text(text.rstrip() + "\n--allow-upsample=true\n", encoding="utf-8")


def _manifest(models_dir: Path) -> dict[str, Any]:
    with (models_dir / "manifest.toml").open("rb") as file:
        return tomllib.load(file)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- Commands -----------------------------------------------------------------------------------------------

models = typer.Typer(help="The recogniser's models: list, check, fetch.", no_args_is_help=True)


@models.command("list")
def list_command() -> None:
    """Show the models that are known, and which are here."""
    for model in known().values():
        here = "here" if (MODELS_DIR / model.directory).is_dir() else "not here"
        typer.echo(f"{model.name}  [{here}]  {model.licence}\n    {model.about}")


@models.command("check")
def check_command(
    directory: Annotated[Path | None, typer.Argument(help="default: the one in use")] = None,
) -> None:
    """Verify a model's files, load it and let it listen to a sentence."""
    try:
        typer.echo(check(directory or Config.model_validate({}).model_dir))
    except ModelError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error


@models.command("fetch")
def fetch_command(
    name: Annotated[str, typer.Argument(help="as in `outreach models list`")],
    sha256: Annotated[str, typer.Option(help="checksum to hold it against, where none is known")] = "",
    archive: Annotated[Path | None, typer.Option(help="a zip file fetched by other means")] = None,
) -> None:
    """Get a model, verify and unpack it. Goes on where it was interrupted."""
    model = known().get(name)
    if model is None:
        typer.echo(f"no model is called {name}: see `outreach models list`", err=True)
        raise typer.Exit(REFUSED)
    try:
        directory = fetch(model, MODELS_DIR, sha256=sha256, archive=archive)
        typer.echo(check(directory))
    except (FetchError, ModelError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code if isinstance(error, FetchError) else REFUSED) from error
    typer.echo(f"to listen with it: OUTREACH_MODEL_DIR={directory}")
