"""Clicks by address name their link and class: who compares clicks reads nothing but the index."""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index anew."""
    op.drop_index("ix_click_ip", table_name="click")
    with_ip = sa.text("ip_hash IS NOT NULL")
    op.create_index(
        "ix_click_ip",
        "click",
        ["ip_hash", "clicked_at", "link_id", "kind"],
        sqlite_where=with_ip,
        postgresql_where=with_ip,
    )
