Feature: Flows and bot actions
  A flow is a tree of bot actions, played for one member at a time.

  Background:
    Given these people
      | name        | phone          |
      | Ana Reyes   | (212) 555-0123 |
      | Ben Okafor  | 646-555-0134   |
      | Cleo Varga  | (917) 555-0145 |
      | Dan Whitley | (718) 555-0156 |
    And Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"

  @E1
  Scenario: Send, ask, wait, branch, set, groups and stop
    Given the flow
      """
      flow: shift
      spec: 1
      steps:
        - send: Welcome, ${member.first_name|friend}!
        - add_to_groups: [Asked]
        - ask: coming
          text: Can you make it to ${event.title}? YES or NO
          replies:
            - match: [yes, y, yep]
              then:
                - set: {rsvp: confirmed}
            - match: [no, n]
              then:
                - set: {rsvp: declined}
            - else: Sorry, I didn't get that. YES or NO?
              retries: 1
              then: [{add_to_groups: [Needs a call]}]
          no_reply: {after: 12h, then: [{add_to_groups: [Silent]}]}
        - remove_from_groups: [Asked]
        - wait: {until: event.start - duration("20h")}
        - branch:
            - if: member.rsvp == "confirmed"
              then: [{send: See you tomorrow!}]
            - else: [{stop: }]
        - send: Bring water.
      """
    And the automation
      """
      automation: Shift
      spec: 1
      trigger: mobilize.registers
      run: shift
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And Dan submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the texts
      | Welcome, Ana!                                  |
      | Can you make it to Saturday Canvass? YES or NO |
    And the group "Asked" holds Ana, Ben, Cleo and Dan
    When Ana replies "Yes!!"
    And Ben replies "n"
    And Cleo replies "what?"
    Then Ana gets no text
    And Cleo gets the texts
      | Welcome, Cleo!                                 |
      | Can you make it to Saturday Canvass? YES or NO |
      | Sorry, I didn't get that. YES or NO?           |
    When Cleo replies "who is this"
    Then the group "Needs a call" holds Cleo
    And the group "Asked" holds Dan
    When 1 day passes
    Then the group "Silent" holds Dan
    And the group "Asked" holds nobody
    And the member Ana has
      | rsvp | confirmed |
    And the member Ben has
      | rsvp | declined |
    When the clock reaches 2026-05-08 15:00 in New York
    Then Ana gets the texts
      | See you tomorrow! |
      | Bring water.      |
    And Ben gets the texts
      | Welcome, Ben!                                  |
      | Can you make it to Saturday Canvass? YES or NO |
    And Cleo gets no text

  @E1
  Scenario: A reminder follows an event that is moved
    Given the flow
      """
      flow: reminder
      spec: 1
      steps:
        - wait: {until: event.start - duration("1h")}
        - send: See you at ${event.start|time}!
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
    And the form "Saturday Canvass" is moved to 2026-05-10 12:00 in New York in Mobilize
    And the clock reaches 2026-05-10 10:50 in New York
    Then Ana gets no text
    When the clock reaches 2026-05-10 11:00 in New York
    Then Ana gets the text "See you at 12:00 PM!"
    And the triggers fired are
      | mobilize.registers | 1 |

  @E3
  Scenario: An old version is restored as a new one
    Given the flow
      """
      flow: reminder
      spec: 1
      steps:
        - send: The first wording.
      """
    And the automation
      """
      automation: Remind
      spec: 1
      trigger: mobilize.registers
      run: reminder
      """
    When the operator publishes the flow
      """
      flow: reminder
      spec: 1
      steps:
        - send: The second wording.
      """
    And the operator restores version 1 of the flow "reminder"
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "The first wording."
    And the versions of the flow "reminder" are
      | 3 | live | 1 |
      | 2 |      | 0 |
      | 1 |      | 0 |

  @E5
  Scenario: What happened to a person in a flow can be read afterwards
    Given the flow
      """
      flow: shift
      spec: 1
      steps:
        - ask: coming
          text: "Coming? More: ${link.form} YES or NO"
          links: {form: {url: "${event.url}", track: mobilize}}
          replies:
            - match: [yes]
              then: [{set: {rsvp: confirmed}}]
          nudges:
            - {nudge: no_link_click, link: form, after: 2h, text: "See ${link.form} first."}
      """
    And the automation
      """
      automation: Shift
      spec: 1
      trigger: mobilize.registers
      run: shift
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana taps the link
    And 3 hours pass
    And Ana replies "Yes!"
    Then the trace of Ana's run reads
      | wait   | 0                  | action: ask                                             |
      | text   | 0                  | state: delivered                                        |
      | nudge  | 0                  | nudge: no_link_click, outcome: skipped, reason: clicked |
      | reply  | 0                  | exit: replies.0.then, why: matched 'yes'                |
      | action | 0.replies.0.then.0 | member.rsvp: confirmed                                  |
      | end    |                    | reason: finished                                        |

  @E3
  Scenario: A run stays on the version it started on
    Given the flow
      """
      flow: reminder
      spec: 1
      steps:
        - wait: 2h
        - send: The first wording.
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
    And the operator publishes the flow
      """
      flow: reminder
      spec: 1
      steps:
        - wait: 2h
        - send: The second wording.
      """
    And Ben submits the form "Saturday Canvass"
    And 3 hours pass
    Then Ana gets the text "The first wording."
    And Ben gets the text "The second wording."

  @E1
  Scenario: A split sends each member one way, and the way is kept
    Given the flow
      """
      flow: tones
      spec: 1
      steps:
        - split: tone
          arms:
            warm: {weight: 1, then: [{send: "So glad you're in!"}]}
            short: {weight: 0, then: [{send: You are in.}]}
        - send: See you.
      """
    And the automation
      """
      automation: Tones
      spec: 1
      trigger: mobilize.registers
      run: tones
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the texts
      | So glad you're in! |
      | See you.           |
    And the arms taken at "tone" are
      | warm | 1 |

  @E1
  Scenario: A flow starts another one, and goes back to a step of its own
    Given the flow
      """
      flow: ladder
      spec: 1
      steps:
        - send: Want to host an event?
      """
    And the flow
      """
      flow: size
      spec: 1
      steps:
        - ask: size
          text: S, M or L?
          replies:
            - match: [s, m, l]
            - else: Let's try again.
              retries: 0
              then: [{goto: size}]
        - start_flow: ladder
      """
    And the automation
      """
      automation: Size
      spec: 1
      trigger: mobilize.registers
      run: size
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana replies "XXL"
    And Ana replies "L"
    Then Ana gets the texts
      | S, M or L?             |
      | S, M or L?             |
      | Want to host an event? |

  @E1 @H6
  Scenario: A handoff leaves the conversation to a person and cancels the nudges
    Given the flow
      """
      flow: checkin
      spec: 1
      steps:
        - ask: fine
          text: Is everything fine?
          replies:
            - match: [great]
            - else: Sorry?
              retries: 0
              then: [{handoff: inbox, note: "${member.first_name|Somebody} needs help"}]
          nudges:
            - {nudge: no_reply, after: 1d, text: "Still there?"}
      """
    And the automation
      """
      automation: Check in
      spec: 1
      trigger: mobilize.registers
      run: checkin
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana replies "not at all"
    And Ana replies "hello?"
    And 2 days pass
    Then Ana gets the text "Is everything fine?"
    And the conversations that wait for a person are
      | Ana | handoff | Ana needs help |
    And the nudges are
      | cancelled | 1 |

  @E1
  Scenario: A flow can unsubscribe, as STOP does
    Given the flow
      """
      flow: more
      spec: 1
      steps:
        - ask: more
          text: May we text you again?
          replies:
            - match: ["no"]
              then: [{opt_out: }]
          nudges:
            - {nudge: no_reply, after: 1d, text: "May we?"}
      """
    And the automation
      """
      automation: More
      spec: 1
      trigger: mobilize.registers
      run: more
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana replies "No"
    And 2 days pass
    Then Ana gets the texts
      | May we text you again?                                                               |
      | You are unsubscribed and will get no more texts from us. Reply START to join again. |
    And the ledger of Ana's consent reads
      | subscribed   | form |
      | unsubscribed | flow |
    And the nudges are
      | cancelled | 1 |

  @E1
  Scenario: A reply that no flow waits for is for a person
    Given the flow
      """
      flow: hello
      spec: 1
      steps:
        - send: Hello!
      """
    And the automation
      """
      automation: Hello
      spec: 1
      trigger: mobilize.registers
      run: hello
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana replies "who is this?"
    Then Ana gets the text "Hello!"
    And the conversations that wait for a person are
      | Ana | reply |  |

  @E1
  Scenario: A webhook calls another server, and the answer is used in the flow
    Given a server that answers 200 with {"person": {"number": "A-7"}}
    And the flow
      """
      flow: lookup
      spec: 1
      steps:
        - webhook: <the server>/people
          body: {name: "${member.first_name|}"}
          set: {volunteer_number: person.number}
          then: [{send: "Your number is ${member.volunteer_number|unknown}."}]
          failed: [{send: We could not look you up.}]
      """
    And the automation
      """
      automation: Look up
      spec: 1
      trigger: mobilize.registers
      run: lookup
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Your number is A-7."
    And the server was asked 1 time
    When the server answers 503 from now on
    And Ben submits the form "Saturday Canvass"
    And 2 minutes pass
    Then Ben gets no text
    When the server answers 200 from now on
    And 10 minutes pass
    Then Ben gets the text "Your number is A-7."
    When the server answers 404 from now on
    And Cleo submits the form "Saturday Canvass"
    And 1 minute passes
    Then Cleo gets the text "We could not look you up."

  @E1
  Scenario: A webhook shows a key that stands in no file
    Given a server that answers 200 with {}
    And the secret "CRM_KEY" is "k-77"
    And the flow
      """
      flow: tell
      spec: 1
      steps:
        - webhook: <the server>/people
          headers: {Authorization: "Bearer ${secret.CRM_KEY}"}
          then: [{send: We have told them.}]
      """
    And the automation
      """
      automation: Tell
      spec: 1
      trigger: mobilize.registers
      run: tell
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the server was shown "Bearer k-77"
    And Ana gets the text "We have told them."

  @E1 @H1
  Scenario: A plugin brings a bot action and a nudge type that the core never heard of
    Given the flow
      """
      flow: thanks
      spec: 1
      steps:
        - kudos.thank: 2
          nudges:
            - {nudge: kudos.unmoved, after: 1d, text: "Still with us?"}
        - kudos.thank:
          many: [{send: You are a star.}]
      """
    And the automation
      """
      automation: Thanks
      spec: 1
      trigger: mobilize.registers
      run: thanks
      """
    When Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    And Ben replies "You are welcome"
    And 1 day passes
    Then Ana gets the texts
      | Thank you! Thank you! |
      | Thank you!            |
      | You are a star.       |
      | Still with us?        |
    And Ben gets the texts
      | Thank you! Thank you! |
      | Thank you!            |
      | You are a star.       |
    And the nudges are
      | sent           | 1 |
      | skipped: moved | 1 |

  @E2
  Scenario: Lint says what is wrong, where, and what was probably meant
    Given the file "hello.yaml"
      """
      flow: hello
      spec: 1
      steps:
        - sedn: Hello!
        - send: "Hi ${member.first_name|there}, ${event.tilte} is on ${event.start|day_tme}. ${link.form} See you."
        - add_to_groups: [A]
          grops: [B]
      """
    Then lint of "hello.yaml" says
      | 4:5  | F010 | there is no bot action 'sedn' (did you mean 'send'?)             |
      | 5:11 | F021 | 'event.tilte' is unknown here (did you mean 'event.title'?)      |
      | 5:11 | F022 | there is no format 'day_tme' (did you mean 'day_time'?)          |
      | 5:11 | F024 | the link 'form' is not declared under 'links' of this step       |
      | 7:5  | F012 | unknown key 'grops' (known: add_to_groups)                       |
    And an editor with the schema underlines "hello.yaml"

  @E2
  Scenario: Lint warns of what costs more, works worse or is never heard
    Given the file "dear.yaml"
      """
      flow: dear
      spec: 1
      steps:
        - send: “Hello” ${member.fist_name|there}, sign up at https://bit.ly/abc
        - ask: coming
          text: "YES or CANCEL? ${link.form}"
          links: {form: {url: "${event.url}", track: mobilize}}
          replies:
            - match: [cancel]
              then: [{stop: }, {send: Bye}]
      """
    Then lint of "dear.yaml" says
      | 4:11  | F104 | '“' (U+201C) makes every segment hold 70 characters instead of 160; write '"' instead               |
      | 4:11  | F105 | carriers block texts with bit.ly; put the whole URL under 'links'                                   |
      | 4:11  | F107 | nothing gives 'member.fist_name' a value here (did you mean 'member.first_name'?)                   |
      | 6:11  | F106 | the text ends with a link; put a few words behind it, or phones may spoil it                        |
      | 9:17  | F108 | to SMS (Twilio) and SMS (Telnyx), 'cancel' means STOP before any flow hears it; choose another word |
      | 10:26 | F102 | this step is never reached: nothing leads to it                                                     |
    And an editor with the schema is content with "dear.yaml"

  @E4
  Scenario: A flow is rehearsed on a virtual clock, and nobody is texted
    Given the flow
      """
      flow: invite
      spec: 1
      steps:
        - send: "Another shift, ${member.first_name|friend}? ${link.form} STOP to leave."
          links: {form: {url: "${event.url}", track: mobilize}}
          nudges:
            - nudge: mobilize.link_clicked_no_submission
              link: form
              after: 3d
              text: You opened the form but didn't finish. ${link.form} It takes a minute.
        - ask: ride
          text: Need a ride? YES or NO
          replies: [{match: [yes], then: [{add_to_groups: [Needs a ride]}]}]
      """
    Then the tests of the flow hold
      """
      flow: invite
      tests:
        - test: clicks, replies, waits
          member: {first_name: Ana}
          script:
            - expect: Another shift, Ana? <form>*
            - expect: Need a ride? YES or NO
            - click: form
            - reply: Yes!
            - state: {groups: [Needs a ride]}
            - wait: 3d
            - expect: You opened the form*
        - test: submits
          script:
            - expect: Another shift, friend?*
            - expect: Need a ride?*
            - submit: form
            - quiet: 7d
      """
    And Ana gets no text
