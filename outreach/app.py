"""The only place that builds things and joins them: one process of the service, from its settings."""

import asyncio
import hashlib
import platform
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Connection, func, select

from outreach import metrics
from outreach.api import app as api
from outreach.api.hooks import Hooks
from outreach.campaigns import by_telephone
from outreach.campaigns.feed import Feeder
from outreach.carriers.twilio import deliveries as twilio_deliveries
from outreach.carriers.twilio import recordings as twilio_recordings
from outreach.carriers.twilio import texts as twilio_texts
from outreach.carriers.twilio.calls import TwilioCalls
from outreach.carriers.twilio.rest import TwilioTexts
from outreach.carriers.twilio.voice import router as twilio_router
from outreach.config import FAKE_TWILIO, Config
from outreach.console.desk import Desk
from outreach.console.router import router as console_router
from outreach.conversation import Conversation
from outreach.delivery import outbox, sending
from outreach.delivery.policy import SERVICE, Pace
from outreach.delivery.worker import Caller, Worker
from outreach.dialogue.kinds import Confirm, Menu
from outreach.dialogue.page import Page, Phrase
from outreach.dialogue.prompts import PromptError, Prompts, load_all
from outreach.ivr import playlist
from outreach.ivr.line import House, Lines
from outreach.ivr.live import LiveCalls
from outreach.ivr.reception import Reception
from outreach.lag import LoopLag
from outreach.scheduler import Chore, calling_chores, campaign_chores, house_chores, sending_chores, ticking
from outreach.services.bookings.publish import phrases as booking_phrases
from outreach.services.events.publish import phrases as event_phrases
from outreach.services.jobs.publish import announce as announce_opening
from outreach.services.jobs.publish import phrases as job_phrases
from outreach.services.places import today
from outreach.services.policies.publish import phrases as policy_phrases
from outreach.services.produce.publish import phrases as produce_phrases
from outreach.services.registry import DOOR, GATE, HANDLERS, all_pages
from outreach.services.titles.publish import phrases as title_phrases
from outreach.services.training.publish import phrases as training_phrases
from outreach.simulator import demo_account
from outreach.simulator.browser.pages import router as phone_router
from outreach.simulator.browser.standby import Standby
from outreach.simulator.outgoing import FakeCalls, Folk
from outreach.simulator.phone import line_for
from outreach.simulator.rest import FakeTexts
from outreach.simulator.watch import router as watch_router
from outreach.sms.inbound import Inbox
from outreach.speech.clips import Clip, ClipStore
from outreach.speech.lexicon import ModelError
from outreach.speech.mulaw import wav_mulaw
from outreach.speech.pyttsx import PyttsxSynthesizer
from outreach.speech.recognizer import Recognizer
from outreach.speech.recorded import LOOK_SECONDS, Recorded
from outreach.speech.synthesizer import NORMAL_SPEED, SPEEDS, Synthesizer
from outreach.speech.vosk import VoskRecognizer
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import deliveries
from outreach.timekeeper import Timekeeper
from outreach.wire import Report

log = structlog.get_logger()

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time. Everything below gets it as an argument."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a process may be given instead of building it (tests, benches)."""

    clock: Clock = utc_now
    synthesizer: Synthesizer | None = None
    recognizer: Recognizer | None = None
    render_ahead: bool = True
    listen: bool = True  # false: keys alone, and no model in memory
    tick: bool = True  # false: no timer fires and nothing is sent


@dataclass(frozen=True, slots=True)
class Built:
    """A house that is open for business."""

    config: Config
    house: House
    reception: Reception
    inbox: Inbox
    lag: LoopLag
    pages: dict[str, Page]
    caller: TwilioCalls | None  # None: there is no carrier to call by


@asynccontextmanager
async def build(config: Config, parts: Parts) -> AsyncIterator[Built]:
    """Open everything in the order of need, and close it in the other.

    Raises DatabaseError, PromptError, ModelError or SynthesisError: one sentence that says what to do.
    """
    async with AsyncExitStack() as stack:
        config.data_dir.mkdir(parents=True, exist_ok=True)
        pages = all_pages()
        languages = _preferred_first(load_all(config.prompts_dir), config.language)
        database = Database.open(config.database)
        stack.push_async_callback(database.close)
        recognizer = parts.recognizer
        if recognizer is None and parts.listen:
            recognizer = VoskRecognizer(config.model_dir)
        if recognizer is not None:
            _must_hear(recognizer, languages[config.language])
        synthesizer = parts.synthesizer or PyttsxSynthesizer(config.speech_workers)
        stack.push_async_callback(synthesizer.close)
        clips = ClipStore(
            config.data_dir / "clips",
            synthesizer,
            config.prompts_dir / "recordings",
            config.clip_memory_mb * 2**20,
            callers=config.data_dir / "recordings",
        )
        executor: Executor = stack.enter_context(
            ThreadPoolExecutor(config.recognition_threads, thread_name_prefix="recognition")
        )
        conversation = Conversation(database, pages, languages, parts.clock, config.sms_signature, GATE, DOOR)
        house = House(
            database=database,
            conversation=conversation,
            languages=languages,
            clips=clips,
            recorded=Recorded(config.prompts_dir / "recordings", languages),
            recognizer=recognizer,
            executor=executor,
            live=LiveCalls(config.demo),
            recordings=config.data_dir / "recordings",
            carrier="twilio",
            node=f"{platform.node()}:{config.port}:{secrets.token_hex(4)}",
            clock=parts.clock,
        )
        lag = LoopLag(config.lag_limit_ms / 1000)

        async def fetch(url: str) -> bytes:
            return await twilio_recordings.fetch(config, url)

        caller = TwilioCalls(config) if _may_send(config) else None
        if caller:
            stack.push_async_callback(caller.close)
        reception = Reception(
            house,
            _secret(config, b"sounds"),
            lag.busy,
            fetch,
            caller.leave_message if caller else None,
            config.call_back if caller else "off",
        )
        inbox = Inbox(
            conversation, pages, languages, parts.clock, config.sms_signature, _secret(config, b"senders")
        )
        yield Built(config, house, reception, inbox, lag, pages, caller)


