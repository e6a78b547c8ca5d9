"""The counters that reports read."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow

__all__ = ["ReportCell"]


class ReportCell(CoreRow, table=True):
    """The figures of one subject, for one URL or all, on one day or all (see ``engine.figures``)."""

    __tablename__ = "report_cell"

    scope: str = Field(primary_key=True)
    subject_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    arm: str = Field(primary_key=True)
    url_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    day: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    recipients: int
    clicked: int
    submitted: int
    clicked_no_submission: int
    exact: int
    estimated: int
    messages: int
    no_clicks: int
    clicks: int
    machine: int
    unsure: int
