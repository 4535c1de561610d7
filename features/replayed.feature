Feature: Replayed and repeated deliveries have no further effect
  Stripe delivers an event again when an answer is lost, when somebody resends it by hand, and
  sometimes for no visible reason. An attacker delivers again what he once recorded.

  @RP-01 @MUST
  Rule: A delivery whose timestamp is far older than the tolerance is refused
    Source: all official libraries by default; docs.stripe.com/webhooks, preventing replay attacks.
    Prevents: a tolerance of zero or none, or the age of the event in place of the delivery's.

    Scenario Outline: stale: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                                     |
        | a signature a day old                       |
        | a signature a minute past the declared tolerance |

  @RP-02 @MUST
  Rule: A second, fresh timestamp does not refresh an old signature
    Source: the official libraries, run: all refuse both orders.
    Prevents: the signature is checked with one timestamp and the age with the other.

    Scenario Outline: refreshed: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                                            |
        | an old signature with a fresh timestamp after its own  |
        | an old signature with a fresh timestamp before its own |

  @RP-03 @MUST
  Rule: Delivering the same event again has no further effect, and is acknowledged at last
    Source: docs.stripe.com/webhooks, "Handle duplicate events".
    Prevents: a second order, a refund added twice, or days of retries for a duplicate.

    Example: the payment again
      Given the payment made the order paid
      When the payment is delivered again unchanged
      Then nothing more happens to the order
      And every delivery is acknowledged at last

    Example: the same bytes and header
      When the payment is delivered byte for byte twice
      Then it takes effect
      And there is exactly one order
      And every delivery is acknowledged at last

    Example: a partial refund again
      Given the payment made the order paid
      And a refund of 400 has settled
      When a refund of 400 is delivered again unchanged
      Then nothing more happens to the order
      And every delivery is acknowledged at last

  @RP-04 @MUST
  Rule: Two events about the same object and fact are applied once
    Source: docs.stripe.com/webhooks: "two separate Event objects are generated and sent".
    Prevents: the event's id is the only guard.

    Example: once paid
      Given the payment made the order paid
      When the payment is delivered again as other events
      Then nothing more happens to the order

  @RP-05 @MUST
  Rule: Copies of one event that arrive together have exactly one effect
    Source: docs.stripe.com/checkout/fulfillment: "possibly concurrently".
    Prevents: the order is looked for first and inserted after.

    Example: round after round
      When copies of one completed checkout arrive together, round after round
      Then each round ends right, with exactly one order

  @RP-06 @MUST
  Rule: One payment that several events report is fulfilled once
    Source: docs.stripe.com/checkout/fulfillment: "Perform fulfillment only once per payment."
    Prevents: each event type makes an order of its own.

    Scenario Outline: reported four times: <types>
      When the events <types> are delivered
      Then the order is paid
      And there is exactly one order

      Examples:
        | types |
        | checkout.session.completed, checkout.session.async_payment_succeeded, payment_intent.succeeded, charge.succeeded |
        | charge.succeeded, payment_intent.succeeded, checkout.session.async_payment_succeeded, checkout.session.completed |
        | payment_intent.succeeded, checkout.session.completed, charge.succeeded, checkout.session.async_payment_succeeded |
        | checkout.session.async_payment_succeeded, charge.succeeded, checkout.session.completed, payment_intent.succeeded |

  @RP-07 @MUST
  Rule: A duplicate is known by its id, not by its bytes or its header
    Source: docs.stripe.com/webhooks: a retry carries a new timestamp and signature.
    Prevents: the body's digest or the signature is the key.

    Example: another count of pending webhooks
      Given the payment made the order paid
      When the payment is delivered again with another count of pending webhooks
      Then nothing more happens to the order

  @RP-08 @MUST
  Rule: An old event under a fresh signature is handled
    Source: docs.stripe.com/webhooks: retries go on for three days, resends for fifteen or thirty.
    Prevents: the tolerance is applied to the event's creation.

    Example: created three days ago
      Given its events were created three days ago
      When the payment is delivered
      Then it takes effect
