Feature: Disputes are recorded as they stand
  A dispute takes the money back at once, and may give it back months later.

  @DP-01 @MUST
  Rule: A dispute that needs a response marks the order disputed
    Source: docs.stripe.com/disputes/how-disputes-work.
    Prevents: disputes are not handled.

    Example: opened
      Given the payment made the order paid
      When a dispute is delivered
      Then the order is disputed

  @DP-02 @MUST
  Rule: A dispute finds its order through its payment intent or charge, never by its own id
    Source: docs.stripe.com/api/disputes/object: data.object is a Dispute and no Charge.
    Prevents: the dispute is read as a charge, whose fields it does not have.

    Example: two orders of one customer
      Given a purchase
      And another purchase of the same customer, amount and second
      When both payments are delivered, their events in turn
      And a dispute reaches the other order
      Then the other order is disputed
      And the order is neither disputed nor lost

    Example: the first of two orders of one customer
      Given a purchase
      And another purchase of the same customer, amount and second
      When both payments are delivered, their events in turn
      And a dispute is delivered
      Then the order is disputed
      And the other order is neither disputed nor lost
