"""``ascend flows schema``: what may be written, for editors with a YAML language server."""

from __future__ import annotations

import json

import click

from ascend_core.rehearsal.schema import document_schema
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness

__all__ = ["schema"]


@click.command()
def schema() -> None:
    """Print the JSON schema of flows, automations and flow tests, with the bot actions of all installed plugins.

    Editors use it from a first line like:  # yaml-language-server: $schema=flow.schema.json
    """
    registry = open_registry(SystemClock(), SystemRandomness())
    click.echo(json.dumps(document_schema(registry), indent=2, ensure_ascii=False))
