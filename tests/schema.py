"""The tables of the hub as the migrations make them."""

import importlib
import pkgutil

import chargehub
from chargehub.store.migrate import migrate


def load_models() -> None:
    """Import every module that declares tables, so that the metadata is whole."""
    for info in pkgutil.walk_packages(chargehub.__path__, "chargehub."):
        if info.name.rpartition(".")[2] in ("tables", "schema") or ".rails." in info.name:
            importlib.import_module(info.name)


def prepare(url: str) -> None:
    """An empty database with all tables."""
    migrate(url)
