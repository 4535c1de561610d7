Feature: Every order of arrival ends in the same
  What happened to a purchase is one thing, and in which order Stripe's reports of it arrive is
  another. Whatever comes late, twice, together or between other purchases' events: in the end an
  order reads as the facts say. A failure is shown by the shortest order of arrival that has it.

  @CV-01 @MUST
  Rule: Every order of the facts of one payment ends in the state that the facts determine
    Source: docs.stripe.com/webhooks, event ordering and "Handle duplicate events".
    Prevents: what works in every order that somebody thought of fails in one that Stripe takes.

    Scenario Outline: <lifecycle>
      When every order of arrival is tried for <facts>
      Then each purchase ends as its facts say

      Examples: paid, or not
        | lifecycle                     | facts |
        | declined twice, paid, expired | a declined attempt, another declined attempt, the payment, the expiry |
        | declined, then paid late      | a declined attempt, the delayed payment's checkout, the delayed payment's success |
        | never paid                    | a declined attempt, the delayed payment's checkout, the delayed payment's failure |

      Examples: given back, or not
        | lifecycle                              | facts |
        | paid late, then refunded               | the delayed payment's checkout, the delayed payment's success, a full refund |
        | paid, then refunded                    | the payment, a full refund |
        | a refund that fails                    | the payment, a full refund, the refund's failure |
        | a refund that takes its time           | the payment, a pending refund, the refund's success |
        | refunded in part, twice                | the payment, a refund of 200, another refund of 400 |
        | refunded in two parts, disputed, won   | the payment, a refund of 300, another refund of 700, a dispute, the dispute's closing as won |

      Examples: disputed
        | lifecycle                            | facts |
        | refunded in part, disputed, lost     | the payment, a refund of 300, a dispute, the dispute's closing as lost |
        | an inquiry that becomes a dispute    | the payment, a dispute born warning_needs_response, the dispute's update to needs_response, the dispute's closing as lost |
        | an inquiry that comes to nothing     | the payment, a dispute born warning_needs_response, the dispute's closing as warning_closed |
        | a dispute that is under review       | the payment, a dispute, the dispute's update to under_review |

  @CV-02 @MUST
  Rule: Long lifecycles end in the state that the facts determine, in drawn orders and with answers lost
    Source: docs.stripe.com/webhooks, event ordering, duplicates and retries.
    Prevents: what was handled is handled again because Stripe never heard of it.

    Example: drawn orders
      When drawn orders of arrival are tried for long lifecycles, with answers lost
      Then each purchase ends as its facts say

  @CV-03 @MUST
  Rule: Purchases whose events arrive between one another do not mix
    Source: integrity of an order: each event is about one payment.
    Prevents: what one event left behind is taken by the next, which is about another purchase.

    Example: two or three at a time
      When the events of several purchases arrive between one another
      Then each purchase ends as its facts say

  @CV-04 @MUST
  Rule: A payment and its refund that arrive together end refunded
    Source: docs.stripe.com/webhooks, event ordering; docs.stripe.com/checkout/fulfillment: "possibly concurrently".
    Prevents: an order is read, changed and written back over what another worker wrote meanwhile.

    Example: round after round
      When a payment and its full refund arrive together, round after round
      Then each round ends right, with exactly one order

  @CV-05 @MUST
  Rule: A dispute's opening and its closing that arrive together end closed, in one order
    Source: docs.stripe.com/webhooks, event ordering.
    Prevents: an order is made or written anew by whoever comes, and two come at once.

    Scenario Outline: closed as <outcome>
      When a dispute's opening and its closing as <outcome> arrive together, round after round
      Then each round ends right, with exactly one order

      Examples:
        | outcome |
        | won     |
        | lost    |

  @CV-06 @MUST
  Rule: Different events that report one fact and arrive together take effect once
    Source: docs.stripe.com/checkout/fulfillment: "Perform fulfillment only once per payment", "possibly concurrently".
    Prevents: what was done is looked up under the event and not under the payment.

    Scenario Outline: <what>
      When <what> arrive together, round after round
      Then each round ends right, with exactly one order

      Examples:
        | what                                     |
        | two reports of one payment               |
        | copies of both reports of a refund of 600 |
