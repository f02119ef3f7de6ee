"""Interim: all tables from the models."""
import importlib, pkgutil
from sqlalchemy import create_engine
from sqlmodel import SQLModel
import chargehub
from chargehub.store.engines import write_engine
EXTRA = {"sqlite": ("NO_OVERLAP_SQLITE", "APPEND_ONLY_SQLITE"), "postgresql": ("NO_OVERLAP_POSTGRES", "APPEND_ONLY_POSTGRES")}
def load_tables():
    found = []
    for info in pkgutil.walk_packages(chargehub.__path__, "chargehub."):
        if info.name.endswith(".tables") or info.name in ("chargehub.rails.sandbox", "chargehub.rails.token"):
            found.append(importlib.import_module(info.name))
    return found
def prepare(url: str) -> None:
    modules = load_tables()
    engine = write_engine(url)
    kind = engine.dialect.name
    with engine.connect() as connection, connection.begin():
        SQLModel.metadata.create_all(connection)
        for module in modules:
            for name in EXTRA[kind]:
                extra = getattr(module, name, ())
                for statement in ((extra,) if isinstance(extra, str) else extra):
                    connection.exec_driver_sql(statement)
    engine.dispose()
