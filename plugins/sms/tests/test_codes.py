"""The provider's error codes."""

from __future__ import annotations

import pytest

from ascend_sms.codes import CODES, Next, meaning_of, reason_of

OUR_REASONS = {"bad_phone", "unreachable", "opted_out", "filtered", "bad_text", "expired", "refused"}


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_meaning_the_core_knows(code: int) -> None:
    """No row shows a reason that nobody explains."""
    meaning = CODES[code]

    assert meaning.reason is None or meaning.reason in OUR_REASONS
    assert meaning.next is Next.GIVE_UP or meaning.reason is None
    assert meaning.after_seconds is None or meaning.next is Next.WAIT
    assert meaning.says
    assert not meaning.says.endswith(".")


@pytest.mark.parametrize("code", [None, "", "0", "99999", "x", "٣", "-1", "1" * 50])
def test_unknown_codes_are_safe(code: str | None) -> None:
    """A code the provider invents tomorrow changes nothing."""
    assert reason_of(code) is None
    assert meaning_of(99_999) is None
    assert meaning_of(None) is None
