"""The core of Ascend: facts come in, a pure engine decides, one transaction commits, channels carry it out."""

__all__ = ["__version__"]

__version__ = "0.1.0"
