Feature: Connecting and syncing
  Mobilize is connected with an Org Id and an API key. Forms are fetched, synced one by one or all at once, and then
  read again and again without anything counting twice.

  Background:
    Given these people
      | name        | phone          |
      | Ana Reyes   | (212) 555-0123 |
      | Ben Okafor  | 646-555-0134   |
      | Cleo Varga  | (917) 555-0145 |

  @B1
  Scenario Outline: What is wrong is said before anything is saved
    When the operator connects Mobilize with the <field> "<value>"
    Then the operator is told "<sentence>"
    And no account is saved

    Examples:
      | field   | value               | sentence                                                            |
      | API key | not-the-key         | Mobilize knows organization 4017, but this API key does not open it |
      | Org Id  | 999                 | Mobilize has no organization 999                                    |
      | Org Id  | Northfield          | The Mobilize Org Id is a number                                     |
      | address | http://127.0.0.1:9/ | Nothing was saved                                                   |

  @B1
  Scenario: The API key is kept sealed
    When the operator connects Mobilize
    Then the API key can be read nowhere in what is stored

  @B1
  Scenario: Two organizations are connected at once, and who signs up with both is one member
    Given Mobilize and the carrier are connected
    And another organization on Mobilize is connected
    And the synced form "Saturday Canvass"
    And the synced form "Sunday Phonebank" of the other organization
    And the flow
      """
      flow: welcome
      steps: [{send: "See you at ${event.title}."}]
      """
    And the automation
      """
      automation: Welcome
      trigger: mobilize.registers
      run: welcome
      """
    When Ana submits the form "Saturday Canvass"
    And Ana submits the form "Sunday Phonebank"
    And Ben submits the form "Sunday Phonebank"
    And 1 minute passes
    Then there are 2 members
    And the group "Saturday Canvass" holds Ana
    And the group "Sunday Phonebank" holds Ana and Ben
    And Ana gets the texts
      | See you at Saturday Canvass. |
      | See you at Sunday Phonebank. |
    And Ben gets the text "See you at Sunday Phonebank."
    When 1 day passes
    Then Ana gets no text
    And Ben gets no text

  @B2
  Scenario: With Sync New Events on, every event is synced and the last 15 minutes are caught up with
    Given the form "Saturday Canvass" in Mobilize
    And the form "Sunday Phonebank" in Mobilize
    When Ana submits the form "Saturday Canvass"
    And 1 hour passes
    And Ben submits the form "Saturday Canvass"
    And 10 minutes pass
    And the operator connects Mobilize with "Sync New Events" on
    And 1 minute passes
    Then the form "Saturday Canvass" is synced
    And the form "Sunday Phonebank" is synced
    And the group "Saturday Canvass" holds Ben
    And the triggers fired are
      | mobilize.registers | 1 |
    And the ignored submissions are
      | before_sync | 1 |

  @B2
  Scenario: Connecting again with Sync New Events on syncs the events that were known already
    Given the form "Saturday Canvass" in Mobilize
    When the operator connects Mobilize
    And Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then the form "Saturday Canvass" is not synced
    When the operator connects Mobilize with "Sync New Events" on
    And 1 minute passes
    Then the form "Saturday Canvass" is synced
    And the group "Saturday Canvass" holds Ana

  @B2
  Scenario: With Sync New Events off, nothing is synced until it is chosen
    Given the form "Saturday Canvass" in Mobilize
    When the operator connects Mobilize
    And Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then the form "Saturday Canvass" is not synced
    And there are 0 members

  @B2
  Scenario: A new event is synced by itself, with Sync New Events switched on later
    Given Mobilize and the carrier are connected
    When the operator switches "Sync New Events" on
    And 1 day passes
    Given the form "Sunday Phonebank" in Mobilize
    When 1 minute passes
    And Ana submits the form "Sunday Phonebank"
    And 1 minute passes
    Then the form "Sunday Phonebank" is synced
    And the group "Sunday Phonebank" holds Ana

  @B3
  Scenario: With Sync Accounts off nothing is read; on again, it catches up
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When the operator switches "Sync Accounts" off
    And Ana submits the form "Saturday Canvass"
    And 1 hour passes
    Then there are 0 members
    When the operator switches "Sync Accounts" on
    And 1 minute passes
    Then the group "Saturday Canvass" holds Ana
    And no trigger fired

  @B3
  Scenario: With Create New Members off nobody new is made; on again, it catches up
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When the operator switches "Create New Members" off
    And Ana submits the form "Saturday Canvass"
    And 1 day passes
    Then there are 0 members
    When the operator switches "Create New Members" on
    And 1 minute passes
    Then the group "Saturday Canvass" holds Ana
    And no trigger fired
    And no submission is ignored

  @B4
  Scenario: Fetch Events shows what is new, changed and deleted
    Given the form "Saturday Canvass" in Mobilize
    And the form "Sunday Phonebank" in Mobilize
    And Mobilize and the carrier are connected
    When the operator fetches the forms
    Then the fetch shows 2 new, 0 changed and 0 deleted forms
    And the fetch told on its way of 2 of 2 forms
    When 1 hour passes
    And the form "Saturday Canvass" is renamed to "Saturday Door Knock" in Mobilize
    And the form "Sunday Phonebank" is deleted in Mobilize
    And the operator fetches the forms
    Then the fetch shows 0 new, 1 changed and 1 deleted forms
    When the operator fetches the forms
    Then the fetch shows 0 new, 0 changed and 0 deleted forms

  @B4
  Scenario: A deleted event that is restored goes on as before
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When the form "Saturday Canvass" is deleted in Mobilize
    And 1 minute passes
    Then the form "Saturday Canvass" is deleted
    When the form "Saturday Canvass" is restored in Mobilize
    And 1 minute passes
    Then the form "Saturday Canvass" is not deleted
    And the form "Saturday Canvass" is synced
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the group "Saturday Canvass" holds Ana

  @B5
  Scenario: Un-syncing a form stops it and deletes nothing
    Given Mobilize and the carrier are connected
    And the form "Saturday Canvass" in Mobilize
    When the operator fetches the forms
    Then the form "Saturday Canvass" is not synced
    When the operator syncs the form "Saturday Canvass"
    Then the form "Saturday Canvass" is synced
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And the operator un-syncs the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    Then the form "Saturday Canvass" is not synced
    And there is 1 member
    And the group "Saturday Canvass" holds Ana
    And the ignored submissions are
      | form_not_synced | 1 |

  @B5
  Scenario: Un-syncing a form of one organization leaves the other's alone
    Given Mobilize and the carrier are connected
    And another organization on Mobilize is connected
    And the synced form "Saturday Canvass"
    And the synced form "Sunday Phonebank" of the other organization
    When Ana submits the form "Saturday Canvass"
    And Ana submits the form "Sunday Phonebank"
    And 1 minute passes
    And the operator un-syncs the form "Sunday Phonebank"
    And Ben submits the form "Saturday Canvass"
    And Ben submits the form "Sunday Phonebank"
    And 1 minute passes
    Then the form "Saturday Canvass" is synced
    And the form "Sunday Phonebank" is not synced
    And the group "Saturday Canvass" holds Ana and Ben
    And the group "Sunday Phonebank" holds Ana
    And the ignored submissions are
      | form_not_synced | 1 |

  @B6
  Scenario: The form's group holds new and existing members, and follows its name
    Given Mobilize and the carrier are connected
    And Ben is a member with
      | first name | Ben |
    And Cleo is a member with
      | first name | Cleo |
    And the synced form "Saturday Canvass"
    Then the group "Saturday Canvass" holds nobody
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    Then the group "Saturday Canvass" holds Ana and Ben
    When the form "Saturday Canvass" is renamed to "Saturday Door Knock" in Mobilize
    And 5 minutes pass
    Then the group "Saturday Door Knock" holds Ana and Ben
    And the group "Saturday Canvass" holds nobody

  @B6
  Scenario: Two events with one name have two groups
    Given Mobilize and the carrier are connected
    And the synced form "Phonebank"
    When Ana submits the form "Phonebank"
    And 1 minute passes
    And the operator switches "Sync New Events" on
    Given the form "Phonebank" in Mobilize
    When 1 minute passes
    And Ben submits the form "Phonebank"
    And 1 minute passes
    Then the group "Phonebank" holds Ana
    And the group "Phonebank (50001)" holds Ben

  @B7
  Scenario: What happened before the sync fires nothing; the last 15 minutes do
    Given Mobilize and the carrier are connected
    And the form "Saturday Canvass" in Mobilize
    When the operator fetches the forms
    And Ana submits the form "Saturday Canvass"
    And 1 hour passes
    And Ben submits the form "Saturday Canvass"
    And 10 minutes pass
    And the operator syncs the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And 1 minute passes
    Then the triggers fired are
      | mobilize.registers | 2 |
    And the group "Saturday Canvass" holds Ben and Cleo
    And the ignored submissions are
      | form_not_synced | 1 |

  @B8
  Scenario Outline: An answer gone wrong delays a sign-up and neither loses nor doubles it
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And Mobilize answers the next 3 requests with "<fault>"
    And 15 minutes pass
    Then there are 2 members
    And the group "Saturday Canvass" holds Ana and Ben
    And the triggers fired are
      | mobilize.registers | 2 |

    Examples:
      | fault            |
      | 429              |
      | 500              |
      | 502              |
      | html_200         |
      | rate_limited_200 |
      | truncated        |
      | empty            |
      | row_twice        |
      | cut_off          |

  @B8
  Scenario: A Mobilize that fails holds up no other organization
    Given Mobilize and the carrier are connected
    And another organization on Mobilize is connected
    And the synced form "Saturday Canvass"
    And the synced form "Sunday Phonebank" of the other organization
    When Mobilize answers the next 9 requests with "500"
    And Ana submits the form "Saturday Canvass"
    And Ben submits the form "Sunday Phonebank"
    And 1 minute passes
    Then the group "Saturday Canvass" holds nobody
    And the group "Sunday Phonebank" holds Ben
    When 1 day passes
    Then the group "Saturday Canvass" holds Ana

  @B8
  Scenario Outline: A list of Mobilize that fails holds up none of the others
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When Mobilize answers whoever asks for its <list> with "500"
    And Ana submits the form "Saturday Canvass"
    And 15 minutes pass
    Then the group "Saturday Canvass" holds Ana
    And the status says why not: "<list>) is out of order (HTTP 500)"

    Examples:
      | list   |
      | events |
      | people |

  @B8
  Scenario: A key that may not list people reads everything else, and that is told
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When Mobilize answers whoever asks for its people with "wrong_key"
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the group "Saturday Canvass" holds Ana
    And the status says that Mobilize was read 0 seconds ago
    And the status says why not: "does not let this API key list people"
    And the doctor says of Mobilize "Ask support@mobilize.us for a key that may list them"

  @B8
  Scenario Outline: An odd row stops nobody behind it
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When Mobilize holds an odd row: "<row>"
    And Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then the member Ana has
      | first name | Ana |

    Examples:
      | row            |
      | masked         |
      | promoted       |
      | unknown_status |
      | no_email       |
      | no_phone       |
      | blocked        |
      | repeated       |

  @B8
  Scenario: Reading the same page again and again changes nothing
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    And 5 minutes pass
    And 1 day passes
    Then there is 1 member
    And the triggers fired are
      | mobilize.registers | 1 |

  @B8
  Scenario: A change that Mobilize does not date is found within a day, and fires once
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When Ana submits the form "Saturday Canvass"
    And 1 hour passes
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana is CONFIRMED by now, which Mobilize does not date
    And 1 hour passes
    Then the triggers fired are
      | mobilize.registers | 2 |
    When 1 day passes
    And 1 day passes
    Then the triggers fired are
      | mobilize.confirms  | 1 |
      | mobilize.registers | 2 |

  @B8
  Scenario Outline: Who changes the number or opts out in Mobilize gets nothing that was waiting
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    And the flow
      """
      flow: two_texts
      steps:
        - send: Hi!
        - wait: 2h
        - send: Hi again!
      """
    And the automation
      """
      automation: Two texts
      trigger: mobilize.registers
      run: two_texts
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Hi!"
    When Ana changes in Mobilize
      | <field> | <value> |
    And 1 minute passes
    And 3 hours pass
    Then Ana gets no text
    And the runs ended as
      | <reason> | 1 |

    Examples:
      | field      | value          | reason        |
      | phone      | (212) 555-0177 | phone_changed |
      | SMS opt-in | OPT_OUT        | unsubscribed  |

  @B8
  Scenario: Whom Mobilize blocks is not texted any more
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Mobilize blocks Ana
    And 1 minute passes
    Then the ledger of Ana's consent reads
      | subscribed   | form     |
      | unsubscribed | upstream |

  @B8
  Scenario: Who opts out in Mobilize is not texted, however they became a member
    Given Mobilize and the carrier are connected
    And the form "Bake Sale" in Mobilize
    And Ben is a member with
      | first name | Ben |
    When Ben submits the form "Bake Sale"
    And 1 minute passes
    And Ben changes in Mobilize
      | SMS opt-in | OPT_OUT |
    And 1 minute passes
    Then the ledger of Ben's consent reads
      | subscribed   | operator |
      | unsubscribed | upstream |

  @B9
  Scenario: A sign-up is a text a minute later
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    And the flow
      """
      flow: hello
      steps: [{send: Hi!}]
      """
    And the automation
      """
      automation: Hello
      trigger: mobilize.registers
      run: hello
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the text to Ana was waiting to go out within 1 second of the look that found it
    And Ana gets the text "Hi!"
    And the status says that Mobilize was read 0 seconds ago

  @B9
  Scenario: How far behind it is can be seen, and why
    Given Mobilize and the carrier are connected
    When 1 minute passes
    And Mobilize answers the next 99 requests with "500"
    And 10 minutes pass
    Then the status says that Mobilize was read 600 seconds ago
    And the status says why not: "is out of order (HTTP 500)"

  @B10
  Scenario: What happens to a sign-up is kept on the submission, not on the member
    Given Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana confirms "Saturday Canvass"
    And 1 minute passes
    Then the submissions stand as
      | CONFIRMED | 1 |
    And the member Ana has
      | status   |  |
      | attended |  |
