Feature: Nudges
  A follow-up that belongs to one bot action and is decided at its own time.

  Background:
    Given these people
      | name       | phone          |
      | Ana Reyes  | (212) 555-0123 |
      | Ben Okafor | 646-555-0134   |
      | Cleo Varga | (917) 555-0145 |
    And Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    And the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: mobilize.link_clicked_no_submission
              link: form
              after: 1d
              text: You opened the form but didn't finish. ${link.form}
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      run: invite
      """

  @H1
  Scenario: Who taps the link and does not finish the form is nudged
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Sign up for another shift: <link>"
    And Ben gets the text "Sign up for another shift: <link>"
    And Cleo gets the text "Sign up for another shift: <link>"
    When Ana taps the link
    And Ben submits the form "Saturday Canvass" through the link in Ben's text
    And 2 days pass
    Then Ana gets the text "You opened the form but didn't finish. <link>"
    And Ben gets no text
    And Cleo gets no text
    And the nudges are
      | sent               | 1 |
      | skipped: submitted | 1 |
      | skipped: no_click  | 1 |

  @H1
  Scenario: A nudge may be written as a step of its own, right after its bot action
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
        - nudge: no_link_click
          link: form
          after: 1d
          text: Still want to come? ${link.form}
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And 1 day passes
    Then Ana gets the texts
      | Sign up for another shift: <link> |
      | Still want to come? <link>        |

  @H1
  Scenario: Who does not reply is nudged, and a reply to the nudge answers the question
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - ask: coming
          text: Can you make it?
          replies:
            - match: [yes]
              then: [{add_to_groups: [Coming]}]
          nudges:
            - {nudge: no_reply, after: 1d, text: "Yes or no?"}
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ben replies "yes"
    And 1 day passes
    Then Ana gets the texts
      | Can you make it? |
      | Yes or no?       |
    And Ben gets the text "Can you make it?"
    When Ana replies "Yes"
    Then the group "Coming" holds Ana and Ben

  @H1
  Scenario: A link preview is no reason to nudge
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And a link preview opens the link in Ana's text
    And 2 days pass
    Then Ana gets the text "Sign up for another shift: <link>"
    And the nudges are
      | skipped: no_click | 1 |

  @H2
  Scenario: The wait counts from the moment the member reached the bot action, not from the tap
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And 23 hours pass
    And Ana taps the link
    Then Ana gets the text "Sign up for another shift: <link>"
    When 50 minutes pass
    Then Ana gets no text
    When 20 minutes pass
    Then Ana gets the text "You opened the form but didn't finish. <link>"

  @H2
  Scenario: A submission just before the nudge is due is in time
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And 23 hours pass
    And Ana submits the form "Saturday Canvass"
    And 2 hours pass
    Then Ana gets the text "Sign up for another shift: <link>"
    And the nudges are
      | skipped: submitted | 1 |

  @H3
  Scenario: A filter keeps a nudge from those it is not meant for
    Given Ben is a member with
      | first name | Benedict |
    And the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: no_link_click
              link: form
              after: 1d
              if: member.first_name == "Ana"
              text: Still want to come? ${link.form}
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And 1 day passes
    Then Ana gets the texts
      | Sign up for another shift: <link> |
      | Still want to come? <link>        |
    And Ben gets the text "Sign up for another shift: <link>"
    And the nudges are
      | sent              | 1 |
      | skipped: filtered | 1 |

  @H3
  Scenario: Held by quiet hours, a nudge is decided again when they end
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: mobilize.link_clicked_no_submission
              link: form
              after: 36h
              text: You opened the form but didn't finish. ${link.form}
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And Ben taps the link
    And the clock reaches 2026-05-05 23:00 in New York
    Then Ana gets the text "Sign up for another shift: <link>"
    When Ben submits the form "Saturday Canvass"
    And the clock reaches 2026-05-06 08:59 in New York
    Then Ana gets no text
    When the clock reaches 2026-05-06 09:00 in New York
    Then Ana gets the text "You opened the form but didn't finish. <link>"
    And Ben gets the text "Sign up for another shift: <link>"
    And the nudges are
      | sent               | 1 |
      | skipped: submitted | 1 |

  @H3
  Scenario: A nudge has quiet hours of its own, which may drop it
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: no_link_click
              link: form
              after: 1d
              quiet_hours: {from: "09:30", to: "10:30", then: drop}
              text: Still want to come? ${link.form}
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And 2 days pass
    Then Ana gets the text "Sign up for another shift: <link>"
    And the nudges are
      | skipped: quiet_hours | 1 |

  @H3
  Scenario: After it has expired a nudge is never sent
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: no_link_click
              link: form
              after: 36h
              expires: 40h
              text: Still want to come? ${link.form}
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And 3 days pass
    Then Ana gets the text "Sign up for another shift: <link>"
    And the nudges are
      | skipped: expired | 1 |

  @H4
  Scenario: Two nudges on one bot action, each decided on its own
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: mobilize.link_clicked_no_submission
              link: form
              after: 1d
              text: You opened the form but didn't finish. ${link.form}
            - nudge: no_link_click
              link: form
              after: 1d
              text: Still want to come? ${link.form}
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And 1 day passes
    Then Ana gets the texts
      | Sign up for another shift: <link>             |
      | You opened the form but didn't finish. <link> |
    And Ben gets the texts
      | Sign up for another shift: <link> |
      | Still want to come? <link>        |
    And the nudges are
      | sent              | 2 |
      | skipped: clicked  | 1 |
      | skipped: no_click | 1 |

  @H4
  Scenario: Nudges that are due together keep their distance
    Given the flow
      """
      flow: invite
      spec: 1
      min_gap: 2h
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - {nudge: no_link_click, link: form, after: 1d, text: "Still want to come? ${link.form}"}
            - {nudge: no_link_click, link: form, after: 1d, text: "Last call. ${link.form}"}
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And 1 day passes
    And 1 hour passes
    Then Ana gets the texts
      | Sign up for another shift: <link> |
      | Still want to come? <link>        |
    When 1 hour passes
    Then Ana gets the text "Last call. <link>"

  @H5
  Scenario: Lint warns of a form nudge that comes too soon
    Then lint of this flow warns "is recommended after at least 1d"
      """
      flow: hasty
      spec: 1
      steps:
        - send: "Sign up: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: mobilize.link_clicked_no_submission
              link: form
              after: 2h
              text: You opened the form but didn't finish. ${link.form}
      """

  @H6
  Scenario: STOP cancels what is pending
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And Ana replies "Stop"
    And 2 days pass
    Then the nudges are
      | cancelled | 1 |

  @H6
  Scenario: The trigger that stops the flow cancels its nudges
    Given the flow
      """
      flow: invite
      spec: 1
      stop_when: mobilize.cancels
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - nudge: no_link_click
              link: form
              after: 1d
              text: Still want to come? ${link.form}
        - wait: 3d
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana cancels "Saturday Canvass"
    And 2 days pass
    Then Ana gets the text "Sign up for another shift: <link>"
    And the runs ended as
      | stop_when | 1 |
    And the nudges are
      | cancelled | 1 |

  @H6
  Scenario: The flow's own end does not cancel its nudges
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the runs ended as
      | finished | 1 |
    When Ana taps the link
    And 1 day passes
    Then Ana gets the texts
      | Sign up for another shift: <link>             |
      | You opened the form but didn't finish. <link> |

  @H6
  Scenario: What stops a flow cancels the nudges of a run that has ended already
    Given the flow
      """
      flow: invite
      spec: 1
      stop_when: mobilize.cancels
      steps:
        - send: "Sign up for another shift: ${link.form}"
          links:
            form: {url: "${event.url}", track: mobilize}
          nudges:
            - {nudge: no_link_click, link: form, after: 1d, text: "Still want to come? ${link.form}"}
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Sign up for another shift: <link>"
    When 5 minutes pass
    And Ana cancels "Saturday Canvass"
    And 2 days pass
    Then Ana gets no text
    And the runs ended as
      | finished | 1 |
    And the nudges are
      | cancelled | 1 |
