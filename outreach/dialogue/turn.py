"""``take_turn``: the one function of the dialogue. What was heard in; the next session, screen and effects out.

What must live here: the universal commands, the taper of misses, the stack. What must not: anything of one service
line, anything of a channel, and anything slow (it runs inside a transaction).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from outreach.dialogue.page import (
    Back,
    Channel,
    Choice,
    Data,
    Dtmf,
    Effect,
    Exit,
    Gate,
    Goto,
    Heard,
    Hello,
    Mode,
    Move,
    NoMatch,
    Page,
    Pages,
    Phrase,
    Playback,
    Profile,
    Screen,
    Stay,
    Turn,
    Words,
)
from outreach.dialogue.prompts import Prompts
from outreach.dialogue.session import Frame, Pending, Session
from outreach.dialogue.understand import Chosen, Command, Doubt, Meaning, Missed, understand

MAIN = "home.menu"
"""The bottom of every stack."""
SLOWEST, FASTEST = 1, 6
SILENT_PROMPTS = 12
"""Unanswered prompts in a row after which the line says goodbye and keeps the place: about five minutes, in which a
person was offered ten times. A receiver laid aside must not cost its owner a day's calls (docs/decisions/0005)."""
RESUME_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one turn comes to. ``phrases`` are all that is said now: leads first, then the screen's own."""

    session: Session
    profile: Profile
    phrases: tuple[Phrase, ...]
    screen: Screen
    effects: tuple[Effect, ...] = ()
    playback: Playback = Playback.START
    where: str = ""
    exit: bool = False  # the conversation is over when this has been said


def open_to_all(_turn: Turn, _page: str) -> Goto | None:
    """A gate where nobody is asked anything."""
    return None


@dataclass(slots=True)
class _State:
    """One turn in the making."""

    pages: Pages
    languages: Mapping[str, Prompts]
    turn: Turn
    session: Session
    lead: tuple[Phrase, ...] = ()
    show: bool = True  # false: only the lead is said, the offer stands
    playback: Playback = Playback.START
    exit: bool = False
    gate: Gate = open_to_all

    @property
    def page(self) -> Page:
        return self.pages[self.session.top.page]

    def at(self, data: Data) -> Turn:
        """The turn as the current page sees it."""
        self.turn.data = data
        return self.turn


def take_turn(
    pages: Pages,
    languages: Mapping[str, Prompts],
    db: Connection,
    session: Session,
    profile: Profile,
    heard: Heard,
    now: datetime,
    *,
    channel: Channel = "voice",
    call_id: str | None = None,
    idle: timedelta | None = None,
    gate: Gate = open_to_all,
) -> Reply:
    """One turn. ``idle``: since the session's last turn, for deciding whether a dropped call is resumed.

    ``gate`` is asked before a page is entered, answered or shown.
    """
    turn = Turn(db, now, _words(languages, profile, channel), profile, {}, channel, call_id)
    state = _State(pages, languages, turn, replace(session, turn=session.turn + 1), gate=gate)
    if isinstance(heard, Hello) or not session.frames:
        _hello(state, heard if isinstance(heard, Hello) else Hello(), idle)
    else:
        _answer(state, heard)
    return _reply(state)


def lead_to(
    pages: Pages,
    languages: Mapping[str, Prompts],
    db: Connection,
    session: Session,
    profile: Profile,
    page: str,
    data: Data,
    now: datetime,
    channel: Channel = "sms",
    call_id: str | None = None,
) -> Reply | None:
    """Take somebody to a page they did not ask for. None: it leads elsewhere, so there is nothing to remind of."""
    turn = Turn(db, now, _words(languages, profile, channel), profile, {}, channel, call_id)
    session = replace(session, turn=session.turn + 1, misses=0, pending=None, leaving=False, ended=False)
    state = _State(pages, languages, turn, replace(session, frames=(Frame(MAIN), Frame(page, data))))
    entered = state.page.enter(state.at(data))
    if isinstance(entered, Goto | Stay | Back | NoMatch | Exit):
        return None
    state.session = state.session.with_top(entered)
    return _reply(state)


def _words(languages: Mapping[str, Prompts], profile: Profile, channel: Channel) -> Words:
    known = languages.get(profile.language) or next(iter(languages.values()))
    return known.bound[profile.wordiness, channel]


# --- Beginning ----------------------------------------------------------------------------------------------


