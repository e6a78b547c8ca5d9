Feature: Broadcasts
  A text or a flow for everybody in some groups, now or later.

  Background:
    Given these people
      | name         | phone          |
      | Ana Reyes    | (212) 555-0123 |
      | Ben Okafor   | 646-555-0134   |
      | Cleo Varga   | (917) 555-0145 |
      | Dan Whitley  | (310) 555-0156 |
    And Mobilize and the carrier are connected
    And the members Ana, Ben, Cleo and Dan are in the group "June"
    And the members Cleo are in the group "Staff"

  @I1
  Scenario: A message goes to groups, but not to groups that are left out
    When the operator sends the broadcast
      """
      broadcast: June news
      to: [June]
      except: [Staff]
      send: "Hi ${member.first_name|there}, the shifts: ${link.shifts}"
      links:
        shifts: {url: "https://example.org/june"}
      """
    And 3 hours pass
    Then Ana gets the text "Hi Ana, the shifts: <link>"
    And Ben gets the text "Hi Ben, the shifts: <link>"
    And Dan gets the text "Hi Dan, the shifts: <link>"
    And Cleo gets no text
    And every link in the texts is another one
    And the broadcast "June news" stands as
      | state   | sent |
      | members | 3    |

  @I1
  Scenario: A preview says whom it would reach and what it would cost
    When Ben replies "STOP"
    And the clock reaches 2026-05-04 21:00 in New York
    Then a preview of the broadcast would show
      | members      | 4                                              |
      | reachable    | 3                                              |
      | unsubscribed | 1                                              |
      | quiet now    | 2                                              |
      | segments     | 3                                              |
      | text         | Hi Ana                                         |
      | document     | {broadcast: A, to: [June], send: "Hi ${member.first_name\|you}"} |

  @I1
  Scenario: Whoever sent STOP gets nothing, and is counted
    When Ben replies "STOP"
    And the operator sends the broadcast
      """
      broadcast: June news
      to: [June]
      send: "News!"
      """
    And 3 hours pass
    Then Ana gets the text "News!"
    And the broadcast "June news" stands as
      | state                     | sent |
      | queued                    | 3    |
      | passed over: unsubscribed | 1    |

  @I1
  Scenario: A scheduled one reaches who is in the group when it begins
    When the operator schedules the broadcast for 2026-05-05 12:00 in New York
      """
      broadcast: Tuesday
      to: [Staff]
      send: "Meeting at five."
      """
    And the operator puts Ben into the group "Staff"
    And the clock reaches 2026-05-05 11:59 in New York
    Then Cleo gets no text
    When the clock reaches 2026-05-05 12:01 in New York
    Then Cleo gets the text "Meeting at five."
    And Ben gets the text "Meeting at five."
    When the operator puts Ana into the group "Staff"
    And 1 hour passes
    Then Ana gets no text

  @I1
  Scenario: A paused one sends nothing until it is resumed
    When the clock reaches 2026-05-04 22:00 in New York
    And the operator sends the broadcast
      """
      broadcast: Late idea
      to: [Staff]
      send: "Are you free?"
      """
    And 1 minute passes
    And the operator pauses the broadcast "Late idea"
    And the clock reaches 2026-05-05 12:00 in New York
    Then Cleo gets no text
    When the operator resumes the broadcast "Late idea"
    And 1 minute passes
    Then Cleo gets the text "Are you free?"

  @I1
  Scenario: A cancelled one never sends what was not sent
    When the clock reaches 2026-05-04 22:00 in New York
    And the operator sends the broadcast
      """
      broadcast: Late idea
      to: [June]
      except: [Staff]
      send: "Are you free?"
      """
    And 1 minute passes
    Then Dan gets the text "Are you free?"
    When the operator cancels the broadcast "Late idea"
    And the clock reaches 2026-05-05 12:00 in New York
    Then Ana gets no text
    And the broadcast "Late idea" stands as
      | state                         | cancelled |
      | text delivered                | 1         |
      | not sent: broadcast_cancelled | 2         |

  @I1
  Scenario: A flow is started for everybody, and who is in it already is passed over
    Given the flow
      """
      flow: invite
      steps:
        - ask: coming
          text: "Are you coming?"
          replies: [{match: [yes], then: [{send: "Great!"}]}]
      """
    When the operator sends the broadcast
      """
      broadcast: Staff first
      to: [Staff]
      run: invite
      """
    And 1 minute passes
    And the operator sends the broadcast
      """
      broadcast: Then the others
      to: [June]
      run: invite
      """
    And 1 minute passes
    Then Cleo gets the text "Are you coming?"
    And Ana gets the text "Are you coming?"
    When Ana replies "yes"
    Then Ana gets the text "Great!"
    And the broadcast "Then the others" stands as
      | queued                       | 3 |
      | passed over: already_in_flow | 1 |

  @I1
  Scenario: The same broadcast is not sent twice
    When the operator sends the broadcast
      """
      {broadcast: June news, to: [Staff], send: "News!"}
      """
    And the operator sends the broadcast
      """
      {broadcast: June news, to: [Staff], send: "News!"}
      """
    And 1 minute passes
    Then the operator is told "nobody gets it twice; give this one another name"
    And Cleo gets the text "News!"

  @I1 @G1
  Scenario: A broadcast has the five figures of a report
    Given the synced form "Saturday Canvass"
    When the operator sends the broadcast
      """
      broadcast: Canvass
      to: [June]
      form: Saturday Canvass
      send: "Join us: ${link.form}"
      links:
        form: {url: "${event.url}", track: mobilize}
      """
    And 3 hours pass
    And Ana taps the link
    And Ben submits the form "Saturday Canvass" through the link in Ben's text
    And 1 minute passes
    Then the report of the broadcast "Canvass" shows
      | recipients                      | 4                    |
      | click-through rate              | 50%                  |
      | form submissions                | 1 exact, 0 estimated |
      | link clicked with no submission | 1                    |
      | messages sent with no clicks    | 2                    |
