"""What the plugin offers, as the host asks for it."""

from __future__ import annotations

from ascend_mobilize.account import MobilizeAccount
from ascend_mobilize.plugin import MobilizePlugin


def test_everything_is_offered_under_the_plugins_name(context) -> None:
    """One integration, and what goes with it."""
    plugin = MobilizePlugin()

    [integration] = plugin.ascend_register_integrations(context)
    [nudge] = plugin.ascend_register_nudges(context)
    [tracker] = plugin.ascend_register_link_trackers(context)
    [mapper] = plugin.ascend_register_field_mappers(context)
    [command] = plugin.ascend_register_commands(context)

    assert (integration.name, integration.account, integration.key) == ("mobilize", MobilizeAccount, "org_id")
    assert nudge.name == "mobilize.link_clicked_no_submission"
    assert (tracker.label, tracker.integration, mapper.integration) == ("Mobilize", "mobilize", "mobilize")
    assert command.name == "simulate"
    assert len(tuple(plugin.ascend_register_triggers(context))) == 5
