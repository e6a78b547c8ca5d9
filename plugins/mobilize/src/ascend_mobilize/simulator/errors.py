"""The one exception of the simulated Mobilize: a request that is answered with an error."""

from __future__ import annotations

from typing import Any

from ascend_core.errors import AscendError

__all__ = ["ErrorAnswer"]


class ErrorAnswer(AscendError):
    """Ends a request: it is answered with *status* and the API's error envelope around *error*."""

    def __init__(self, status: int, error: Any) -> None:
        super().__init__(f"answered with {status}")
        self.status = status
        self.error = error
