"""The page people sign up on."""

from __future__ import annotations

import pytest

_FORM = {
    "first_name": "Ada",
    "last_name": "Sample",
    "email": "ada@example.org",
    "phone": "(212) 555-0101",
    "zip": "10001",
    "sms_opt_in": "yes",
}


def _page(mobilize, query: str = "", slug: str = "northfield-action") -> str:
    return f"/{slug}/event/{mobilize.event}/{query}"


def test_the_page_asks_for_what_a_text_campaign_needs(mobilize):
    """Name, email, mobile phone, zip, slot, the box for texts, and the organization's own questions."""
    mobilize.sign_up(answers={"T-shirt": "M", "Can you drive?": True})

    page = mobilize.http.get(_page(mobilize))

    assert page.status_code == 200
    names = ("first_name", "last_name", "email", "phone", "zip", "slot", "sms_opt_in")
    assert [name for name in names if f"name='{name}'" not in page.text] == []
    assert 'name="text_field:T-shirt"' in page.text
    assert 'type="checkbox" name="box_field:Can you drive?"' in page.text


def test_titles_and_questions_cannot_break_the_page(mobilize):
    """Whatever the text, it stays text."""
    mobilize.event = mobilize.add_event("<script>alert(1)</script>")
    mobilize.sign_up(answers={'"><script>': "x"})

    text = mobilize.http.get(_page(mobilize)).text

    assert "<script>" not in text


def test_a_sign_up_keeps_the_utm_of_the_link_character_for_character(mobilize):
    """Case, spaces and signs survive; what is not in the link is null."""
    url = _page(mobilize, "?utm_medium=sms&utm_content=AbC%2Bd%20e&utm_campaign=&other=1")

    answer = mobilize.http.post(url, data=_FORM, headers={"referer": "https://t.example.org/x"})

    (row,) = mobilize.attendances()["data"]
    assert answer.status_code == 200
    assert "Thank you, Ada!" in answer.text
    assert row["referrer"] == {
        "utm_source": None,
        "utm_medium": "sms",
        "utm_campaign": None,
        "utm_term": None,
        "utm_content": "AbC+d e",
        "url": "https://t.example.org/x",
    }
    assert row["person"]["phone_numbers"] == [{"primary": True, "number": "(212) 555-0101"}]
    assert row["person"]["sms_opt_in_status"] == "OPT_IN"


def test_an_unticked_box_is_no_consent(mobilize):
    """``UNSPECIFIED``, as in most real rows."""
    form = {name: value for name, value in _FORM.items() if name != "sms_opt_in"}

    mobilize.http.post(_page(mobilize), data=form)

    assert mobilize.attendances()["data"][0]["person"]["sms_opt_in_status"] == "UNSPECIFIED"


def test_custom_answers_come_back_by_name(mobilize):
    """A blank text is an empty text; an unticked box is false."""
    form = {**_FORM, "text_field:T-shirt": "", "box_field:Can you drive?": ["no", "yes"], "box_field:Have a dog?": "no"}

    mobilize.http.post(_page(mobilize), data=form)

    values = mobilize.attendances()["data"][0]["custom_signup_field_values"]
    assert [(v["custom_field_name"], v["text_value"], v["boolean_value"]) for v in values] == [
        ("T-shirt", "", None),
        ("Can you drive?", None, True),
        ("Have a dog?", None, False),
    ]


def test_a_full_slot_puts_people_on_the_waitlist(mobilize):
    """And says so."""
    mobilize.lever(f"/events/{mobilize.event}", capacity=1)
    mobilize.sign_up("Bo")

    page = mobilize.http.get(_page(mobilize)).text
    answer = mobilize.http.post(_page(mobilize), data=_FORM).text

    assert "full: join the waitlist" in page
    assert "You are on the waitlist" in answer
    assert [row["status"] for row in mobilize.attendances()["data"]] == ["REGISTERED", "WAITLISTED"]


def test_one_chooses_a_slot(mobilize):
    """By its id; without a choice it is the next one."""
    now = mobilize.history.now()
    slots = [[now - 60, now], [now + 60, now + 120], [now + 600, now + 660]]
    mobilize.event = mobilize.add_event("Series", slots=slots)
    chosen = mobilize.world.event(mobilize.event)["timeslots"][2]["id"]

    mobilize.http.post(_page(mobilize), data=_FORM)
    mobilize.http.post(_page(mobilize), data={**_FORM, "slot": str(chosen)})

    starts = [row["timeslot"]["start_date"] for row in mobilize.attendances()["data"]]
    assert starts == [now + 60, now + 600]


def test_a_partners_page_makes_a_promoted_row_without_a_referrer(mobilize):
    """Who signs up through a promotion of another organization cannot be followed."""
    mobilize.http.post(_page(mobilize, "?utm_content=x", slug="lakeside-neighbors"), data=_FORM)

    (row,) = mobilize.attendances()["data"]
    assert (row["sponsor"]["slug"], row["event"]["sponsor"]["slug"]) == ("lakeside-neighbors", "northfield-action")
    assert row["referrer"] is None


@pytest.mark.parametrize("missing", ["first_name", "last_name", "email"])
def test_a_form_with_something_missing_is_not_taken(mobilize, missing):
    """The page says what to fill in."""
    answer = mobilize.http.post(_page(mobilize), data={**_FORM, missing: " "})

    assert answer.status_code == 400
    assert missing.replace("_", " ") in answer.text
    assert mobilize.attendances()["count"] == 0


@pytest.mark.parametrize("slot", ["soon", "1", "²"])
def test_a_slot_of_another_event_is_not_taken(mobilize, slot):
    """Nor something that is no slot."""
    answer = mobilize.http.post(_page(mobilize), data={**_FORM, "slot": slot})

    assert (answer.status_code, mobilize.attendances()["count"]) == (400, 0)


def test_an_unknown_event_gets_a_friendly_page(mobilize):
    """For looking and for signing up."""
    mobilize.event = 1

    answers = [mobilize.http.get(_page(mobilize)), mobilize.http.post(_page(mobilize), data=_FORM)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert "Event not found" in answers[0].text
