Feature: Links and tracking
  A link in a text becomes one short link for each member, and what comes of it is known.

  Background:
    Given these people
      | name       | phone          |
      | Ana Reyes  | (212) 555-0123 |
      | Ben Okafor | 646-555-0134   |
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
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      run: invite
      """

  @F1
  Scenario: Every member has a link of their own
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Sign up for another shift: <link>"
    And Ben gets the text "Sign up for another shift: <link>"
    And every link in the texts is another one

  @F1
  Scenario: Each of two organizations has its links at its own address
    Given the short links are answered at "https://go.example.org" and "https://north.example.org"
    And the flow
      """
      flow: north
      spec: 1
      links_url: https://north.example.org
      steps:
        - send: "See you there! All of it: ${link.form} Bye"
          links:
            form: {url: "${event.url}", track: mobilize}
      """
    And the automation
      """
      automation: North
      spec: 1
      trigger: mobilize.registers
      run: north
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the links in Ana's texts are at
      | https://go.example.org    |
      | https://north.example.org |
    And every link in Ana's texts leads to "Saturday Canvass"

  @F2
  Scenario: The redirect says where it came from, and nobody may keep it
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    Then the page that opens is "<form: Saturday Canvass>?utm_medium=sms&utm_content=<id>&utm_campaign=<id>"
    And no cache may keep the redirect
    And the id in the link is not the id in the page's address

  @F2
  Scenario: The address keeps its own query and fragment
    Given the flow
      """
      flow: donate
      spec: 1
      steps:
        - send: "Sign up: ${link.form}"
          links:
            form: {url: "https://events.example.org/event/50123/?lang=es&size=M%20L#sign-up", track: mobilize}
      """
    And the automation
      """
      automation: Invite
      spec: 1
      trigger: mobilize.registers
      run: donate
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    Then the page that opens is "https://events.example.org/event/50123/?lang=es&size=M%20L&utm_medium=sms&utm_content=<id>&utm_campaign=<id>#sign-up"

  @F3
  Scenario: Only what a person opens counts as a click
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And a link preview opens the link in Ana's text
    And a scanner opens the link in Ana's text
    And a prefetching browser opens the link in Ana's text
    And a HEAD request opens the link in Ana's text
    Then the report of the flow "invite" shows
      | click-through rate | 0% |
    When Ana taps the link
    And Ana taps the link
    Then the clicks are
      | person   | 2 |
      | preview  | 1 |
      | scanner  | 1 |
      | prefetch | 1 |
      | head     | 1 |
    And the report of the flow "invite" shows
      | recipients         | 1    |
      | click-through rate | 100% |

  @F3
  Scenario: Who opens everybody's link counts for nobody, until somebody signs up through theirs
    Given these people
      | name       | phone          |
      | Cleo Varga | (917) 555-0145 |
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And 1 minute passes
    And a gateway opens the link in Ana's text
    And a gateway opens the link in Ben's text
    And a gateway opens the link in Cleo's text
    Then the clicks are
      | unsure | 3 |
    And the report of the flow "invite" shows
      | click-through rate | 0% |
    When Ana submits the form "Saturday Canvass" through the link in Ana's text
    And 1 minute passes
    Then the clicks are
      | person | 2 |
      | unsure | 2 |

  @F3
  Scenario: Clicks can be classified again, and nothing is lost
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And a scanner opens the link in Ana's text
    And Ana taps the link
    And the clicks are classified again
    Then the clicks are
      | person  | 1 |
      | scanner | 1 |
    And counting everything again finds the same figures

  @F4
  Scenario: A submission that comes through the link is attributed exactly
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana submits the form "Saturday Canvass" through the link in Ana's text
    And 1 minute passes
    Then the submissions are attributed
      | exact | 1 |
    And the report of the flow "invite" shows
      | form submissions           | 1 exact, 0 estimated |
      | submission conversion rate | 100%                 |

  @F4
  Scenario: A submission after a click, without the link's id, is an estimate
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And 6 days pass
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the submissions are attributed
      | estimated | 1 |
    And the report of the flow "invite" shows
      | form submissions | 0 exact, 1 estimated |

  @F4
  Scenario: Seven days after the click it is nobody's doing any more
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And 8 days pass
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the report of the flow "invite" shows
      | form submissions | 0 exact, 0 estimated |

  @F4
  Scenario: A forwarded link counts for nobody, and is listed as shared
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ben submits the form "Saturday Canvass" through the link in Ana's text
    And 1 minute passes
    Then the submissions are attributed
      | shared | 1 |
    And the sign-ups through forwarded links are
      | form             | texted to | for    |
      | Saturday Canvass | Ana       | Invite |
    And the report of the flow "invite" shows
      | form submissions           | 0 exact, 0 estimated |
      | submission conversion rate | 0%                   |

  @F5
  Scenario: An unknown code gives a friendly page
    When somebody opens the short link "Zz9Zz9Zz9"
    Then a friendly page says "This link is not active"

  @F5
  Scenario: Nobody else can choose where a link leads
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And somebody opens the link in Ana's text with "?url=https://elsewhere.example.org/&to=//elsewhere.example.org" added
    Then the page that opens is "<form: Saturday Canvass>?utm_medium=sms&utm_content=<id>&utm_campaign=<id>"
