"""Counters that reports read; clicks that can be compared, classified again and kept once."""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIGURES = (
    "recipients",
    "clicked",
    "submitted",
    "clicked_no_submission",
    "exact",
    "estimated",
    "messages",
    "no_clicks",
    "clicks",
    "machine",
    "unsure",
)


def upgrade() -> None:
    """Make the counters, and what clicks need. Links that are there know their submissions; ``ascend report --mend``
    counts the rest."""
    op.create_table(
        "report_cell",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("url_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(figure, sa.Integer(), nullable=False) for figure in FIGURES),
        sa.PrimaryKeyConstraint("scope", "subject_id", "arm", "url_id", "day"),
    )
    op.create_table(
        "ip_key",
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
    )
    with op.batch_alter_table("link") as link:
        for name in ("unsure_clicks", "exact_submissions", "estimated_submissions"):
            link.add_column(sa.Column(name, sa.Integer(), server_default="0", nullable=False))
        link.add_column(sa.Column("host", sa.String(), nullable=True))
        link.add_column(sa.Column("expires_at", sa.BigInteger(), nullable=True))
    for matched_by in ("exact", "estimated"):
        op.execute(
            f"UPDATE link SET {matched_by}_submissions = (SELECT count(*) FROM submission s "  # noqa: S608 -- fixed words
            f"WHERE s.link_id = link.id AND s.matched_by = '{matched_by}')"
        )
    with op.batch_alter_table("click") as click:
        click.add_column(sa.Column("tag", sa.Integer(), server_default="0", nullable=False))
        click.add_column(sa.Column("reason", sa.String(), nullable=True))
        click.add_column(sa.Column("purpose", sa.String(), server_default=sa.text("''"), nullable=False))
        click.add_column(sa.Column("ip_hash", sa.BigInteger(), nullable=True))
        click.add_column(sa.Column("withheld", sa.Integer(), server_default="0", nullable=False))
        click.add_column(sa.Column("compared", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE click SET tag = id % 1000000000, compared = 1")
    with op.batch_alter_table("click") as click:
        click.create_unique_constraint("uq_click_request", ["link_id", "clicked_at", "tag"])
        click.drop_index("ix_click_link_id")
        click.create_index(
            "ix_click_ip",
            ["ip_hash", "clicked_at"],
            sqlite_where=sa.text("ip_hash IS NOT NULL"),
            postgresql_where=sa.text("ip_hash IS NOT NULL"),
        )
        click.create_index(
            "ix_click_new",
            ["id"],
            sqlite_where=sa.text("compared = 0"),
            postgresql_where=sa.text("compared = 0"),
        )
