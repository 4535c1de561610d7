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
