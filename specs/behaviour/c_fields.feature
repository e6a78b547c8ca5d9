Feature: Fields
  What people write into a form reaches their member through a mapping, each field in its own sync mode.

  Background:
    Given these people
      | name      | phone          | email           | zip   |
      | Ana Reyes | (212) 555-0123 | ana@example.org | 10001 |
    And Mobilize and the carrier are connected
    And the synced form "Saturday Canvass"

  @C1
  Scenario: First name, last name, email and zip code are mapped from the start
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the member Ana has
      | first name | Ana             |
      | last name  | Reyes           |
      | email      | ana@example.org |
      | zip        | 10001           |

  @C2
  Scenario: Populate writes only what is empty
    Given Ana is a member with
      | first name | Anita |
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the member Ana has
      | first name | Anita |
      | last name  | Reyes |

  @C2
  Scenario: Overwrite takes what Mobilize says, and never an empty value
    Given Ana is a member with
      | email | old@example.org |
      | zip   | 11201           |
    When the operator sets the field "Email" to overwrite
    And the operator sets the field "Zip code" to overwrite
    And Ana submits the form "Saturday Canvass" with
      | zip |  |
    And 1 minute passes
    Then the member Ana has
      | email | ana@example.org |
      | zip   | 11201           |

  @C2
  Scenario: Ignore leaves the field alone
    When the operator sets the field "Email" to ignore
    And Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then the member Ana has
      | first name | Ana |
      | email      |     |

  @C3
  Scenario: A test submission makes a custom field appear, and then it can be mapped
    When Ana submits the form "Saturday Canvass" with
      | T-shirt size | M |
    And 1 minute passes
    Then the additional mappings offer "T-shirt size"
    When the operator maps the custom field "T-shirt size" to "shirt"
    And Ana submits the form "Saturday Canvass" with
      | T-shirt size | L |
    And 1 minute passes
    Then the member Ana has
      | shirt | L |

  @C4
  Scenario: Several custom fields may go to one member field, and the last one wins
    When Ana submits the form "Saturday Canvass" with
      | T-shirt size | M |
      | Shirt        | S |
    And 1 minute passes
    And the operator maps the custom field "T-shirt size" to "shirt"
    And the operator maps the custom field "Shirt" to "shirt"
    And Ana submits the form "Saturday Canvass" with
      | T-shirt size | L |
    And 1 minute passes
    Then the member Ana has
      | shirt | L |
    When Ana submits the form "Saturday Canvass" with
      | Shirt | XL |
    And 1 minute passes
    Then the member Ana has
      | shirt | XL |

  @C4
  Scenario: What happens to an older sign-up does not bring its answer back
    Given the synced form "Sunday Phonebank"
    When Ana submits the form "Saturday Canvass" with
      | T-shirt size | M |
    And 1 minute passes
    And the operator maps the custom field "T-shirt size" to "shirt"
    And Ana confirms "Saturday Canvass"
    And 1 minute passes
    Then the member Ana has
      | shirt | M |
    When Ana submits the form "Sunday Phonebank" with
      | T-shirt size | L |
    And 1 minute passes
    And Ana attends "Saturday Canvass"
    And 1 minute passes
    Then the member Ana has
      | shirt | L |

  @C4
  Scenario: A custom field may not go where a default mapping goes
    When Ana submits the form "Saturday Canvass" with
      | Nickname | Annie |
    And 1 minute passes
    And the operator maps the custom field "Nickname" to "first_name"
    Then the operator is told "'Nickname' cannot go to first_name: the default mapping 'First name' uses it"

  @C5
  Scenario: A value that does not fit its field is kept out, and the rest of the sign-up counts
    Given the member field "age" takes a number
    And the member field "size" takes one of: S, M, L
    When Ana submits the form "Saturday Canvass" with
      | How old are you? | 41   |
      | T-shirt size     | huge |
    And 1 minute passes
    And the operator maps the custom field "How old are you?" to "age"
    And the operator maps the custom field "T-shirt size" to "size"
    And Ana submits the form "Saturday Canvass" with
      | How old are you? | 41   |
      | T-shirt size     | huge |
    And 1 minute passes
    Then the member Ana has
      | first name | Ana |
      | age        | 41  |
      | size       |     |
    And no submission is ignored
    And the last sign-up says "size takes one of: S, M, L"

  @C5
  Scenario: What a field holds has its type in conditions
    Given the member field "age" takes a number
    And Ana is a member with
      | age | 41 |
    And the flow
      """
      flow: grown_up
      steps:
        - branch:
            - if: member.age >= 18
              then: [{send: "Bring your ID."}]
            - else: [{send: "Bring a grown-up."}]
      """
    And the automation
      """
      automation: Ask for papers
      trigger: mobilize.registers
      form: any
      run: grown_up
      """
    When Ana submits the form "Saturday Canvass"
    And 1 minute passes
    Then Ana gets the text "Bring your ID."
