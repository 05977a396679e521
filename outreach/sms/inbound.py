"""A text message taken in: seen before? from whom? what is asked? and the answer queued, all in one transaction.

Nothing is sent here and nothing slow happens: the answer leaves through the outbox (docs/decisions/0009).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from outreach.conversation import Conversation
from outreach.delivery import outbox
from outreach.dialogue.page import Heard, Pages, Phrase, Words
from outreach.dialogue.prompts import Prompts
from outreach.dialogue.session import Session
from outreach.sms import keywords, letter
from outreach.store import messages, people
from outreach.store.messages import Sender
from outreach.wire import TextIn

log = structlog.get_logger()

ANSWER_WITHIN = timedelta(hours=12)
"""An answer that could not be sent by then is not: its menu would come out of the blue."""
TOO_MANY, IN = 30, timedelta(minutes=10)
"""From one sender: more is a machine that answers our answers. It is not answered again until it pauses."""


class Inbox:
    """Takes text messages in. Safe to share: all state is in the database.

    ``key``: secret; names the sessions of numbers that may not be kept. The first of ``languages`` is the default.
    """

    def __init__(
        self,
        conversation: Conversation,
        pages: Pages,
        languages: Mapping[str, Prompts],
        clock: Callable[[], datetime],
        signature: str,
        key: bytes,
    ) -> None:
        self._conversation = conversation
        self._pages = pages
        self._languages = languages
        self._clock = clock
        self._signature = signature
        self._key = key

    async def receive(self, text: TextIn) -> tuple[str, ...]:
        """Take one in, however often it is delivered; the messages that were queued in answer.

        Raises DatabaseError: nothing is half-done then, and the carrier may deliver it again.
        """
        return await self._conversation.settle(lambda db: self.take(db, text))

    def take(self, db: Connection, text: TextIn) -> tuple[str, ...]:
        """``receive``, inside a transaction."""
        now = self._clock()
        if text.sender is None:
            log.info("text.nobody_to_answer", carrier=text.carrier)
            return ()
        sender = messages.sender(db, text.sender, self._key)
        body = keywords.tidy(text.body)
        kind = self._kind(db, text, body, sender, now)
        message_id = messages.record(db, text.carrier, text.carrier_message_id, sender, kind, now)
        if message_id is None:
            log.info("text.again", carrier=text.carrier)
            return ()
        match kind:
            case "turn":
                answers = self._turn(db, sender, text, bool(body), message_id, now)
            case "out" | "in":
                said = self._subscription(db, sender, kind, message_id, now)
                answers = self._post((said,), (), self._words(sender.language)) if said else ()
            case "passed":
                answers = ()
        if text.answered is not None:
            answers = ()  # the carrier has, and would refuse ours
        for number, answer in enumerate(answers, 1):
            self._queue(db, sender, text.carrier_message_id, number, answer, now)
        log.info("text.taken", message=message_id, kind=kind, answers=len(answers))
        return answers

    def _kind(self, db: Connection, text: TextIn, body: str, sender: Sender, now: datetime) -> messages.Kind:
        if asked := text.answered or keywords.subscription(body):
            return "passed" if asked == "help" else asked
        # an opt-out is always heard; all else only while it can be a person who writes
        return "passed" if messages.lately(db, sender.session_id, now - IN) >= TOO_MANY else "turn"

    # --- The dialogue's answer ---

    def _turn(
        self, db: Connection, sender: Sender, text: TextIn, words: bool, message_id: int, now: datetime
    ) -> tuple[str, ...]:
        def listen(session: Session, say: Words, begins: bool) -> tuple[Heard, ...]:
            if not words:
                return () if begins else keywords.again(say)
            if begins:
                return keywords.opens(text.body, say, self._pages)
            return keywords.hears(text.body, session, say, self._pages)

        reply = self._conversation.text_turn(db, sender, f"text:{message_id}", listen, now)
        say = self._words(reply.session.language)
        note = "sms.picture" if text.media else "" if words else "sms.empty"
        phrases = (say(note), *reply.phrases) if note else reply.phrases
        return self._post(phrases, tuple(choice.key for choice in reply.session.offered), say)

    # --- Opting out and in ---

    def _subscription(
        self, db: Connection, sender: Sender, kind: keywords.Subscription, message_id: int, now: datetime
    ) -> Phrase | None:
        """Do it at once; what is to be said of it; None the second time, when it ended nothing."""
        say = self._words(sender.language)
        outs = messages.outs(db, sender.session_id, message_id)
        if kind == "out":
            for delivery_id in messages.waiting(db, sender.number):
                outbox.skip(db, delivery_id, "opted_out", now)
            ended = messages.opt_out(db, sender.number, now)
            return say("sms.out") if ended or not outs else None
        stays = people.stay_all(db, sender.number)
        if outs:
            messages.opt_in(db, sender.number, outs, f"text:{message_id}", now)
        if stays:
            return say("sms.in.stays")
        return say("sms.in" if outs else "sms.in.none")

    # --- Writing ---

    def _words(self, language: str | None) -> Words:
        return self._languages[language or next(iter(self._languages))].bound[2, "sms"]

    def _post(self, phrases: tuple[Phrase, ...], keys: tuple[str, ...], say: Words) -> tuple[str, ...]:
        return letter.letters(phrases, keys, self._signature, say("sms.rest").text)

    def _queue(
        self, db: Connection, sender: Sender, carrier_id: str, number: int, answer: str, now: datetime
    ) -> None:
        outbox.queue_text(
            db,
            purpose=f"reply:{carrier_id}" + (f":{number}" if number > 1 else ""),
            person_id=sender.person_id,
            address=sender.number,
            body=answer,
            scope="service",
            now=now,
            # one after the other: they are numbered, and carriers keep no order
            due_at=now + timedelta(seconds=number - 1),
            expires_at=now + ANSWER_WITHIN,
        )
