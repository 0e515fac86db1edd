"""The steps by which the log's schema came to be, run by Alembic."""
