"""Sign-ups remember which answers reached their member."""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A mark of them, not the words."""
    op.add_column("submission", sa.Column("answers", sa.String(), nullable=True))
