"""`GET /operator/storage`: how much the hub has stored, and how much room is left."""

import asyncio
import shutil
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import make_url, text

from chargehub.people.access import CurrentOperator
from chargehub.rest.manners import CurrentStore
from chargehub.store.work import Reads

router = APIRouter(tags=["operation"])

_BYTES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


class StorageBody(BaseModel):
    """How large the database is. `free_bytes`: of the disk that SQLite's file is on; else null."""

    database: Literal["sqlite", "postgresql"]
    database_bytes: int
    free_bytes: int | None


@router.get("/operator/storage")
async def get_storage(
    operator: CurrentOperator, store: CurrentStore, request: Request
) -> StorageBody:
    """How much is stored, and how much room is left. For operators."""
    kind, stored = await store.read(_stored)
    folder = _folder(request.app.state.hub.settings.database)
    free = None
    if folder is not None:
        free = (await asyncio.to_thread(shutil.disk_usage, folder)).free
    return StorageBody(database=kind, database_bytes=stored, free_bytes=free)


def _stored(reads: Reads) -> tuple[Literal["sqlite", "postgresql"], int]:
    kind: Literal["sqlite", "postgresql"] = "sqlite" if reads.dialect == "sqlite" else "postgresql"
    return kind, int(reads.value(text(_BYTES[kind])))


def _folder(database: str) -> Path | None:
    url = make_url(database)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)).absolute().parent if is_file else None