def _hello(state: _State, hello: Hello, idle: timedelta | None) -> None:
    session, turn = state.session, state.turn
    state.session = replace(session, ended=False, leaving=False, misses=0)
    if session.frames and hello.again:
        state.lead = (turn.say("resume.again"),) if hello.broken else ()
        return
    dropped = len(session.frames) > 1 and not session.ended and idle is not None and idle < RESUME_WITHIN
    if dropped and session.top.page not in ("home.resume", "home.welcome"):
        place = state.page.where(state.at(session.top.data))
        state.session = replace(state.session, pending=None)
        _go(state, Goto("home.resume", {"place": place, "page": session.top.page}))
        return
    state.session = replace(state.session, pending=None, frames=(Frame(MAIN),))
    _enter(state)
    if turn.profile.fresh:
        _go(state, Goto("home.welcome"))
        return
    state.lead = (turn.say("home.hello"),)


# --- An answer ----------------------------------------------------------------------------------------------


def _answer(state: _State, heard: Heard) -> None:
    session, turn = state.session, state.turn
    meaning = understand(heard, session, turn.say, turn.profile.county)
    if session.leaving:
        state.session = replace(session, leaving=False)
        if meaning is Command.LEAVE:
            _move(state, Exit((turn.say("leave.goodbye"),)))
            return
    if session.pending is not None and not isinstance(meaning, Missed):
        state.session = replace(state.session, pending=None)
        if isinstance(meaning, Chosen):
            meaning = Chosen(session.pending.value) if meaning.value is True else Command.REPEAT
    if isinstance(meaning, Missed) and isinstance(heard, Dtmf):
        _miss(state, silent=False, why=(turn.say("miss.key", key=heard.keys),))
        return
    _act(state, meaning)


def _act(state: _State, meaning: Meaning) -> None:
    session, turn = state.session, state.turn
    match meaning:
        case Missed(silent):
            _miss(state, silent)
            return
        case Doubt(value, phrase):
            _read_back(state, value, phrase)
            return
        case Chosen(value):
            if (asked := _asked(state)) is not None:
                _go(state, asked)
                return
            move = state.page.hear(state.at(session.top.data), value)
            if isinstance(move, NoMatch):
                _miss(state, silent=False, why=move.say)
                return
            state.session = replace(session, misses=0)
            _move(state, move)
            return
    state.session = replace(session, misses=0)
    match meaning:
        case Command.REPEAT:
            pass
        case Command.BACK:
            _move(state, Back())
        case Command.MAIN:
            _move(state, Goto(MAIN, root=True))
        case Command.PERSON:
            _move(state, Goto("person.call", keep=session.top.page != "person.call"))
        case Command.LEAVE:
            state.lead, state.show = (turn.say("leave.sure"),), False
            state.session = replace(state.session, leaving=True)
        case Command.HELP:
            state.lead, state.show = _help(state), False
        case Command.WHERE:
            state.lead, state.show = (turn.say("where.here", place=_trail(state)),), False
        case Command.PAUSE:
            state.playback = Playback.PAUSE
        case Command.GO_ON:
            state.playback = Playback.GO_ON
        case Command.TOGGLE:
            state.playback = Playback.TOGGLE
        case Command.SLOWER | Command.FASTER | Command.NORMAL:
            _speed(state, meaning)


def _speed(state: _State, command: Command) -> None:
    profile = state.turn.profile
    if command is Command.NORMAL:
        profile = replace(profile, speed=3, wordiness=2, patience=2)
    else:
        wanted = profile.speed + (1 if command is Command.FASTER else -1)
        profile = replace(profile, speed=min(max(wanted, SLOWEST), FASTEST))
    if profile == state.turn.profile and command is not Command.NORMAL:
        key = "speed.fastest" if command is Command.FASTER else "speed.slowest"
        state.lead, state.show = (state.turn.say(key),), False
        return
    state.turn.profile = profile
    state.playback = Playback.GO_ON


def _read_back(state: _State, value: object, phrase: str) -> None:
    turn = state.turn
    state.session = replace(state.session, pending=Pending(value, phrase))
    state.lead, state.show = (turn.say("doubt.ask", heard=phrase),), False


