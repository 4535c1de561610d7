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

  @DP-03 @MUST
  Rule: A dispute that was won leaves the order as it was before
    Source: docs.stripe.com/api/events/types, charge.dispute.closed and funds_reinstated.
    Prevents: every closed dispute is a lost one.

    Example: opened, then won
      Given the payment made the order paid
      And a dispute made the order disputed
      When the dispute's closing as won is delivered
      Then the order is neither disputed nor lost

  @DP-04 @MUST
  Rule: A dispute that was lost is recorded as lost
    Source: docs.stripe.com/api/events/types, charge.dispute.closed.
    Prevents: every closed dispute is cleared.

    Example: opened, then lost
      Given the payment made the order paid
      And a dispute has settled
      When the dispute's closing as lost is delivered
      Then the order is lost

  @DP-05 @MUST
  Rule: An inquiry is no loss
    Source: docs.stripe.com/disputes/how-disputes-work: an inquiry comes before a chargeback.
    Prevents: goods are revoked on any dispute.

    Example: an inquiry is opened
      Given the payment made the order paid
      When a dispute born warning_needs_response is delivered
      Then the order is not lost

    Example: an inquiry is under review
      Given the payment made the order paid
      And a dispute born warning_needs_response has settled
      When the dispute's update to warning_under_review is delivered
      Then the order is not lost

  @DP-06 @MUST
  Rule: An inquiry that was closed is no loss and leaves no dispute open
    Source: docs.stripe.com/api/events/types, charge.dispute.closed: lost, warning_closed or won.
    Prevents: what is not won is lost.

    Example: opened, then closed
      Given the payment made the order paid
      And a dispute born warning_needs_response has settled
      When the dispute's closing as warning_closed is delivered
      Then the order is neither disputed nor lost

  @DP-07 @MUST
  Rule: How a dispute ended is read from its status, not from the event's type
    Source: docs.stripe.com/api/events/types, funds_reinstated: "includes partially refunded payments".
    Prevents: money that comes back is a dispute won, money that goes is a dispute lost.

    Example: lost, with funds reinstated
      Given the payment made the order paid
      And a dispute made the order disputed
      And the dispute's closing as lost made the order lost
      When the reinstatement of the dispute's funds is delivered
      Then the order is lost

    Example: under review, which is no end
      Given the payment made the order paid
      And a dispute made the order disputed
      When the dispute's update to under_review is delivered
      Then the order is disputed

    Example: open, with funds withdrawn
      Given the payment made the order paid
      When a dispute is delivered
      Then the order is disputed
      And the order is not lost

  @DP-08 @MUST
  Rule: A dispute that is born lost is recorded as lost
    Source: docs.stripe.com/disputes/how-disputes-work: such a dispute is closed as lost at once.
    Prevents: what is created is open.

    Example: created and closed as lost
      Given the payment made the order paid
      When a dispute born lost is delivered
      And the dispute's closing as lost is delivered
      Then the order is lost

  @DP-09 @SHOULD
  Rule: A late win is honoured
    Source: docs.stripe.com/disputes/how-disputes-work: "the status can change from lost to won".
    Prevents: an end is final.

    Example: lost, then won
      Given the payment made the order paid
      And a dispute has settled
      And the dispute's closing as lost made the order lost
      When the dispute's update to won is delivered
      And the dispute's closing as won is delivered
      Then the order is not lost

  @DP-10 @MUST
  Rule: An inquiry that escalates makes the order disputed
    Source: docs.stripe.com/disputes/how-disputes-work, escalation of inquiries.
    Prevents: updates of a dispute are ignored.

    Example: escalated
      Given the payment made the order paid
      And a dispute born warning_needs_response has settled
      When the dispute's update to needs_response is delivered
      Then the order is disputed

    Scenario Outline: escalated, then <outcome>
      Given the payment made the order paid
      And a dispute born warning_needs_response has settled
      And the dispute's update to needs_response made the order disputed
      When the dispute's closing as <outcome> is delivered
      Then the order is <state>

      Examples:
        | outcome | state                     |
        | won     | neither disputed nor lost |
        | lost    | lost                      |

  @DP-11 @MUST
  Rule: A dispute over less or more than the charge is recorded like any other
    Source: docs.stripe.com/api/disputes/object, amount.
    Prevents: an amount that does not fit is an error, for three days.

    Scenario Outline: <amount> of 1000
      Given the payment made the order paid
      When a dispute over <amount> is delivered
      Then the order is disputed

      Examples:
        | amount |
        | 400    |
        | 1200   |

  @DP-12 @MUST
  Rule: A status that nobody knows yet is acknowledged, and is neither won nor lost
    Source: docs.stripe.com/api/disputes/object: prevented and appeal_* are new statuses.
    Prevents: an enumeration that refuses what it does not know.

    Scenario Outline: an open dispute becomes <status>
      Given the payment made the order paid
      And a dispute made the order disputed
      When the dispute's update to <status> is delivered
      Then every delivery is acknowledged at last
      And the order is neither won nor lost

      Examples:
        | status              |
        | appeal_under_review |
        | zzz                 |

    Example: prevented
      Given the payment made the order paid
      When a dispute born prevented is delivered
      Then every delivery is acknowledged at last
      And the order is neither won nor lost

  @DP-13 @SHOULD
  Rule: Two disputes of one payment are told apart
    Source: docs.stripe.com/disputes/how-disputes-work: in rare cases there is more than one.
    Prevents: any dispute that is closed clears the order.

    Example: one open, the other won
      Given the payment made the order paid
      And a dispute made the order disputed
      And another dispute has settled
      When the dispute's closing as won is delivered
      Then the order is disputed

    Example: the first won, told after the other was opened
      Given the payment made the order paid
      And a dispute made the order disputed
      And the dispute's closing as won happened
      When another dispute is delivered
      And the dispute's closing as won is delivered
      Then the order is disputed

  @DP-14 @SHOULD
  Rule: A dispute that was won leaves a partial refund as it was
    Source: follows from what a dispute won gives back.
    Prevents: the order is set to "paid" when a dispute is won.

    Example: 300 refunded, disputed, won
      Given the payment made the order paid
      And a refund of 300 shows the order partially refunded
      And a dispute made the order disputed
      When the dispute's closing as won is delivered
      Then the partial refund shows as before the dispute
