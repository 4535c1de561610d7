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
