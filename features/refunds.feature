Feature: Refunds are counted once and in full
  A refund that is lost lets a customer keep both; a refund counted twice charges him for nothing.

  @RF-01 @MUST
  Rule: A full refund makes the order refunded
    Source: docs.stripe.com/api/charges/object, amount_refunded and refunded.
    Prevents: refunds are not handled, or no order is found for them.

    Example: all of it
      Given the payment made the order paid
      When a full refund is delivered
      Then the order is refunded

  @RF-02 @MUST
  Rule: A partial refund does not make the order refunded
    Source: docs.stripe.com/api/events/types, charge.refunded: "including partial refunds".
    Prevents: every charge.refunded is a full refund.

    Example: 300 of 1000
      Given the payment made the order paid
      When a refund of 300 is delivered
      Then the order is not refunded

  @RF-03 @MUST
  Rule: Partial refunds that follow one another are not counted twice
    Source: docs.stripe.com/api/charges/object, amount_refunded: it is cumulative.
    Prevents: the snapshots of the charge are added up.

    Example: snapshots of 300 and 800 stay partial
      Given the payment made the order paid
      And a refund of 300 has settled
      When a refund of 500 is delivered
      Then the order is not refunded

    Example: 300 and 200 are 500, by amount
      Given the payment made the order paid
      And a refund of 300 has settled
      When a refund of 200 is delivered
      Then the order shows 500 thousandths of it refunded

  @RF-04 @MUST
  Rule: Partial refunds that add up to the whole make the order refunded
    Source: docs.stripe.com/api/charges/object, refunded.
    Prevents: the amount of one refund is compared with the total.

    Example: 300 and 700 of 1000
      Given the payment made the order paid
      And a refund of 300 has settled
      When a refund of 700 is delivered
      Then the order is refunded

  @RF-05 @MUST
  Rule: One refund that several event types report counts once
    Source: docs.stripe.com/refunds; docs.stripe.com/changelog/acacia/2024-10-28/refund-webhook-update.
    Prevents: charge.refunded and refund.created are both added.

    Example: 600 of 1000, reported by every type
      Given the payment made the order paid
      When a refund of 600 is delivered
      Then the order is not refunded

    Scenario Outline: 600 of 1000, reported again <how>
      Given the payment made the order paid
      And a refund of 600 has settled
      When a refund of 600 is delivered again <how>
      Then the order is not refunded

      Examples:
        | how             |
        | unchanged       |
        | as other events |

    Example: 300 of 1000 reported twice, by amount
      Given the payment made the order paid
      And a refund of 300 has settled
      When a refund of 300 is delivered again as other events
      Then the order shows 300 thousandths of it refunded

  @RF-06 @MUST
  Rule: A refund finds its order through the payment intent or the charge
    Source: docs.stripe.com/api/refunds/object: neither it nor the charge names the session.
    Prevents: the object's id or its payment intent is compared with the session's id.

    Example: two orders of one customer
      Given a purchase
      And another purchase of the same customer, amount and second
      When both payments are delivered, their events in turn
      And a full refund reaches the other order
      Then the other order is refunded
      And the order is not refunded

    Example: the first of two orders of one customer
      Given a purchase
      And another purchase of the same customer, amount and second
      When both payments are delivered, their events in turn
      And a full refund is delivered
      Then the order is refunded
      And the other order is not refunded

  @RF-07 @MUST
  Rule: A refund that is pending and later succeeds ends as refunded
    Source: docs.stripe.com/api/refunds/object, status.
    Prevents: a refund's status is read once and never again.

    Example: pending, then succeeded
      Given the payment made the order paid
      And a pending refund has settled
      When the refund's success is delivered
      Then the order is refunded

  @RF-08 @MUST
  Rule: A refund that fails leaves the order not refunded
    Source: docs.stripe.com/refunds, failed refunds: the money is back on the merchant's balance.
    Prevents: the failure is ignored, and the customer never sees his money.

    Example: refunded, then failed
      Given the payment made the order paid
      And a full refund made the order refunded
      When the refund's failure is delivered
      Then the order is not refunded

    Example: pending, then failed
      Given the payment made the order paid
      And a pending refund has settled
      When the refund's failure is delivered
      Then the order is not refunded

  @RF-09 @SHOULD
  Rule: A canceled refund counts as a failed one, and only the refund that failed is taken back
    Source: docs.stripe.com/refunds: "cancellations are a type of refund failure".
    Prevents: every status but "failed" stands.

    Example: canceled
      Given the payment made the order paid
      And a requires_action refund has settled
      When the refund's cancellation is delivered
      Then the order is not refunded

    Example: 600 stand, 400 fail
      Given the payment made the order paid
      And a refund of 600 has settled
      And a refund of 400 made the order refunded
      When the refund's failure is delivered
      Then the order is not refunded

    Example: 600 and 400, of which both fail
      Given the payment made the order paid
      And a refund of 600 has settled
      And a refund of 400 made the order refunded
      And the failure of the refund of 600 has settled
      When the refund's failure is delivered
      Then the order is not refunded at all

    Example: 300 stand, 200 fail, by amount
      Given the payment made the order paid
      And a refund of 300 has settled
      And a refund of 200 has settled
      When the refund's failure is delivered
      Then the order shows 300 thousandths of it refunded

  @RF-11 @MUST
  Rule: A refund that belongs to no payment has no effect
    Source: docs.stripe.com/api/refunds/object: charge and payment_intent are nullable.
    Prevents: the first order without a payment intent is taken for the refunded one.

    Example: beside a paid order
      Given the payment made the order paid
      When a refund of no payment is delivered
      Then it has no effect
      And no order without a payment is refunded

    Example: beside an order without a payment intent
      Given a checkout that needs no payment
      And the free checkout took effect
      When a refund of no payment is delivered
      Then it has no effect
      And no order without a payment is refunded

  @RF-12 @MUST
  Rule: The charge's list of refunds is not needed
    Source: docs.stripe.com/api/charges/object: refunds is only there when it is asked for.
    Prevents: the refund is read from a list that is absent or not complete.

    Example: no list
      Given the payment made the order paid
      When a full refund is delivered
      Then the order is refunded
      And every delivery is acknowledged at last

    Example: a list of the latest refund only
      Given the payment made the order paid
      And a refund of 300 has settled
      When a refund of 700 that the charge lists alone is delivered
      Then the order is refunded
