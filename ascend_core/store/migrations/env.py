"""What Alembic runs. It works on the connection it is handed, so that a test and the product take the same way."""

from alembic import context

from ascend_core.store.tables import CoreRow

__all__: list[str] = []

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=CoreRow.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
