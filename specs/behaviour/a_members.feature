Feature: Members and consent
  Who submits a synced form and ticks its SMS opt-in becomes a member. Who does not is left alone, and nothing
  vanishes silently.

  Background:
    Given these people
      | name        | phone          | email             | zip   |
      | Ana Reyes   | (212) 555-0123 | ana@example.org   | 10001 |
      | Ben Okafor  | 646-555-0134   | ben@example.org   | 10002 |
      | Cleo Varga  | (917) 555-0145 | cleo@example.org  | 10003 |
    And Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"

  @A1
  Scenario: A new phone with an opt-in becomes a member
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then there is 1 member
    And the member Ana has
      | phone      | +12125550123    |
      | first name | Ana             |
      | last name  | Reyes           |
      | email      | ana@example.org |
      | zip        | 10001           |
    And the group "Saturday Canvass" holds Ana
    And the ledger of Ana's consent reads
      | subscribed | form |

  @A1
  Scenario: With Create New Members off, a new phone makes no member
    When the operator switches "Create New Members" off
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then there are 0 members
    And the ignored submissions are
      | create_members_off | 1 |

  @A2
  Scenario: A submission fills in what is empty on the member with the same phone
    Given Ana is a member with
      | first name | Anita |
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then there is 1 member
    And the member Ana has
      | first name | Anita           |
      | last name  | Reyes           |
      | email      | ana@example.org |
    And the group "Saturday Canvass" holds Ana

  @A2
  Scenario: An existing member is updated even with Create New Members off
    Given Ana is a member with
      | first name | Ana |
    When the operator switches "Create New Members" off
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then there is 1 member
    And the member Ana has
      | last name | Reyes |
    And the group "Saturday Canvass" holds Ana

  @A3
  Scenario: Without an opt-in a submission creates nobody and starts nothing
    When Ana submits the form "Saturday Canvass" with
      | SMS opt-in | no |
    And 1 minute passes
    Then there are 0 members
    And the group "Saturday Canvass" holds nobody
    And no trigger fired
    And the ignored submissions are
      | no_opt_in | 1 |

  @A3
  Scenario: Without an opt-in a submission does not touch the member with that phone
    Given Ana is a member with
      | first name | Ana |
    When Ana submits the form "Saturday Canvass" with
      | SMS opt-in | no |
    And 1 minute passes
    Then the member Ana has
      | first name | Ana |
      | last name  |     |
      | email      |     |
    And Ana is in no group
    And no trigger fired

  @A4
  Scenario: A form never brings back somebody who sent STOP
    Given the synced form "Sunday Phonebank"
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana replies "STOP"
    And Ana submits the form "Sunday Phonebank"
    And 1 minute passes
    Then the ignored submissions are
      | unsubscribed | 1 |
    And the group "Sunday Phonebank" holds nobody
    And the triggers fired are
      | mobilize.registers | 1 |
    And the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |

  @A4
  Scenario: START does bring them back
    Given the synced form "Sunday Phonebank"
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana replies "STOP"
    And Ana replies "START"
    And Ana submits the form "Sunday Phonebank"
    And 1 minute passes
    Then no submission is ignored
    And the group "Sunday Phonebank" holds Ana

  @A5
  Scenario: Two people with one phone are one member
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ben submits the form "Saturday Canvass" with
      | phone | +1 212 555 0123 |
    And 1 minute passes
    Then there is 1 member
    And the member Ana has
      | first name | Ana             |
      | email      | ana@example.org |

  @A5
  Scenario: Two people with one phone in the same look at Mobilize are one member too
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass" with
      | phone | 12125550123 |
    And 1 minute passes
    Then there is 1 member
    And no submission is ignored

  @A5
  Scenario: The same name and e-mail with another phone is another member
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ben submits the form "Saturday Canvass" with
      | first name | Ana             |
      | last name  | Reyes           |
      | email      | ana@example.org |
    And 1 minute passes
    Then there are 2 members

  @A5
  Scenario: Two members who turn out to be one person become one, and a STOP of either holds
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ben replies "STOP"
    And the operator makes one member of Ana and Ben
    Then there is 1 member
    And the group "Saturday Canvass" holds Ana
    And the ledger of Ana's consent reads
      | subscribed   | form     |
      | unsubscribed | operator |

  @A6
  Scenario Outline: A number that nobody can text is ignored, and says why
    When Ana submits the form "Saturday Canvass" with
      | phone | <phone> |
    And 1 minute passes
    Then there are 0 members
    And the ignored submissions are
      | bad_phone | 1 |
    And the last ignored submission says "<sentence>"

    Examples:
      | phone          | sentence                                                        |
      |                | There is no phone number.                                       |
      | ask my husband | This is not a phone number.                                     |
      | 555-0123       | The phone number is too short: an area code may be missing.     |
      | (800) 555-0123 | This is a toll-free number; it is not a person's mobile phone.  |

  @A7
  Scenario: Every ignored submission is counted with its reason
    Given the form "Bake Sale" in Mobilize
    When Ana submits the form "Saturday Canvass" with
      | SMS opt-in | no |
    And Ben submits the form "Saturday Canvass" with
      | phone | none |
    And Cleo submits the form "Bake Sale"
    And Mobilize holds an odd row: "masked"
    And 5 minutes pass
    Then there are 0 members
    And the ignored submissions are
      | no_opt_in       | 1 |
      | bad_phone       | 1 |
      | form_not_synced | 1 |
      | masked          | 1 |
    And the ignored submissions hold nothing about Ana
    And the ignored submissions hold nothing about Ben
    And the ignored submissions hold nothing about Cleo

  @A8
  Scenario: The ledger of consent only grows
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana replies "stop please"
    And Ana replies "STOP"
    And Ana replies "unstop"
    Then the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |
      | unsubscribed | keyword |
      | subscribed   | keyword |

  @A8
  Scenario: A member brought along by the operator comes with a proof
    Given Ben is a member with
      | first name | Ben |
    Then the ledger of Ben's consent reads
      | subscribed | operator |

  @A9
  Scenario: Who submits without an opt-in is not nudged for that form
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Thanks! Bring a friend, too: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: mobilize.link_clicked_no_submission
              link: form
              after: 1d
              text: Did something go wrong? ${link.form}
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      run: invite
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Thanks! Bring a friend, too: <link>"
    When Ana submits the form "Saturday Canvass" through the link in Ana's text, with
      | email      | ana@example.net |
      | SMS opt-in | no              |
    And 2 days pass
    Then Ana gets no text
    And the nudges are
      | skipped: submitted | 1 |
    And the submissions are attributed
      | exact | 1 |
    And the ignored submissions are
      | no_opt_in | 1 |
    And the ignored submissions hold nothing about Ana
