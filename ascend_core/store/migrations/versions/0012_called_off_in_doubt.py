"""Texts that were called off while they were under way or in doubt."""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Remember why."""
    op.add_column("message", sa.Column("called_off", sa.String(), nullable=True))
