"""The demo: a week of invented supporters, played on a virtual clock against simulated companies."""

__all__: list[str] = []
