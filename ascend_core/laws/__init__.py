"""Laws as dated data: when people may be texted. Not legal advice; every figure says where it was read and when."""

from ascend_core.laws.hours import PRESETS, hours_in, load_hours

__all__ = ["PRESETS", "hours_in", "load_hours"]
