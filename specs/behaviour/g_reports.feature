Feature: Reports
  What became of the links that were sent, for each flow and automation.

  Background:
    Given these people
      | name         | phone          |
      | Ana Reyes    | (212) 555-0123 |
      | Ben Okafor   | 646-555-0134   |
      | Cleo Varga   | (917) 555-0145 |
      | Dan Whitley  | (718) 555-0156 |
      | Eve Lindqvist| (347) 555-0167 |
    And Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"

  @G1
  Scenario: The five figures of a flow and of its automation
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      run: invite
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And Dan submits the form "Saturday Canvass"
    And Eve submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana submits the form "Saturday Canvass" through the link in Ana's text
    And Ben taps the link
    And Ben submits the form "Saturday Canvass"
    And Cleo taps the link
    And Dan taps the link
    And Dan taps the link
    And 1 minute passes
    Then the report of the flow "invite" shows
      | recipients                      | 5                    |
      | click-through rate              | 80%                  |
      | form submissions                | 1 exact, 1 estimated |
      | link clicked with no submission | 2                    |
      | messages sent with no clicks    | 1                    |
      | submission conversion rate      | 50%                  |
    And the report of the automation "Invite" shows
      | recipients         | 5   |
      | click-through rate | 80% |

  @G1
  Scenario: Nothing divided by nothing is a dash
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
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
    Then the report of the flow "invite" shows
      | click-through rate         | 0% |
      | submission conversion rate | –  |

  @G2
  Scenario: The report of one link of a message with several
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up: ${link.form} or see all: ${link.feed}"
          links:
            form: {url: "${event.url}", track: mobilize}
            feed: {url: "https://www.mobilize.us/northfield-action/", track: mobilize}
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      run: invite
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps link 2
    And Ben taps link 1
    And Ana taps link 1
    Then the report of the flow "invite" shows
      | recipients         | 2    |
      | click-through rate | 100% |
    When Ben submits the form "Saturday Canvass" through the link in Ben's text
    And 1 minute passes
    Then the report of the flow "invite" for the link to "Saturday Canvass" shows
      | click-through rate         | 100%                 |
      | form submissions           | 1 exact, 0 estimated |
      | submission conversion rate | 50%                  |

  @G3
  Scenario: The figures are right at once, and a recount finds the same
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      run: invite
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    Then the report of the flow "invite" shows
      | recipients         | 2   |
      | click-through rate | 50% |
    When Ben submits the form "Saturday Canvass" through the link in Ben's text
    And 1 minute passes
    Then the report of the flow "invite" shows
      | click-through rate | 100%                 |
      | form submissions   | 1 exact, 0 estimated |
    And counting everything again finds the same figures

  @G3
  Scenario: Two members who become one are counted once
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form} Thanks!"
          links:
            form: {url: "${event.url}", track: mobilize}
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      run: invite
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ben taps the link
    Then the report of the flow "invite" shows
      | recipients         | 2   |
      | click-through rate | 50% |
    When the operator makes one member of Ana and Ben
    Then the report of the flow "invite" shows
      | recipients         | 1    |
      | click-through rate | 100% |
    And counting everything again finds the same figures

  @G4
  Scenario: A report per version, per arm and per day
    Given the flow
      """
      flow: other
      spec: 1
      steps:
        - send: "Not sent to anybody"
      """
    And the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      ab_test: {name: wording, arms: {invite: 1, other: 0}}
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And 1 day passes
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    Then the report by versions lists
      | name   | part | recipients | clicked |
      | invite | 1    | 2          | 1       |
    And the report by arms lists
      | name   | part   | recipients | clicked |
      | Invite | invite | 2          | 1       |
    And the report by flows per day lists
      | name   | day        | recipients | clicked |
      | invite | 2026-05-04 | 1          | 1       |
      | invite | 2026-05-05 | 1          | 0       |

  @G4
  Scenario: The arms of a split are compared, by what was texted from there on
    Given the flow
      """
      flow: tones
      spec: 1
      steps:
        - send: "You are in: ${link.form} See you."
          links:
            form: {url: "${event.url}", track: mobilize}
        - wait: 1h
        - split: tone
          arms:
            warm: {weight: 1, then: [{send: "So glad you're in!"}]}
            short:
              weight: 0
              then:
                - send: "Another shift? ${link.form}"
                  links:
                    form: {url: "${event.url}", track: mobilize}
        - send: "All there is: ${link.feed} Come along."
          links:
            feed: {url: "https://www.mobilize.us/northfield-action/", track: mobilize}
      """
    And the automation
      """
      automation: Tones
      spec: 1
      trigger: mobilize.registers
      run: tones
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And 1 hour passes
    And Ben taps the link
    And the operator publishes the flow
      """
      flow: tones
      spec: 1
      steps:
        - split: tone
          arms:
            warm: {weight: 0, then: [{send: "So glad you're in!"}]}
            short:
              weight: 1
              then:
                - send: "Another shift? ${link.form}"
                  links:
                    form: {url: "${event.url}", track: mobilize}
      """
    And Cleo submits the form "Saturday Canvass"
    And Dan submits the form "Saturday Canvass"
    And Eve submits the form "Saturday Canvass"
    And 1 minute passes
    And Cleo submits the form "Saturday Canvass" through the link in Cleo's text
    And Dan taps the link
    And 1 minute passes
    Then the report by splits lists
      | name  | split | part  | recipients | clicked | submitted | clicked no submission | no clicks | conversion rate |
      | tones | tone  | short | 3          | 2       | 1         | 1                     | 1         | 0.5             |
      | tones | tone  | warm  | 2          | 1       | 0         | 1                     | 1         | 0.0             |
