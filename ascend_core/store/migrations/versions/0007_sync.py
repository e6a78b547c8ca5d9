"""Sync: people by the source's key, what counts as history, sweeps, and trouble that passes by itself."""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

KNOWN = sa.text("person_key IS NOT NULL")
BACKFILL_MICROSECONDS = 15 * 60 * 1_000_000

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; a form that is synced already counts from where it did."""
    op.add_column("account", sa.Column("trouble", sa.String(), nullable=True))
    op.add_column("account", sa.Column("resumed_at", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("swept_at", sa.BigInteger(), nullable=True))
    op.add_column("form", sa.Column("counts_from", sa.BigInteger(), nullable=True))
    op.execute(f"UPDATE form SET counts_from = synced_at - {BACKFILL_MICROSECONDS}")  # noqa: S608 -- our own number
    op.add_column("submission", sa.Column("person_key", sa.String(), nullable=True))
    op.create_index(
        "ix_submission_person",
        "submission",
        ["account_id", "person_key"],
        unique=False,
        sqlite_where=KNOWN,
        postgresql_where=KNOWN,
    )
