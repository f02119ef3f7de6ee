"""`chargehub operator create`: the first account that may run this hub. Nothing ships with one."""

import asyncio
from datetime import UTC, datetime

from chargehub.commands.settings import fail, load, prepare
from chargehub.errors import Refused
from chargehub.people import actions, rules
from chargehub.people.passwords import hash_password
from chargehub.store.writer import Store


def create(email: str, name: str, password: str, database: str | None) -> None:
    """Make the account and say so."""
    settings = load(database=database)
    prepare(settings.database)
    try:
        password_hash = hash_password(rules.password(password, email))
        asyncio.run(_create(email, name, password_hash, settings.database))
    except Refused as refusal:
        fail(refusal.detail)
    print(f"Operator {email} may log in now.")


async def _create(email: str, name: str, password_hash: str, database: str) -> None:
    store = Store(database)
    try:
        await store.do(actions.create_operator, email, name, password_hash, datetime.now(UTC))
    finally:
        await store.close()
