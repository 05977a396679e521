"""Whole text messages over the wire: the carrier's signed webhook in, the ledger's letters out."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from outreach.carriers.twilio.texts import router
from outreach.simulator.texts import FakeSender
from outreach.store.database import Database
from outreach.store.schema import deliveries
from tests.carriers.twilio.twilio_side import config
from tests.sms.test_inbound import NUMBER, House

PUBLIC = "https://line.example:8443"
LINE = "+15005550006"


def play(database: Database, does: Callable[[FakeSender], Awaitable[None]]) -> list[str]:
    """What ``does`` leaves in the ledger."""
    house, app = House(database), FastAPI()
    settings = config(public_url=PUBLIC, twilio_auth_token=SecretStr("new, old"))
    app.include_router(router(settings, house.inbox.receive))

    async def go() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            await does(FakeSender(client, PUBLIC, "old", NUMBER, LINE))

    asyncio.run(go())
    return list(house.read(select(deliveries.c.body).order_by(deliveries.c.id)))


def test_a_conversation(database: Database) -> None:
    async def does(phone: FakeSender) -> None:
        for body in ("你好", "１", "更多", "退订"):
            assert (await phone.send(body)).status_code == 200

    greeting, menu, more, out = play(database, does)
    assert greeting.startswith("【残联】您好，这里是武威残联就业热线。")
    assert greeting.endswith("\n1 同意\n2 不同意\n3 先看怎么用")
    assert menu.endswith("\n1 招聘\n2 培训\n3 预约\n4 职称评审\n5 更多服务")
    assert "\n1 政策\n" in more
    assert "已经退订" in out


def test_webhooks_repeated_at_once_and_out_of_order(database: Database) -> None:
    async def does(phone: FakeSender) -> None:
        again = [phone.send("更多", message="SM1") for _ in range(5)]
        assert {answer.status_code for answer in await asyncio.gather(*again)} == {200}
        await phone.send("招聘", message="SM2")
        await phone.send("更多", message="SM1")

    assert len(play(database, does)) == 2


def test_what_twilio_has_answered_we_do_not(database: Database) -> None:
    async def does(phone: FakeSender) -> None:
        assert (await phone.send("STOP", OptOutType="STOP")).status_code == 200

    assert play(database, does) == []


def test_a_picture(database: Database) -> None:
    async def does(phone: FakeSender) -> None:
        await phone.send(
            "", NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0="image/jpeg"
        )

    (answer,) = play(database, does)
    assert answer.startswith("【残联】图片和语音我们看不到，请写字。您好")
