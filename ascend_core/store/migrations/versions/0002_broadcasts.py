"""Broadcasts, and what messages and runs belong to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OF_BROADCAST = sa.text("broadcast_id IS NOT NULL")
OPEN = sa.text("finished_at IS NULL")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the columns that point to them."""
    op.create_table(
        "broadcast",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("version_id", KEY, nullable=True),
        sa.Column("form_id", KEY, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("position", KEY, nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("skipped", DOCUMENT, nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["flow_version.id"]),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index("ix_broadcast_open", "broadcast", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "broadcast_group",
        sa.Column("broadcast_id", KEY, nullable=False),
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcast.id"]),
        sa.ForeignKeyConstraint(["group_id"], ["member_group.id"]),
        sa.PrimaryKeyConstraint("broadcast_id", "group_id"),
    )
    for table in ("message", "run"):
        column = sa.Column("broadcast_id", KEY, sa.ForeignKey("broadcast.id"), nullable=True)
        op.add_column(table, column, inline_references=True)
    op.create_index(
        "ix_message_broadcast",
        "message",
        ["broadcast_id", "state"],
        sqlite_where=OF_BROADCAST,
        postgresql_where=OF_BROADCAST,
    )
    op.create_index(
        "ix_run_broadcast",
        "run",
        ["broadcast_id", "member_id"],
        unique=True,
        sqlite_where=OF_BROADCAST,
        postgresql_where=OF_BROADCAST,
    )