def _miss(state: _State, silent: bool, why: tuple[Phrase, ...] = ()) -> None:
    """Tapered: say it again shorter, explain the keys, offer a person (voice-interface, law 6)."""
    session, turn = state.session, state.turn
    misses = session.misses + 1
    state.session = session = replace(session, misses=misses)
    if silent and misses >= SILENT_PROMPTS:
        _move(state, Exit((turn.say("leave.silent"),)))
        # nobody said goodbye: the place is kept for a redial
        state.session = replace(state.session, ended=False)
        return
    if misses == 1:
        # the same choices once more, in their short form
        turn.say = _words(state.languages, replace(turn.profile, wordiness=1), turn.channel)
        state.lead = why or (turn.say("miss.silent" if silent else "miss.unclear"),)
        if session.pending:
            state.lead = (*state.lead, turn.say("doubt.ask", heard=session.pending.phrase))
        state.show = session.mode is Mode.MENU and not session.pending
        return
    explained = _help(state) if misses == 2 else (turn.say("miss.person"),)
    state.lead, state.show = (*why, *explained), False


def _help(state: _State) -> tuple[Phrase, ...]:
    """The keys of this screen, and only those: a list without numbers has no key for them."""
    session, say = state.session, state.turn.say
    mode = session.mode
    if mode is not Mode.LISTEN:
        return (say(f"help.{mode.value}"),)
    keyed = [choice.value for choice in session.offered if choice.key]
    return (*(say(f"help.listen.{value}") for value in keyed), say("help.listen"))


def _trail(state: _State) -> str:
    places = [state.pages[frame.page].where(state.at(frame.data)) for frame in state.session.frames]
    return state.turn.say("list.comma").text.join(place for place in places if place)


# --- Moves --------------------------------------------------------------------------------------------------


def _move(state: _State, move: Move) -> None:
    session = state.session
    match move:
        case Goto():
            _go(state, move)
        case Stay(data, say, only):
            state.session = session.with_top({**session.top.data, **data})
            state.lead, state.show = (*state.lead, *say), not only
        case Back(say, steps, only):
            frames = session.frames[: max(len(session.frames) - steps, 1)]
            at_bottom = len(session.frames) == 1
            state.session = replace(session, frames=frames)
            state.lead, state.show = (*state.lead, *say), not only
            if at_bottom and not say:
                _go(state, Goto("mine.privacy"))
        case Exit(say):
            state.exit = True
            state.session = replace(session, ended=True)
            state.lead, state.show = (*state.lead, *say), False
        case NoMatch(say):
            state.lead = (*state.lead, *say)


def _go(state: _State, move: Goto) -> None:
    frames = state.session.frames
    if move.root:
        frames = frames[:1]
    elif not move.keep:
        frames = frames[:-1]
    frames = (*frames, *(Frame(page, move.data) for page in move.through))
    if not (move.page == MAIN and len(frames) == 1):
        frames = (*frames, Frame(move.page, move.data))
    state.session = replace(state.session, frames=frames)
    state.lead = (*state.lead, *move.say)
    _enter(state)


def _asked(state: _State) -> Goto | None:
    """Where the caller is to be asked who they are, before the page at the top may be theirs."""
    top = state.session.top
    return state.gate(state.at(top.data), top.page)


def _enter(state: _State) -> None:
    if (asked := _asked(state)) is not None:
        _go(state, asked)
        return
    entered = state.page.enter(state.at(state.session.top.data))
    if isinstance(entered, Goto | Stay | Back | NoMatch | Exit):
        _move(state, entered)
        return
    state.session = state.session.with_top(entered)


# --- The reply ----------------------------------------------------------------------------------------------


def _reply(state: _State) -> Reply:
    turn = state.turn
    if state.show and (asked := _asked(state)) is not None:
        state.session = replace(state.session, pending=None)
        _go(state, asked)
    session = state.session
    if (turn.profile.language, turn.profile.wordiness) != (session.language, session.wordiness):
        turn.say = _words(state.languages, turn.profile, turn.channel)
    say = turn.say
    page_turn = state.at(session.top.data)
    screen = state.page.show(page_turn)
    phrases = (*state.lead, *screen.phrases) if state.show else state.lead
    if session.pending:
        screen = replace(screen, mode=Mode.MENU, choices=yes_no(say), fresh=True)
    profile = turn.profile
    session = replace(
        session,
        person_id=profile.person_id,
        language=profile.language,
        speed=profile.speed,
        wordiness=profile.wordiness,
        patience=profile.patience,
        offered=screen.choices,
        mode=screen.mode,
    )
    return Reply(
        session,
        profile,
        phrases,
        screen,
        tuple(turn.effects),
        state.playback,
        state.page.where(page_turn),
        state.exit,
    )


def yes_no(say: Words, yes: str = "yes", no: str = "no") -> tuple[Choice, Choice]:
    """The two choices of every question that is read back: 1 and 2, 对 and 不对."""
    return Choice("1", True, say.words(f"answer.{yes}")), Choice("2", False, say.words(f"answer.{no}"))
