"""Every scenario of ``specs/behaviour``, on every database."""

from pathlib import Path

import pytest
from pytest_bdd import scenarios

pytestmark = pytest.mark.usefixtures("story")

scenarios(str(Path(__file__).parents[2] / "specs" / "behaviour"))
