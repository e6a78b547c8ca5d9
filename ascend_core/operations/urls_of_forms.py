"""Links that were texted before their form was known: once it is, they lead to it like all others."""

from __future__ import annotations

from collections.abc import Mapping

from ascend_core.host.registry import Registry
from ascend_core.store.database import Tx
from ascend_core.store.links import lead_to_forms, urls_without_form

__all__ = ["adopt_urls"]


def adopt_urls(tx: Tx, registry: Registry, integration: str, form_ids: Mapping[str, int]) -> None:
    """Note which URLs lead to forms that are new: key to id. Who opened one before is taken for a visitor of the form.

    In the transaction that adds the forms: no submission of theirs was judged before.
    """
    trackers = {
        name: type_.tracker for name, type_ in registry.link_trackers.items() if type_.integration == integration
    }
    if not form_ids or not trackers:
        return
    found = {}
    for id_, target, tracker in urls_without_form(tx, trackers):
        key = trackers[tracker].form_key(target) if trackers[tracker].claims(target) else None
        if key is not None and key in form_ids:
            found[id_] = form_ids[key]
    lead_to_forms(tx, found)
