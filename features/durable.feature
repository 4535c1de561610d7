Feature: What was acknowledged outlives a crash
  Processes die and databases go away. What was acknowledged by then is never delivered again, and all else is.

  @DU-01 @MUST
  Rule: What was acknowledged shows, although the endpoint is killed and it is never delivered again
    Source: docs.stripe.com/webhooks: a 2xx is delivered, and never retried.
    Prevents: what is answered before it is stored dies with the process.

    Scenario Outline: <fact>, acknowledged
      When the endpoint is killed under <fact>, as it answers, time and again
      Then what was acknowledged shows, without being delivered again

      Examples:
        | fact          |
        | the payment   |
        | a full refund |
        | a dispute     |

  @DU-02 @MUST
  Rule: What the endpoint is killed over is done once when it is delivered again
    Source: docs.stripe.com/webhooks, retries and duplicate events.
    Prevents: an event's id is recorded before the work commits, and the next delivery passes for a duplicate.

    Scenario Outline: <fact>, killed <moment>
      When the endpoint is killed under <fact>, <moment>, time and again
      Then what was not acknowledged shows once, when it was delivered again

      Examples:
        | fact          | moment               |
        | the payment   | before the last byte |
        | the payment   | while it works       |
        | a full refund | while it works       |
        | a dispute     | while it works       |

  @DU-03 @MUST
  Rule: While its store is away nothing is acknowledged that is not kept
    Source: docs.stripe.com/webhooks: a 2xx is delivered, and never retried.
    Prevents: the database's exception is logged, and the event answered 200.

    Scenario Outline: <fact>, no store <moment>
      When its store goes away under <fact>, <moment>, time and again
      Then each purchase shows once in the end

      Examples:
        | fact          | moment               |
        | the payment   | before the last byte |
        | the payment   | while it works       |
        | a full refund | before the last byte |
        | a dispute     | before the last byte |

  @DU-04 @MUST
  Rule: While Stripe's API fails nothing is acknowledged that was not done
    Source: docs.stripe.com/error-handling: an API error is rare, and to be expected.
    Prevents: every exception of the library is caught, and the event answered 200.

    Scenario Outline: <fact>, no API
      When Stripe's API fails under <fact>, time and again
      Then each purchase shows once in the end

      Examples:
        | fact          |
        | the payment   |
        | a full refund |
        | a dispute     |
