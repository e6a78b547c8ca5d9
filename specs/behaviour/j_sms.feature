Feature: The SMS channel
  Texts go out through a provider, at most once, never at night, and never to anybody who left.

  Background:
    Given these people
      | name       | phone          | zip   |
      | Ana Reyes  | (212) 555-0123 | 10001 |
      | Ben Okafor | (213) 555-0134 | 90012 |
    And Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"
    And the flow
      """
      flow: welcome
      spec: 1
      steps:
        - send: Hi ${member.first_name|there}! See you at ${event.title}.
      """
    And the automation
      """
      automation: Welcome
      spec: 1
      trigger: mobilize.registers
      run: welcome
      """

  @J1
  Scenario: A text is sent and its delivery is noted
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And the messages are
      | delivered | 1 |

  @J1
  Scenario Outline: Statuses may come wrong, twice, out of order or before the answer
    When the carrier does "<fault>" once
    And Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And the messages are
      | delivered | 1 |

    Examples:
      | fault                    |
      | callback_before_response |
      | duplicate_callbacks      |
      | reorder_callbacks        |
      | unknown_status           |
      | bad_signature            |

  @J1
  Scenario: A text that somebody else wrote in the carrier's name counts only when it is signed
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    And the carrier does "bad_signature" once
    And Ana replies "STOP"
    Then the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |

  @J1
  Scenario: What is signed with a shared key counts as well
    Given the carrier signs with a shared key
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    And Ana replies "STOP"
    Then the messages are
      | delivered | 1 |
    And the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |

  @J1
  Scenario: Before the carrier is ready nothing is lost
    When the carrier does "429" once
    And Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."

  @J1
  Scenario: A carrier that does not answer is left alone, tried with one text, and nothing is lost or doubled
    Given these people
      | name        | phone          | zip   |
      | Cleo Varga  | (917) 555-0145 | 10001 |
      | Dan Whitley | (646) 555-0156 | 10001 |
      | Eve Marsh   | (347) 555-0167 | 10001 |
    When the clock reaches 2026-05-04 13:00 in New York
    And the carrier does "html_502" 6 times
    And they all submit the form "Saturday Canvass"
    And 1 minute passes
    Then the status says that the carrier does not answer
    When 5 minutes pass
    Then the status says of the carrier nothing
    And Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And Ben gets the text "Hi Ben! See you at Saturday Canvass."
    And Cleo gets the text "Hi Cleo! See you at Saturday Canvass."
    And Dan gets the text "Hi Dan! See you at Saturday Canvass."
    And Eve gets the text "Hi Eve! See you at Saturday Canvass."
    And the messages are
      | delivered | 5 |

  @J1 @telnyx
  Scenario Outline: Another provider keeps the same promises
    When the carrier does "<fault>" once
    And Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And the messages are
      | delivered | 1 |
    When Ana replies "Stop."
    And Ana submits the form "Saturday Canvass"
    And 1 day passes
    Then Ana gets the text "You are unsubscribed and will get no more texts from us. Reply START to join again."
    And the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |

    Examples:
      | fault                      |
      | callback_before_response   |
      | duplicate_callbacks        |
      | unknown_status             |
      | bad_signature              |
      | 429                        |
      | drop_response_after_accept |

  @J2
  Scenario Outline: STOP in any spelling is heard before any flow, and confirmed once
    Given the carrier leaves STOP, START and HELP to us
    And the flow
      """
      flow: welcome
      spec: 1
      steps:
        - ask: coming
          text: Coming?
          replies:
            - else: Please say yes or no.
              retries: 5
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Coming?"
    When Ana replies "<word>"
    Then Ana gets the text "You are unsubscribed and will get no more texts from us. Reply START to join again."
    When Ana replies "<word>"
    Then Ana gets no text
    And the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |
      | unsubscribed | keyword |

    Examples:
      | word        |
      | STOP        |
      | stop        |
      | Stop.       |
      | "STOP"      |
      | STOPALL     |
      | unsubscribe |
      | Cancel      |
      | END         |
      | quit        |
      | Revoke      |
      | Opt out     |
      | S T O P     |

  @J2
  Scenario: What only comes close to STOP is left to a person, and texts wait for the answer
    Given the synced form "Sunday Phonebank"
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    When Ana replies "STPO"
    And Ana submits the form "Sunday Phonebank"
    And 1 hour passes
    Then Ana gets no text
    And the ledger of Ana's consent reads
      | subscribed | form |
    When Ana replies "Start"
    And 15 minutes pass
    Then Ana gets the text "Hi Ana! See you at Sunday Phonebank."

  @J2
  Scenario: What the carrier has confirmed is not confirmed again
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    And Ana replies "STOP"
    Then Ana gets the texts
      | Hi Ana! See you at Saturday Canvass.                                                                                                     |
      | You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe. |
    When 2 days pass
    Then Ana gets no text

  @J2
  Scenario: START brings somebody back, HELP answers
    Given the carrier leaves STOP, START and HELP to us
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    And Ana replies "help"
    And Ana replies "STOP"
    And Ana replies "start"
    Then Ana gets the texts
      | Hi Ana! See you at Saturday Canvass. |
      | You get texts about events you signed up for. Msg & data rates may apply. Reply STOP to unsubscribe. |
      | You are unsubscribed and will get no more texts from us. Reply START to join again. |
      | You are subscribed again. Reply HELP for help, STOP to unsubscribe. |
    And the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |
      | subscribed   | keyword |

  @J2
  Scenario: Who said STOP gets nothing that was waiting for the morning
    When the clock reaches 2026-05-04 22:00 in New York
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And Ana replies "STOP"
    And 1 day passes
    Then the messages are
      | suppressed | 1 |

  @J2
  Scenario Outline: A STOP that came while we were away is heard before the next text
    Given the synced form "Sunday Phonebank"
    And these people
      | name       | phone          | zip   |
      | Cleo Varga | (917) 555-0145 | 10001 |
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    When we are away for <time>, and Ana replies "Leave me alone!" in vain
    And Ana submits the form "Sunday Phonebank"
    And Cleo submits the form "Sunday Phonebank"
    And 5 minutes pass
    Then Ana gets the text "You are unsubscribed and will get no more texts from us. Reply START to join again."
    And Cleo gets the text "Hi Cleo! See you at Sunday Phonebank."
    And the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |

    Examples:
      | time     |
      | 1 minute |
      | 3 hours  |

  @J2 @telnyx
  Scenario Outline: Another provider tells of a STOP that came while we were away
    Given the synced form "Sunday Phonebank"
    And these people
      | name       | phone          | zip   |
      | Cleo Varga | (917) 555-0145 | 10001 |
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    When we are away for <time>, and Ana replies "Leave me alone!" in vain
    And Ana submits the form "Sunday Phonebank"
    And Cleo submits the form "Sunday Phonebank"
    And 5 minutes pass
    Then Ana gets the text "You are unsubscribed and will get no more texts from us. Reply START to join again."
    And Cleo gets the text "Hi Cleo! See you at Sunday Phonebank."
    And the ledger of Ana's consent reads
      | subscribed   | form    |
      | unsubscribed | keyword |

    Examples:
      | time     |
      | 1 minute |
      | 3 hours  |

  @J2 @telnyx
  Scenario: What was written so long ago that nobody knows the words any more may have been STOP
    Given the flow
      """
      flow: welcome
      spec: 1
      steps:
        - send: See you!
        - wait: 12d
        - send: How was it?
      """
    When Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "See you!"
    When we are away for 11 days, and Ana replies "I will be there" in vain
    And 26 hours pass
    Then Ana gets no text
    And the conversations that wait for a person are
      | Ana | doubtful | |
    When Ana replies "Start"
    And 1 hour passes
    Then Ana gets the text "How was it?"

  @J3
  Scenario: A text at night waits for the morning
    When the clock reaches 2026-05-04 20:30 in New York
    And Ana submits the form "Saturday Canvass"
    And the clock reaches 2026-05-05 08:59 in New York
    Then Ana gets no text
    When the clock reaches 2026-05-05 09:00 in New York
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."

  @J3
  Scenario: Nothing leaves so shortly before the night that it might arrive in it
    When the clock reaches 2026-05-04 19:51 in New York
    And Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets no text
    When the clock reaches 2026-05-05 09:00 in New York
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."

  @J3
  Scenario: The morning is the member's own
    When the clock reaches 2026-05-05 08:30 in Los Angeles
    And Ana submits the form "Saturday Canvass"
    And Ben submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And Ben gets no text
    When the clock reaches 2026-05-05 09:00 in Los Angeles
    Then Ben gets the text "Hi Ben! See you at Saturday Canvass."

  @J3
  Scenario: The zip code counts for more than the phone
    When the clock reaches 2026-05-04 19:30 in Los Angeles
    And Ana submits the form "Saturday Canvass" with
      | zip | 90012 |
    And 1 minute passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."

  @J3
  Scenario: Without a zip code the phone's prefix tells
    When the clock reaches 2026-05-05 08:30 in Los Angeles
    And Ben submits the form "Saturday Canvass" with
      | zip |  |
    And 1 minute passes
    Then Ben gets no text

  @J3
  Scenario: A flow may drop at night instead
    Given the flow
      """
      flow: welcome
      spec: 1
      quiet_hours: {from: "20:00", to: "09:00", then: drop}
      steps:
        - send: Doors open now!
      """
    When the clock reaches 2026-05-04 22:00 in New York
    And Ana submits the form "Saturday Canvass"
    And 1 day passes
    Then Ana gets no text
    And the messages are
      | suppressed | 1 |

  @J3
  Scenario: A flow texts nobody outside of the hours the law leaves
    Given the flow
      """
      flow: welcome
      spec: 1
      quiet_hours: {from: "23:30", to: "05:00", then: drop}
      steps:
        - send: Doors open now!
      """
    When the clock reaches 2026-05-04 21:30 in New York
    And Ana submits the form "Saturday Canvass"
    And the clock reaches 2026-05-05 07:59 in New York
    Then Ana gets no text
    When the clock reaches 2026-05-05 08:00 in New York
    Then Ana gets the text "Doors open now!"

  @J3
  Scenario: An answer to somebody who writes at night does not wait
    Given the flow
      """
      flow: welcome
      spec: 1
      steps:
        - ask: coming
          text: Coming?
          replies:
            - match: [yes]
              then: [{send: "Great, see you there!"}]
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And the clock reaches 2026-05-04 22:00 in New York
    And Ana replies "yes"
    Then Ana gets the texts
      | Coming?               |
      | Great, see you there! |

  @J4
  Scenario Outline: When the carrier's answer is lost, the text is looked up and not sent twice
    When the carrier does "<fault>" once
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    And 1 day passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And the messages are
      | delivered | 1 |

    Examples:
      | fault                      |
      | drop_response_after_accept |
      | error_500_after_accept     |
      | truncated                  |
      | error_500                  |
      | html_502                   |

  @J4
  Scenario: The same words reach a number once, whatever asked for them
    Given the synced form "Sunday Canvass"
    And the flow
      """
      flow: welcome
      spec: 1
      steps:
        - send: Thank you for signing up!
      """
    When Ana submits the form "Saturday Canvass"
    And Ana submits the form "Sunday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Thank you for signing up!"
    And the messages are
      | delivered  | 1 |
      | suppressed | 1 |

  @J5
  Scenario: A sender texts no faster than carriers take it
    Given these people
      | name       | phone          | zip   |
      | Cleo Varga | (917) 555-0145 | 10001 |
    And the sender may text 1 segments a minute, 1 at once
    When Ana submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And Cleo gets no text
    When 1 minute passes
    Then Cleo gets the text "Hi Cleo! See you at Saturday Canvass."

  @J5
  Scenario: A long text takes as long as the segments it is billed as
    Given these people
      | name       | phone          | zip   |
      | Cleo Varga | (917) 555-0145 | 10001 |
    And the sender may text 1 segments a minute, 2 at once
    And the flow
      """
      flow: welcome
      spec: 1
      steps:
        - send: >-
            Thank you for coming along on Saturday! We meet at the old town hall, right behind the library, a quarter of
            an hour before we set out. Bring water, good shoes and a friend or two if you can.
      """
    When Ana submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Thank you for coming along on Saturday! We meet at the old town hall, right behind the library, a quarter of an hour before we set out. Bring water, good shoes and a friend or two if you can."
    When 1 minute passes
    Then Cleo gets no text
    When 1 minute passes
    Then Cleo gets the text "Thank you for coming along on Saturday! We meet at the old town hall, right behind the library, a quarter of an hour before we set out. Bring water, good shoes and a friend or two if you can."

  @J5
  Scenario: Answers go before what else waits
    Given these people
      | name        | phone          | zip   |
      | Cleo Varga  | (917) 555-0145 | 10001 |
      | Dan Whitley | (646) 555-0156 | 10001 |
    And the sender may text 1 segments a minute, 1 at once
    And the flow
      """
      flow: welcome
      spec: 1
      steps:
        - ask: coming
          text: Coming?
          replies:
            - match: [yes]
              then: [{send: "Great, see you there!"}]
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Coming?"
    When Cleo submits the form "Saturday Canvass"
    And Dan submits the form "Saturday Canvass"
    And 1 minute passes
    Then Cleo gets the text "Coming?"
    When Ana replies "yes"
    And 1 minute passes
    Then Ana gets the text "Great, see you there!"
    And Dan gets no text
    When 1 minute passes
    Then Dan gets the text "Coming?"

  @J5
  Scenario: A broadcast waits for the flows, and uses up no more than its share of the day
    Given these people
      | name        | phone          | zip   |
      | Cleo Varga  | (917) 555-0145 | 10001 |
      | Dan Whitley | (646) 555-0156 | 10001 |
    And the members Cleo and Dan are in the group "June"
    And the carriers take 2 segments a day
    When the operator sends the broadcast
      """
      broadcast: June news
      to: [June]
      send: "News!"
      """
    And 1 minute passes
    Then Cleo gets the text "News!"
    And Dan gets no text
    When the clock reaches 2026-05-05 08:59 in New York
    Then Dan gets no text
    When the clock reaches 2026-05-05 09:00 in New York
    Then Dan gets the text "News!"

  @J5
  Scenario: A carrier that has too much is left alone for a while, and nothing is lost
    Given these people
      | name       | phone          | zip   |
      | Cleo Varga | (917) 555-0145 | 10001 |
    When the carrier does "429" once
    And Ana submits the form "Saturday Canvass"
    And Cleo submits the form "Saturday Canvass"
    And 5 minutes pass
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And Cleo gets the text "Hi Cleo! See you at Saturday Canvass."

  @J5
  Scenario: Nobody is texted more often than the operator allows
    Given a member gets at most 1 texts a day
    And the flow
      """
      flow: welcome
      spec: 1
      steps:
        - send: One
        - send: Two
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "One"
    When 2 days pass
    Then Ana gets no text
    And the messages are
      | delivered | 1 |
      | expired   | 1 |

  @J5
  Scenario: A carrier that does not accept the key stops the channel until a person connects it again
    Given these people
      | name       | phone          | zip   |
      | Cleo Varga | (917) 555-0145 | 10001 |
    When the carrier does "401" once
    And Ana submits the form "Saturday Canvass"
    And 5 minutes pass
    And Cleo submits the form "Saturday Canvass"
    And 1 hour passes
    Then Ana gets no text
    And Cleo gets no text
    And the messages are
      | ready | 2 |
    And the operator who asks about Ana reads
      | has stopped |
    When the operator connects the carrier again
    And 1 minute passes
    Then Ana gets the text "Hi Ana! See you at Saturday Canvass."
    And Cleo gets the text "Hi Cleo! See you at Saturday Canvass."
    And the messages are
      | delivered | 2 |

  @J5
  Scenario: When carriers filter too many texts all but answers stop until a person has looked
    Given the carrier leaves STOP, START and HELP to us
    And the sender may text 2 segments a minute, 10 at once
    And these people
      | name       | phone          | zip   |
      | Cleo Varga | (917) 555-0145 | 10001 |
      | Dan Ito    | (917) 555-0146 | 10001 |
      | Eve Moss   | (917) 555-0147 | 10001 |
      | Finn Hale  | (917) 555-0148 | 10001 |
      | Gus Lind   | (917) 555-0149 | 10001 |
      | Hana Roth  | (917) 555-0150 | 10001 |
      | Ida Voss   | (917) 555-0151 | 10001 |
      | Jon Pike   | (917) 555-0152 | 10001 |
      | Kim Snow   | (917) 555-0153 | 10001 |
      | Lea Dorn   | (917) 555-0154 | 10001 |
    And the synced form "Canvass, claim your prize"
    When the clock reaches 2026-05-04 13:00 in New York
    And they all submit the form "Canvass, claim your prize"
    And 1 hour passes
    Then the messages are
      | ready       | 2  |
      | undelivered | 10 |
    And the status says of the carrier "carriers filter too many texts"
    And the operator who asks about Lea reads
      | carriers filter too many texts |
    When Ana replies "HELP"
    Then Ana gets the texts
      | Hi Ana! See you at Canvass, claim your prize.                                                        |
      | You get texts about events you signed up for. Msg & data rates may apply. Reply STOP to unsubscribe. |
    When the operator lets texts go out again
    And 1 hour passes
    Then the messages are
      | delivered   | 1  |
      | undelivered | 12 |
    And the status says of the carrier nothing
