Feature: Failures lose nothing and stop nothing
  What fails today must be done tomorrow, and what cannot be done must not be in the way of the rest.

  @FL-01 @MUST
  Rule: Declined attempts before the payment do not end the order
    Source: docs.stripe.com/payments/paymentintents/lifecycle: a failed attempt can be retried.
    Prevents: the order is closed or deleted when a card is declined.

    Example: declined three times, then paid
      Given a declined attempt has settled
      And another declined attempt has settled
      And a third declined attempt has settled
      When the payment is delivered
      Then the order is paid

  @FL-02 @MUST
  Rule: What could not be processed is not acknowledged and forgotten
    Source: docs.stripe.com/webhooks: a 2xx is delivered, and never retried.
    Prevents: the event's id is kept before the work is, or every exception is answered 200.

    Example: a refund that is refused before its payment
      Given a full refund makes another order refunded
      And the payment happened
      When a full refund is delivered too early, and refused
      And the payment is delivered
      Then the order is refunded

    Example: a dispute that is refused before its payment
      Given a dispute makes another order disputed
      And the payment happened
      When a dispute is delivered too early, and refused
      And the payment is delivered
      Then the order is disputed

    Example: a payment while the store is down
      When the payment is delivered while the store is down
      Then the order is paid

  @FL-03 @MUST
  Rule: A signed body that is no event has no effect and stops nothing
    Source: the official libraries, run: each refuses some of these with an exception of another kind.
    Prevents: an exception that nobody expected kills the worker.

    Scenario Outline: a body that is <kind>
      When a signed body arrives that is <kind>
      Then it has no effect
      And the endpoint still works

      Examples:
        | kind                         |
        | not JSON                     |
        | empty                        |
        | an empty list                |
        | null                         |
        | a number                     |
        | a text                       |
        | an empty object              |
        | an event without a type      |
        | an event without data        |
        | an event whose data is null  |
        | an event whose object is null |

  @FL-04 @MUST
  Rule: A thin event is not processed as a snapshot event
    Source: docs.stripe.com/webhooks, thin events: they carry no data; the official libraries refuse them.
    Prevents: the order is paid by a word in the event's type, without a look at what was paid.

    Example: a completed checkout
      When a signed body arrives that is a thin event
      Then the order is not paid
      And the endpoint still works

  @FL-05 @MAY
  Rule: An event in an odd encoding may be accepted or refused
    Source: the official libraries, run: they disagree on all of these.
    Prevents: an exception of the decoder kills the worker.

    Scenario Outline: <kind>
      When a signed body arrives that is <kind>
      Then the endpoint still works

      Examples:
        | kind                     |
        | an event behind a byte order mark        |
        | an event with bytes that are not UTF-8 |
        | an event with a lone surrogate         |
        | an event with a NaN                    |