def _secret(config: Config, purpose: bytes) -> bytes:
    """A key of our own for one purpose. Another one once the carrier's token is."""
    return hashlib.sha256(purpose + config.twilio_auth_token.get_secret_value().encode()).digest()


def create_app(config: Config, parts: Parts | None = None) -> FastAPI:
    """The web application. Nothing is opened before it starts up."""
    parts = parts or Parts()
    app = FastAPI(
        title="outreach", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan(config, parts)
    )

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    return app


def _lifespan(config: Config, parts: Parts) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            built = await stack.enter_async_context(build(config, parts))
            house = app.state.house = built.house
            apology = await _apology(built)
            app.include_router(twilio_router(config, built.reception, Lines(house), apology))
            app.include_router(twilio_texts.router(config, built.inbox.receive))
            app.mount("/api/v1", api.create(_api(built)))
            await _deliver(stack, app, built, parts)
            _seen_from_outside(app, built)
            app.include_router(console_router(_desk(built)))
            if config.demo:
                app.include_router(watch_router(config, house.live))
                app.include_router(phone_router(config, app.state.standby.wait))
            chores = [asyncio.create_task(built.lag.run())]
            if parts.render_ahead:
                chores.append(asyncio.create_task(render_ahead(built)))
            log.info("outreach.ready", public=config.public, demo=config.demo)
            yield
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)

    return lifespan


def _api(built: Built) -> api.Api:
    house, signature = built.house, built.config.sms_signature

    def announce(db: Connection, opening_id: int, now: datetime) -> object:
        return announce_opening(db, opening_id, dict(house.languages), signature, now)

    return api.Api(house.database, house.clock, announce)


def _desk(built: Built) -> Desk:
    house = built.house
    listens = house.recognizer
    return Desk(
        built.config,
        house.database,
        house.languages,
        house.clips,
        house.recorded,
        house.clock,
        transcribe=listens.transcribe if isinstance(listens, VoskRecognizer) else None,
    )


async def _deliver(stack: AsyncExitStack, app: FastAPI, built: Built, parts: Parts) -> None:
    """Timers and deliveries, until ``stack`` is unwound: first nothing new is begun, then what is begun is finished."""
    config, house = built.config, built.house

    async def take(report: Report) -> bool:
        return await house.database.write(lambda db: sending.take_report(db, report, house.clock()))

    app.include_router(twilio_deliveries.router(config, take))
    timekeeper = Timekeeper(
        house.database,
        house.conversation,
        house.languages,
        {**HANDLERS, **by_telephone.HANDLERS},
        config.sms_signature,
        house.clock,
    )
    hooks = Hooks(house.database, house.clock)
    stack.push_async_callback(hooks.close)
    chores = (
        *house_chores(house.database, timekeeper, hooks, house.recordings, house.clock),
        Chore("recorded prompts", LOOK_SECONDS, partial(_look_again, house)),
    )
    worker = None
    if config.demo:
        fake = FakeTexts(config.twilio_account_sid, config.twilio_auth_token.get_secret_value(), house.clock)
        stack.push_async_callback(fake.close)
        app.state.standby = standby = Standby(partial(_invite, house))
        rung = FakeCalls(line_for(config), lambda _: Folk("no-answer"), house.clock, ring=standby.ring)
        stack.push_async_callback(rung.close)
        fake.app.include_router(rung.routes)
        app.mount(FAKE_TWILIO, fake.app)
        app.state.fake_texts, app.state.fake_calls = fake, rung
    if _may_send(config):
        carrier = TwilioTexts(config)
        stack.push_async_callback(carrier.close)
        worker = Worker(house.database, carrier, house.clock, house.node)
        phone = config.twilio_from or config.help_phone
        languages, signature = house.languages, config.sms_signature
        feeder = Feeder(house.database, house.conversation, languages, signature, phone, house.clock)
        chores += (*sending_chores(worker), *campaign_chores(feeder))
    ringer = None
    if built.caller:
        pace = Pace(config.calls_a_second, config.calls_at_once)
        still = house.conversation.still_to_tell
        ringer = Caller(house.database, built.caller, house.clock, house.node, pace, still)
        chores += calling_chores(ringer)
    if parts.tick:
        await stack.enter_async_context(ticking(chores))
    for sender in (worker, ringer):
        if sender:
            stack.push_async_callback(sender.stop)


