"""Claims have numbers, senders have days, channels can be stopped for more than one reason, and people decide."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
READY = sa.text("state = 'ready'")
CLAIMED = sa.text("claimed_at IS NOT NULL")
HELD = sa.text("state = 'held'")
UNHANDLED = sa.text("handled_at IS NULL")

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what sending needs to know."""
    op.add_column("message", sa.Column("claim", sa.Integer(), server_default="0", nullable=False))
    op.add_column("message", sa.Column("claimed_by", sa.String(), nullable=True))
    op.drop_index("ix_message_ready", "message")
    op.create_index(
        "ix_message_ready", "message", ["purpose", "due_at", "id"], sqlite_where=READY, postgresql_where=READY
    )
    op.create_index(
        "ix_message_claimed", "message", ["member_id", "claimed_at"], sqlite_where=CLAIMED, postgresql_where=CLAIMED
    )
    op.create_index("ix_message_held", "message", ["id"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_index(
        "ix_inbound_waiting", "inbound_text", ["phone", "id"], sqlite_where=UNHANDLED, postgresql_where=UNHANDLED
    )
    op.add_column("channel_account", sa.Column("claims", sa.Integer(), server_default="0", nullable=False))
    for name in ("alarm", "frozen"):
        op.add_column("channel_account", sa.Column(name, sa.String(), nullable=True))
    for name in ("alarm_seen_at", "heard_until", "deaf_since"):
        op.add_column("channel_account", sa.Column(name, sa.BigInteger(), nullable=True))
    op.drop_column("channel_account", "paused_until")
    op.create_table(
        "message_decision",
        sa.Column("id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_message_decision_message_id", "message_decision", ["message_id"])
    op.create_table(
        "forgotten_text",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id"),
    )
    op.create_index("ix_forgotten_text_phone", "forgotten_text", ["phone"])
    op.create_table(
        "sender_day",
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "day"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
