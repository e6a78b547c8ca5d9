Feature: Automations
  What somebody does with a sign-up in Mobilize starts a flow here.

  Background:
    Given these people
      | name        | phone          |
      | Ana Reyes   | (212) 555-0123 |
      | Ben Okafor  | 646-555-0134   |
      | Cleo Varga  | (917) 555-0145 |
      | Dan Whitley | (718) 555-0156 |
    And Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    And the flow
      """
      flow: welcome
      spec: 1
      steps:
        - send: Hi ${member.first_name|there}! See you at ${event.title}.
      """

  @D1
  Scenario Outline: Each of the five activities starts its automation
    Given the automation
      """
      automation: On <trigger>
      spec: 1
      trigger: <trigger>
      run: welcome
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets no text
    When Ana <does> "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."

    Examples:
      | trigger             | does              |
      | mobilize.confirms   | confirms          |
      | mobilize.attends    | attends           |
      | mobilize.cancels    | cancels           |
      | mobilize.waitlisted | is waitlisted for |

  @D1
  Scenario: Registering starts its automation
    Given the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."

  @D1
  Scenario: Steps that were skipped between two looks still fire, each once
    When Ana submits the form "Saturday Canvass"
    And Ana confirms "Saturday Canvass"
    And Ana attends "Saturday Canvass"
    And 5 minutes pass
    And 5 minutes pass
    Then the triggers fired are
      | mobilize.registers | 1 |
      | mobilize.confirms  | 1 |
      | mobilize.attends   | 1 |

  @D1
  Scenario: A sign-up that is cancelled when first seen fires nothing
    When Ana submits the form "Saturday Canvass"
    And Ana cancels "Saturday Canvass"
    And 5 minutes pass
    Then no trigger fired

  @D1
  Scenario: Who cancels and registers again has registered twice
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana cancels "Saturday Canvass"
    And 1 minute passes
    And Ana registers again for "Saturday Canvass"
    And 5 minutes pass
    Then the triggers fired are
      | mobilize.registers | 2 |
      | mobilize.cancels   | 1 |

  @D2
  Scenario: An automation of one form leaves the others alone, and adds to its groups
    Given the synced form "Sunday Phonebank"
    And the automation
      """
      automation: Mobilize – Phonebank – Welcome
      spec: 1
      trigger: mobilize.registers
      form: Sunday Phonebank
      run: welcome
      add_to_groups: [Callers, New in May]
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Sunday Phonebank"
    And 1 minute passes
    Then Ana gets no text
    And Ben gets the text "Hi Ben! See you at Sunday Phonebank."
    And the group "Callers" holds Ben
    And the group "New in May" holds Ben

  @D2
  Scenario: An automation may be for a form of the other organization
    Given another organization on Mobilize is connected
    And the synced form "Sunday Phonebank" of the other organization
    And the automation
      """
      automation: Welcome
      trigger: mobilize.registers
      form: Sunday Phonebank
      run: welcome
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Sunday Phonebank"
    And 1 minute passes
    Then Ana gets no text
    And Ben gets the text "Hi Ben! See you at Sunday Phonebank."

  @D2
  Scenario: A paused automation starts nothing
    Given the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      add_to_groups: [New in May]
      """
    When the operator pauses the automation "Welcome"
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets no text
    And the group "New in May" holds nobody

  @D3
  Scenario: In an A/B test a member stays with the arm that was drawn
    Given the synced form "Sunday Phonebank"
    And the flow
      """
      flow: short
      spec: 1
      steps:
        - send: Short and sweet.
      """
    And the flow
      """
      flow: long
      spec: 1
      steps:
        - send: Long and winding.
      """
    And the automation
      """
      automation: Copy test
      spec: 1
      trigger: mobilize.registers
      ab_test: {name: may_copy, arms: {short: 50, long: 50}}
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And Dan submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana submits the form "Sunday Phonebank"
    And Ben submits the form "Sunday Phonebank"
    And Cleo submits the form "Sunday Phonebank"
    And Dan submits the form "Sunday Phonebank"
    And 1 minute passes
    Then everybody got the same text every time
    And somebody got the text "Short and sweet."
    And somebody got the text "Long and winding."

  @D3
  Scenario: The weights decide who gets which arm, and the arm is recorded
    Given the flow
      """
      flow: short
      spec: 1
      steps:
        - send: Short and sweet.
      """
    And the automation
      """
      automation: Copy test
      spec: 1
      trigger: mobilize.registers
      ab_test: {name: may_copy, arms: {welcome: 1, short: 0}}
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And 1 minute passes
    Then nobody got the text "Short and sweet."
    And the runs took the arms
      | welcome | 3 |

  @D3
  Scenario: The report compares the arms, also after the weights have changed
    Given the flow
      """
      flow: short
      spec: 1
      steps:
        - send: "Another shift? ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
      """
    And the flow
      """
      flow: long
      spec: 1
      steps:
        - send: "Would you like to come to another shift with us? ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
      """
    And the automation
      """
      automation: Copy test
      spec: 1
      trigger: mobilize.registers
      ab_test: {name: may_copy, arms: {short: 1, long: 0}}
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    Given the automation
      """
      automation: Copy test
      spec: 1
      trigger: mobilize.registers
      ab_test: {name: may_copy, arms: {short: 0, long: 1}}
      """
    When Cleo submits the form "Saturday Canvass"
    And 1 minute passes
    Then the report by arms lists
      | name      | part  | recipients | clicked |
      | Copy test | long  | 1          | 0       |
      | Copy test | short | 2          | 1       |

  @D4
  Scenario: A second sign-up of one person for one form starts nothing
    Given the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets no text

  @D4
  Scenario: Two sign-ups of one person in the same look start one flow
    Given the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      """
    When Ana submits the form "Saturday Canvass"
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."

  @D4
  Scenario: Another form starts it again
    Given the synced form "Sunday Phonebank"
    And the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana submits the form "Sunday Phonebank"
    And 1 minute passes
    Then Ana gets the texts
      | Hi Ana! See you at Saturday Canvass. |
      | Hi Ana! See you at Sunday Phonebank. |

  @D6
  Scenario: Who is in a flow already is left to it
    Given the synced form "Sunday Phonebank"
    And the flow
      """
      flow: reminder
      spec: 1
      reentry: skip
      steps:
        - wait: 2h
        - send: Think of ${event.title}.
      """
    And the automation
      """
      automation: Remind
      spec: 1
      trigger: mobilize.registers
      run: reminder
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana submits the form "Sunday Phonebank"
    And 1 minute passes
    And 3 hours pass
    Then Ana gets the texts
      | Think of Saturday Canvass. |

  @D6
  Scenario: A flow may begin again instead
    Given the synced form "Sunday Phonebank"
    And the flow
      """
      flow: reminder
      spec: 1
      reentry: restart
      steps:
        - wait: 2h
        - send: Think of ${event.title}.
      """
    And the automation
      """
      automation: Remind
      spec: 1
      trigger: mobilize.registers
      run: reminder
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana submits the form "Sunday Phonebank"
    And 1 minute passes
    And 3 hours pass
    Then Ana gets the texts
      | Think of Sunday Phonebank.  |

  @D6
  Scenario: A flow may be played twice at a time
    Given the synced form "Sunday Phonebank"
    And the flow
      """
      flow: reminder
      spec: 1
      reentry: parallel
      steps:
        - wait: 2h
        - send: Think of ${event.title}.
      """
    And the automation
      """
      automation: Remind
      spec: 1
      trigger: mobilize.registers
      run: reminder
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana submits the form "Sunday Phonebank"
    And 1 minute passes
    And 3 hours pass
    Then Ana gets the texts
      | Think of Saturday Canvass. |
      | Think of Sunday Phonebank.  |

  @D7
  Scenario: What happened and why not can be asked for a phone
    Given the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana submits the form "Saturday Canvass"
    And 2 minutes pass
    Then the operator who asks about Ana reads
      | Signed up for 'Saturday Canvass'                                                               |
      | It fired mobilize.registers.                                                                   |
      | 'Welcome' started run 1.                                                                       |
      | Text 1 was delivered.                                                                          |
      | 'Welcome' started nothing: it had started for this person and form before (once_per).          |
      | The next look at the mobilize account                                                          |

  @D7
  Scenario: Why a sign-up did nothing is said with what to do
    When Ana submits the form "Saturday Canvass" with
      | SMS opt-in | no |
    And 1 minute passes
    Then the operator who asks about Ana's sign-up for "Saturday Canvass" reads
      | was ignored (no_opt_in) |

  @D7
  Scenario: A text that waits for the morning says until when
    Given the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      """
    When the clock reaches 2026-05-04 22:00 in New York
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the operator who asks about Ana reads
      | Text 1 is held: it is quiet where they are; it is decided again |

  @D7
  Scenario: A paused automation says so, and what it would have done
    Given the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      """
    When the operator pauses the automation "Welcome"
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the operator who asks about "Welcome" reads
      | It waits for: Mobilize Event Registers. |
      | It is paused: it starts nothing.        |
      | 1 times it did not start: it was paused. |
    And a dry run of "Welcome" would have texted 1 member

  @D8
  Scenario Outline: People read the guide's labels
    Then "<name>" is called "<label>"

    Examples:
      | name                                | label                                  |
      | mobilize.registers                  | Mobilize Event Registers               |
      | mobilize.confirms                   | Mobilize Event Confirm Registration    |
      | mobilize.attends                    | Mobilize Event Attends                 |
      | mobilize.cancels                    | Mobilize Event Cancel Registration     |
      | mobilize.waitlisted                 | Mobilize Event Registration Waitlisted |
      | mobilize.link_clicked_no_submission | Link Clicked No Form Submission        |
