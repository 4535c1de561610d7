Feature: Events converge in whatever order they arrive
  "Stripe doesn't guarantee the delivery of events in the order that they're generated." What an
  order ends as must follow from what happened, and not from what arrived last.

  @OO-01 @MUST
  Rule: A refund delivered before its checkout is completed ends in the refunded state
    Source: docs.stripe.com/webhooks, event ordering.
    Prevents: an update that finds no order is acknowledged and forgotten.

    Example: the whole refund first
      Given the payment happened
      When a full refund is delivered
      And the payment is delivered
      Then the order is refunded

    Example: the refund between the payment's events
      Given the payment happened
      When the payment's charge.succeeded is delivered
      And a full refund is delivered
      And the payment is delivered
      Then the order is refunded

  @OO-02 @MUST
  Rule: A dispute delivered before its checkout is completed ends in its state
    Source: docs.stripe.com/webhooks, event ordering.
    Prevents: an update that finds no order is acknowledged and forgotten.

    Example: an open dispute first
      Given the payment happened
      When a dispute is delivered
      And the payment is delivered
      Then the order is disputed

  @OO-03 @MUST
  Rule: A late, unpaid completion does not turn a paid order unpaid
    Source: docs.stripe.com/webhooks, event ordering; docs.stripe.com/checkout/fulfillment.
    Prevents: the status is what the last event said.

    Example: the delayed payment's success first
      Given the delayed payment's checkout happened
      When the delayed payment's success is delivered
      And the delayed payment's checkout is delivered
      Then the order is paid

  @OO-04 @MUST
  Rule: A declined attempt that is reported after payment does not un-pay the order
    Source: docs.stripe.com/payments/paymentintents/lifecycle: a failed attempt can be retried.
    Prevents: a failure sets the status unconditionally.

    Example: declined, reported late
      Given a declined attempt happened
      And the payment made the order paid
      When a declined attempt is delivered
      Then the order is paid

    Example: declined, reported after the refund
      Given a declined attempt happened
      And the payment made the order paid
      And a full refund made the order refunded
      When a declined attempt is delivered
      Then the order is refunded

  @OO-05 @MUST
  Rule: A completion that arrives again does not reset a refunded or disputed order
    Source: docs.stripe.com/webhooks, "Handle duplicate events" and event ordering.
    Prevents: an insert-or-update that writes "paid" over whatever is there.

    Scenario Outline: refunded, then <how>
      Given the payment made the order paid
      And a full refund made the order refunded
      When the payment is delivered again <how>
      Then the order is refunded

      Examples:
        | how             |
        | unchanged       |
        | as other events |

    Scenario Outline: disputed, then <how>
      Given the payment made the order paid
      And a dispute made the order disputed
      When the payment is delivered again <how>
      Then the order is disputed

      Examples:
        | how             |
        | unchanged       |
        | as other events |

  @OO-06 @MUST
  Rule: Cumulative refund snapshots that arrive in reverse end at the largest
    Source: docs.stripe.com/api/charges/object, amount_refunded: it is cumulative.
    Prevents: the amount that was read last counts.

    Example: the whole, then the half
      Given the payment made the order paid
      And a refund of 500 happened
      And another refund of 500 happened
      When another refund of 500 is delivered
      And a refund of 500 is delivered
      Then the order is refunded

    Example: 500, then 300, by amount
      Given the payment made the order paid
      And a refund of 300 happened
      And a refund of 200 happened
      When a refund of 200 is delivered
      And a refund of 300 is delivered
      Then the order shows 500 thousandths of it refunded

  @OO-07 @MUST
  Rule: A closed dispute stays closed when earlier news of it arrive late
    Source: docs.stripe.com/webhooks, event ordering.
    Prevents: a late opening or update reopens the dispute.

    Scenario Outline: closed as <outcome>, then the opening
      Given the payment made the order paid
      And a dispute happened
      And the dispute's closing as <outcome> happened
      When the dispute's closing as <outcome> is delivered
      And a dispute is delivered
      Then the order is <state>

      Examples:
        | outcome | state                     |
        | won     | neither disputed nor lost |
        | lost    | lost                      |

    Scenario Outline: closed as <outcome>, then an update to <status>
      Given the payment made the order paid
      And a dispute made the order disputed
      And the dispute's update to <status> happened
      And the dispute's closing as <outcome> happened
      When the dispute's closing as <outcome> is delivered
      And the dispute's update to <status> is delivered
      Then the order is <state>

      Examples:
        | outcome | status         | state                     |
        | won     | needs_response | neither disputed nor lost |
        | won     | under_review   | neither disputed nor lost |
        | lost    | needs_response | lost                      |
        | lost    | under_review   | lost                      |

    Scenario Outline: closed as <outcome>, then the opening, then its review
      Given the payment made the order paid
      And a dispute happened
      And the dispute's update to under_review happened
      And the dispute's closing as <outcome> happened
      When the dispute's closing as <outcome> is delivered
      And a dispute is delivered
      And the dispute's update to under_review is delivered
      Then the order is <state>

      Examples:
        | outcome | state                     |
        | won     | neither disputed nor lost |
        | lost    | lost                      |

  @OO-09 @MUST
  Rule: A refund whose failure arrives before its creation ends as failed
    Source: docs.stripe.com/webhooks, event ordering; docs.stripe.com/refunds, failed refunds.
    Prevents: a creation is taken as news whatever is known already.

    Example: failed, then created as pending
      Given the payment made the order paid
      And a pending refund happened
      And the refund's failure happened
      When the refund's failure is delivered
      And the refund's refund.created is delivered
      Then the order is not refunded

    Example: failed, then created as succeeded
      Given the payment made the order paid
      And a full refund happened
      And the refund's failure happened
      When the refund's failure is delivered
      And the refund's refund.created is delivered
      Then the order is not refunded

  @OO-10 @MUST
  Rule: What an order ends as does not depend on when events were created
    Source: docs.stripe.com/webhooks: "Don't use created to determine event order".
    Prevents: an event is skipped because another one seems to be newer.

    Scenario Outline: created <when>: a late, unpaid completion
      Given its events were created <when>
      And the delayed payment's checkout happened
      When the delayed payment's success is delivered
      And the delayed payment's checkout is delivered
      Then the order is paid

      Examples:
        | when                          |
        | in the same second            |
        | in the reverse of their order |

    Scenario Outline: created <when>: a declined attempt
      Given its events were created <when>
      And a declined attempt happened
      And the payment made the order paid
      When a declined attempt is delivered
      Then the order is paid

      Examples:
        | when                          |
        | in the same second            |
        | in the reverse of their order |

    Scenario Outline: created <when>: a dispute's opening after its end
      Given a dispute makes another order disputed
      And its events were created <when>
      And the payment made the order paid
      And a dispute happened
      And the dispute's closing as lost happened
      When the dispute's closing as lost is delivered
      And a dispute is delivered
      Then the order is lost

      Examples:
        | when                          |
        | in the same second            |
        | in the reverse of their order |

    Scenario Outline: created <when>: a refund after its payment
      Given a full refund makes another order refunded
      And its events were created <when>
      And the payment made the order paid
      When a full refund is delivered
      Then the order is refunded

      Examples:
        | when                          |
        | in the same second            |
        | in the reverse of their order |

  @OO-11 @MUST
  Rule: An event about a payment that no order knows changes no order
    Source: accounts carry payments that did not come through this shop's Checkout.
    Prevents: an order is guessed by customer, e-mail or amount.

    Example: the refund of a stranger
      Given the payment made the order paid
      When a refund of a payment that no order knows reaches the endpoint
      Then it has no effect
