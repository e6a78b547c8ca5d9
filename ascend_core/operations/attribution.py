"""Which link brought a submission (row F4): exactly by its token, else estimated by member, form and time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import define, field

from ascend_core.contracts import LinkTracker, Submission
from ascend_core.engine.attribution import WINDOW, likely_cause
from ascend_core.store.clicks import person_clicks
from ascend_core.store.database import Tx
from ascend_core.store.links import RunLink, links_by_token, told_by_others
from ascend_core.store.submissions import reattribute, unexplained_submissions

__all__ = ["Attribution", "attribute", "explain_again", "load_attribution"]


@define(kw_only=True, eq=False)
class Attribution:
    """What is known about the links behind a page's submissions, and what was found out."""

    tokens: dict[str, str] = field(factory=dict)
    """Submission key to the token it brought back."""
    links: dict[str, RunLink] = field(factory=dict)
    counted: set[str] = field(factory=set)
    """Submissions that another account has shown with their token: they count there."""
    clicks: dict[tuple[int, int], list[tuple[datetime, int]]] = field(factory=dict)
    """(member, form) to (click, link)."""
    brought: dict[int, int] = field(factory=dict)
    """Links that brought submissions of this page, and whose they are: what links and reports keep of them changes."""


def load_attribution(
    tx: Tx,
    account_id: int,
    submissions: Sequence[Submission],
    trackers: Sequence[LinkTracker],
    member_ids: Collection[int],
) -> Attribution:
    """Load what attributing *submissions* of an account needs: three queries, however many there are."""
    found = Attribution()
    if not submissions:
        return found
    for submission in submissions:
        for tracker in trackers:
            token = tracker.token_of(submission)
            if token is not None:
                found.tokens[submission.key] = token
    if found.tokens:
        found.links = links_by_token(tx, set(found.tokens.values()))
        found.counted = told_by_others(tx, account_id, found.tokens)
    if member_ids:
        since = min(submission.created_at for submission in submissions) - WINDOW
        for member_id, form_id, link_id, at in person_clicks(tx, member_ids, since):
            found.clicks.setdefault((member_id, form_id), []).append((at, link_id))
    return found


def attribute(
    found: Attribution, submission: Submission, *, member_id: int | None, form_id: int | None, phone: str | None
) -> tuple[int | None, str | None]:
    """The link that brought *submission*, and how that is known: ``exact``, ``shared``, ``estimated`` or ``elsewhere``.

    *phone* is the submitter's, where it could be read: a token that another person's submission brings back is
    ``shared``, and counts for nobody. A token of no link of ours says that something else brought it, and what another
    account has told before counts there. A submission ignored for want of an opt-in still tells that the form was
    submitted (row A9); all that is kept of it is the link.
    """
    link = found.links.get(found.tokens.get(submission.key, ""))
    if link is not None and submission.key not in found.counted:
        # the phone is another one when two members were merged since
        if phone is not None and phone != link.phone and link.member_id != member_id:
            return link.id, "shared"
        found.brought[link.id] = link.member_id
        return link.id, "exact"
    if submission.key in found.tokens:
        return None, "elsewhere"
    if member_id is None or form_id is None:
        return None, None
    link_id = likely_cause(submission.created_at, found.clicks.get((member_id, form_id), []))
    if link_id is None:
        return None, None
    found.brought[link_id] = member_id
    return link_id, "estimated"


def explain_again(tx: Tx, links: Collection[int], *, since: datetime) -> set[int]:
    """Look again at what brought the submissions since then that brought no token, of the members *links* belong to:
    what counts as a person's click has changed. Inside ``figures_kept``.

    Returns the links that this concerns; what they keep of it is to be summed up again.
    """
    waiting = unexplained_submissions(tx, links, since=since) if links else []
    if not waiting:
        return set()
    clicks: dict[tuple[int, int], list[tuple[datetime, int]]] = {}
    earliest = min(each.created_at for each in waiting) - WINDOW
    for member, form, link, at in person_clicks(tx, {each.member_id for each in waiting}, earliest):
        clicks.setdefault((member, form), []).append((at, link))
    changes, touched = [], set()
    for each in waiting:
        cause = likely_cause(each.created_at, clicks.get((each.member_id, each.form_id), []))
        if cause != each.link_id:
            changes.append((each.id, cause))
            touched |= {link for link in (cause, each.link_id) if link is not None}
    reattribute(tx, changes)
    return touched
