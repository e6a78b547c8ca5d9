"""Which links were opened from an address: whoever opened one only is found at once, however often they came back."""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    with_ip = sa.text("ip_hash IS NOT NULL")
    op.create_index("ix_click_ip_link", "click", ["ip_hash", "link_id"], sqlite_where=with_ip, postgresql_where=with_ip)
