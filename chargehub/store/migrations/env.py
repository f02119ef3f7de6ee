"""How alembic reaches the database: by the connection it is given, in its transaction."""

from alembic import context
from sqlmodel import SQLModel

from chargehub.store import tables  # noqa: F401 - sets the naming convention

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
