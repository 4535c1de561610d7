Feature: Deliveries are taken as HTTP brings them
  Stripe posts, and counts any 2xx as done and anything else as not.

  @DL-01 @MUST
  Rule: A delivery is never answered with a redirect
    Source: docs.stripe.com/webhooks: "We consider redirect responses to webhook requests as failures."
    Prevents: a trailing slash, another host, or a login is asked for by redirect.

    Example: the URL as configured
      When a payment reaches the configured URL exactly
      Then it is not redirected

  @DL-04 @MUST
  Rule: No token, cookie, origin, authorization or session is needed
    Source: docs.stripe.com/webhooks, CSRF protection.
    Prevents: the route is behind a CSRF check or a login.

    Example: bare
      When a payment reaches the configured URL exactly
      Then it is not turned away for a token, cookie or login

  @DL-02 @MUST
  Rule: An event of an unknown type is acknowledged and has no effect
    Source: docs.stripe.com/upgrades: handle unfamiliar event types gracefully.
    Prevents: an unknown type is an error, and is sent again for three days.

    Scenario Outline: <type>
      Given the payment took effect
      When an event of the invented type <type> is delivered
      Then every delivery is acknowledged at last
      And it has no effect

      Examples:
        | type                  |
        | future.thing.happened |
        | charge.imagined       |

  @DL-03 @SHOULD
  Rule: The answer comes quickly
    Source: docs.stripe.com/webhooks: "quickly return" a 2xx; Checkout waits 10 s for it.
    Prevents: mails are sent before the answer is.

    Scenario Outline: <fact>
      Given the payment has settled
      When <fact> is delivered
      Then it is answered in time

      Examples:
        | fact          |
        | the payment   |
        | a full refund |
        | a dispute     |

  @DL-05 @MUST
  Rule: The request headers that Stripe sends are accepted
    Source: a captured delivery: content type with a charset, a list of types to accept, gzip.
    Prevents: the content type is compared as a whole, or the user agent is taken for a bot.

    Example: as captured
      When the payment is delivered as Stripe's servers send it
      Then it takes effect

  @DL-06 @MUST
  Rule: Properties that are new, null or in another order are tolerated
    Source: docs.stripe.com/upgrades, backward-compatible changes.
    Prevents: a schema that allows nothing more.

    Scenario Outline: <variation>
      When the payment is delivered in events with <variation>
      Then it takes effect

      Examples:
        | variation                        |
        | unknown properties everywhere    |
        | unknown properties that are null |
        | properties in the reverse order  |

  @DL-07 @MUST
  Rule: The event's envelope may vary
    Source: docs.stripe.com/api/events/object: request is nullable, pending_webhooks any number.
    Prevents: the id of a request is read that was never made.

    Scenario Outline: an envelope with <variation>
      When the payment is delivered in events with <variation>
      Then it takes effect

      Examples:
        | variation                      |
        | no request                     |
        | a request without an id        |
        | a request made with an API key |
        | no pending webhooks            |
        | many pending webhooks          |

  @DL-08 @SHOULD
  Rule: Other methods than POST have no effect
    Source: docs.stripe.com/webhooks: Stripe sends a POST.
    Prevents: one handler for all methods.

    Scenario Outline: a payment by <method>
      When the payment comes by <method>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | method |
        | GET    |
        | PUT    |
        | PATCH  |
        | DELETE |

  @DL-09 @SHOULD
  Rule: Events of 256 KiB are accepted
    Source: no size is documented; sessions with many line items and metadata grow.
    Prevents: a limit made for forms, of 16 to 100 KiB.

    Example: 256 KiB
      When the payment is delivered in bodies of 262144 bytes
      Then it takes effect

  @DL-10 @SHOULD
  Rule: A burst is processed in the end
    Source: docs.stripe.com/webhooks: spikes of deliveries come with every month's renewals.
    Prevents: what finds the database locked is lost.

    Example: fifty at once
      When fifty purchases are paid at once
      Then each of them shows in the end

  @DL-11 @MUST
  Rule: Deliveries on one connection are told apart, after a rejected one as well
    Source: RFC 9112, persistence and message bodies.
    Prevents: an answer before the body was read; the rest of it is the next request.

    Example: the second of three is forged
      When three deliveries come on one connection, the second one forged
      Then the first and the last take effect

  @DL-12 @SHOULD
  Rule: Events of the mode that is not served have no effect
    Source: docs.stripe.com/webhooks: test and live mode have separate secrets.
    Prevents: livemode is never looked at where one secret serves both.

    Example: a payment in the other mode
      Given a purchase made in the other mode
      When the payment is delivered
      Then it has no effect

  @DL-13 @SHOULD
  Rule: Events of another connected account have no effect
    Source: docs.stripe.com/connect/webhooks: account says whose event it is.
    Prevents: orders of one account are paid in another.

    Example: a payment to another account
      Given a purchase from another connected account
      When the payment is delivered
      Then it has no effect

  @DL-14 @SHOULD
  Rule: What ends a checkout without a payment is acknowledged
    Source: docs.stripe.com/webhooks: return a 2xx; whatever else is delivered again for three days.
    Prevents: an order that was never made, or a status without a name, is an error for ever.

    Example: a delayed payment that fails
      Given the delayed payment's checkout.session.completed has settled
      When the delayed payment's checkout.session.async_payment_failed is delivered
      Then every delivery is acknowledged at last

    Example: a checkout that expires
      When the expiry is delivered
      Then every delivery is acknowledged at last