async def _invite(house: House, number: str) -> None:
    """A tester at the browser phone wants to be rung, and at once: it is asked for, so at any hour."""
    now = house.clock()

    def work(db: Connection) -> bool:
        person = people.find_by_phone(db, number)
        return outbox.queue_call_back(
            db,
            purpose=f"demo:{secrets.token_hex(8)}",
            person_id=person.id if person else None,
            address=number,
            now=now,
            expires_at=now + timedelta(minutes=5),
            scope=SERVICE,
        )

    await house.database.write(work)


def _may_send(config: Config) -> bool:
    """Is there a carrier to send by? The demo's account is known to the demo's own fake and nowhere else."""
    named = bool(config.twilio_account_sid and config.twilio_from)
    return named and (config.demo or config.twilio_account_sid != demo_account.ACCOUNT_SID)


def _seen_from_outside(app: FastAPI, built: Built) -> None:
    house = built.house

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        """Fit for new calls: the database answers. 503 with the reason otherwise."""
        try:
            await asyncio.wait_for(house.database.read(lambda db: db.execute(select(1)).scalar_one()), 2)
        except Exception as error:
            response.status_code = 503
            return {"status": "not ready", "why": type(error).__name__}
        return {"status": "ready"}

    @app.get("/metrics")
    async def show_metrics() -> Response:
        waiting = select(func.count()).select_from(deliveries).where(deliveries.c.state == "queued")
        with suppress(Exception):  # no database: every other figure is still worth having
            metrics.QUEUED_DELIVERIES.set(
                await house.database.read(lambda db: db.execute(waiting).scalar_one())
            )
        metrics.CLIPS_IN_CALL.set(house.clips.rendered_in_calls)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


# --- Rendering ahead ----------------------------------------------------------------------------------------


def published(built: Built, listings: Iterable[Phrase], speeds: Iterable[int]) -> Iterator[Clip]:
    """Every clip that a caller may hear without words of their own: prompts, and what is published."""
    for speed in speeds:
        for prompts in built.house.languages.values():
            recorded = built.house.recorded.get(prompts.language, frozenset())
            yield from playlist.clips(prompts.fixed(), prompts, speed, recorded)
            yield from playlist.clips(_choices(built, prompts), prompts, speed, recorded)
        first = next(iter(built.house.languages.values()))
        yield from playlist.clips(listings, first, speed, frozenset())


def _choices(built: Built, prompts: Prompts) -> Iterator[Phrase]:
    for page in built.pages.values():
        if isinstance(page, Menu | Confirm):
            for wordiness in (2, 1):
                yield from page.fixed(prompts.bound[wordiness, "voice"])


async def render_ahead(built: Built) -> None:
    """Normal speed first; then the others. What is rendered already is passed over."""
    house = built.house
    prompts = next(iter(house.languages.values()))
    now = house.clock()
    listings = await house.database.read(
        lambda db: [
            *job_phrases(db, prompts, today(now)),
            *training_phrases(db, prompts, now),
            *event_phrases(db, prompts, now),
            *booking_phrases(db, prompts),
            *title_phrases(db, prompts, today(now)),
            *policy_phrases(db, prompts),
            *produce_phrases(db, prompts, today(now)),
        ]
    )
    order = (NORMAL_SPEED, *(speed for speed in SPEEDS if speed != NORMAL_SPEED))
    report = await house.clips.render(published(built, listings, order))
    log.info("clips.rendered", report=str(report))


async def _look_again(house: House) -> None:
    """Recordings of prompts that another node took, or somebody copied."""
    if isinstance(house.recorded, Recorded):
        house.clips.forget_recordings(await asyncio.to_thread(house.recorded.look))


async def _apology(built: Built) -> bytes:
    """The words for when nothing else works, in memory from the start."""
    prompts = next(iter(built.house.languages.values()))
    phrase = prompts.bound[2, "voice"]("sorry.broken", phone=built.config.help_phone)
    pieces = playlist.clips((phrase,), prompts, NORMAL_SPEED, frozenset())
    return wav_mulaw(b"".join([await built.house.clips.fetch(clip) for clip in pieces]))


def _preferred_first(languages: dict[str, Prompts], preferred: str) -> dict[str, Prompts]:
    if preferred not in languages:
        raise PromptError(
            f"there are no prompts in {preferred}: set OUTREACH_LANGUAGE to one of {', '.join(languages)}"
        )
    return {preferred: languages[preferred], **languages}


def _must_hear(recognizer: Recognizer, prompts: Prompts) -> None:
    """A word that is offered and can never be recognised is a trap: the house does not open with one."""
    words = {word for prompt in prompts.entries.values() for word in prompt.words}
    if missing := sorted(recognizer.missing(sorted(words))):
        raise ModelError(
            f"the model cannot hear {', '.join(missing)}: outreach models add-words {' '.join(missing)}"
        )
