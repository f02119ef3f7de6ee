"""`column = any of these`, with all values in one parameter.

An IN list has another text for every number of values: it is rendered, parsed and planned anew
each time, which for some hundred values takes longer than to find the rows. This text is always
the same, so it can be `Hot`, and PostgreSQL plans it once for a connection.
"""

from typing import Any

import orjson
from sqlalchemy import ARRAY, BindParameter, Text, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeDecorator, TypeEngine


class any_of(FunctionElement[Any]):
    """Is the value of a column one of those of the parameter `name`, a list of str or int?

    Of an empty list that is false. An index on the column is used.
    """

    type = NULLTYPE  # of a boolean SQLite would be asked whether it is 1, and use no index
    inherit_cache = True

    def __init__(self, column: Any, name: str) -> None:
        values: BindParameter[Any] = bindparam(name, type_=_Values(column.type))
        super().__init__(column, values)


class _Values(TypeDecorator[Any]):
    """An array on PostgreSQL; SQLite has none, and takes the text of a JSON array."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        is_sqlite = dialect.name == "sqlite"
        return dialect.type_descriptor(Text() if is_sqlite else ARRAY(self.item))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return orjson.dumps(value).decode() if dialect.name == "sqlite" else list(value)


@compiles(any_of, "postgresql")
def _on_postgresql(element: any_of, compiler: SQLCompiler, **more: Any) -> str:
    column, values = (compiler.process(each, **more) for each in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(any_of, "sqlite")
def _on_sqlite(element: any_of, compiler: SQLCompiler, **more: Any) -> str:
    column, values = (compiler.process(each, **more) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"
