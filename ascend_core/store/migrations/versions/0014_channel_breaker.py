"""Channels whose provider does not answer."""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """How often it did not, and when it is tried again."""
    op.add_column("channel_account", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("channel_account", sa.Column("retry_at", sa.BigInteger(), nullable=True))
