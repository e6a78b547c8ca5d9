"""Flows and automations: from documents to what is live."""

from __future__ import annotations

from attrs import frozen

from ascend_core.errors import BadInput
from ascend_core.flow.document import Automation, all_steps
from ascend_core.flow.load import check_flow, load_automation
from ascend_core.operations.addresses import check_links_url
from ascend_core.operations.core import Core
from ascend_core.operations.fetch_forms import find_form_anywhere
from ascend_core.operations.programs import read_flow
from ascend_core.store.accounts import accounts
from ascend_core.store.database import Tx
from ascend_core.store.flows import flow_names, live_versions, publish_version, save_automation
from ascend_core.store.secrets import secret_names

__all__ = ["Published", "doubts", "form_of_automation", "publish_flow", "put_automation"]


@frozen(kw_only=True)
class Published:
    """A document that is live now. ``new`` False: it was already."""

    name: str
    new: bool
    number: int | None = None


def publish_flow(core: Core, text: str, *, file: str) -> Published:
    """Make a flow document the live version of its flow. Raises FlowProblem with every problem of the file, BadInput
    when it wants its links at an address that is none of ours.
    """
    flow = read_flow(core.registry, text, file=file)
    check_links_url(core.options, file, flow.links_url)
    now = core.clock.now()
    number, new = core.database.write(
        lambda tx: publish_version(tx, flow.name, digest=flow.digest, source=text, now=now)
    )
    return Published(name=flow.name, number=number, new=new)


def doubts(core: Core, text: str, *, file: str) -> list[str]:
    """What a flow that holds needs and is not there: flows that it starts, secrets that its webhooks call for."""
    names, secrets = core.database.read(lambda tx: ({name for name, _ in flow_names(tx)}, secret_names(tx)))
    registry = core.registry
    flow, problems = check_flow(
        text,
        file=file,
        actions=registry.actions,
        nudges=registry.nudges,
        trackers=registry.link_trackers,
        flows=names,
    )
    wanted = [name for step in all_steps(flow.steps) for name in getattr(step.params, "secrets", ())] if flow else []
    missing = sorted(set(wanted) - set(secrets))
    told = [f"{file}: the secret '{name}' is not set; run: ascend secrets set {name}" for name in missing]
    return [str(problem) for problem in problems if problem.code == "F110"] + told


def put_automation(core: Core, text: str, *, file: str) -> Published:
    """Add an automation, or give the one of that name this document (row D5).

    Raises FlowProblem for a document that does not hold, BadInput when its flow is not live or its form is unknown.
    """
    document = load_automation(text, file=file, triggers=core.registry.triggers)

    def work(tx: Tx) -> bool:
        flows = {document.run} if document.run else set(document.ab_test.arms if document.ab_test else ())
        missing = sorted(flows - set(live_versions(tx, flows)))
        if missing:
            raise BadInput(f"automation '{document.name}': the flow '{missing[0]}' is not live; publish it first")
        form_id = form_of_automation(tx, core, document)
        _, new = save_automation(
            tx, name=document.name, trigger=document.trigger, form_id=form_id, source=text, now=core.clock.now()
        )
        return new

    return Published(name=document.name, new=core.database.write(work))


def form_of_automation(tx: Tx, core: Core, document: Automation) -> int | None:
    """The form an automation is for; None: any. Raises BadInput, saying what to do, where it cannot be used."""
    if document.form == "any":
        return None
    integration = core.registry.triggers[document.trigger].integration
    if not accounts(tx, integration=integration):
        raise BadInput(f"automation '{document.name}': no {integration} account is connected")
    form = find_form_anywhere(tx, document.form, integration=integration)
    if form.synced_at is None:
        raise BadInput(
            f"automation '{document.name}': the form '{form.name}' is not synced; "
            f"run: ascend {integration} sync {form.key}"
        )
    return form.id
