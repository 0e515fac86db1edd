"""What Alembic runs: the migrations, on the connection and in the transaction of `iw.log.migrate`."""

from __future__ import annotations

from alembic import context

from iw.log.migrate import VERSION_TABLE
from iw.log.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
