Feature: Signed deliveries are accepted
  Stripe signs every delivery. An endpoint that refuses what Stripe really sends loses orders that
  were paid, and finds out when customers complain.

  @SG-01 @MUST
  Rule: A delivery with a current timestamp and one right v1 is accepted and takes effect
    Source: docs.stripe.com/webhooks, verifying signatures manually.
    Prevents: the signature is checked over a parsed and written body, or keyed by the API key.

    Example: an honest payment
      When the payment is delivered
      Then it takes effect

  @SG-02 @MUST
  Rule: A v0 item next to a valid v1 does not prevent acceptance
    Source: docs.stripe.com/webhooks: test events carry an additional, fake v0 signature.
    Prevents: every signature must match, or the last one counts.

    Scenario Outline: v0 beside v1: <signing>
      When the payment is delivered with <signing>
      Then it takes effect

      Examples:
        | signing            |
        | a v0 after the v1  |
        | a v0 before the v1 |

  @SG-03 @MUST
  Rule: When several v1 items are present, one match is enough
    Source: docs.stripe.com/webhooks: while a secret is rolled, one signature per secret is sent.
    Prevents: only the first v1 is looked at, or only the last one is kept.

    Scenario Outline: several signatures: <signing>
      When the payment is delivered with <signing>
      Then it takes effect

      Examples:
        | signing                            |
        | a wrong v1, then the right one     |
        | the right v1, then a wrong one     |
        | the right v1 between two wrong ones |

    Example: while the secret is rolled
      When a payment is delivered before, while and after the secret is rolled
      Then each of the payments takes effect

  @SG-04 @MUST
  Rule: Unknown schemes and items next to a valid v1 are ignored
    Source: docs.stripe.com/webhooks: "You can discard all other elements."
    Prevents: an unknown item raises an error.

    Scenario Outline: unknown items: <signing>
      When the payment is delivered with <signing>
      Then it takes effect

      Examples:
        | signing                     |
        | an unknown v2 after the v1  |
        | unknown items around the v1 |

  @SG-05 @MUST
  Rule: The signature is checked over the exact bytes received
    Source: docs.stripe.com/webhooks: Stripe requires the raw body of the request.
    Prevents: the body is parsed and written again, or stripped, before it is verified.

    Scenario Outline: bytes as sent: <style>
      When the payment is delivered as <style> JSON
      Then it takes effect

      Examples:
        | style    |
        | compact  |
        | indented |
        | spaced   |
        | shuffled |
        | newline  |

  @SG-06 @MUST
  Rule: Non-ASCII text is handled as raw UTF-8 and as escapes
    Source: the official libraries, run: all accept both, signed as sent.
    Prevents: the body is decoded as Latin-1, or written again with other escapes.

    Scenario Outline: non-ASCII text: <style>
      Given a purchase by "Zoë Café € 😀"
      When the payment is delivered as <style> JSON
      Then it takes effect

      Examples:
        | style    |
        | compact  |
        | indented |
        | escaped  |

  @SG-07 @MUST
  Rule: The whole signing secret is the key, whsec_ included
    Source: docs.stripe.com/webhooks: the key is the endpoint's signing secret.
    Prevents: the prefix is stripped and the rest is decoded, as other webhook schemes do.

    Example: keyed by the whole secret
      When the payment is delivered
      Then the whole secret is the key

  @SG-08 @MUST
  Rule: A delivery that is a few seconds old is accepted
    Source: all official libraries: the default tolerance is 300 seconds.
    Prevents: the timestamp must equal the clock.

    Example: ten seconds old
      When the payment is delivered with a timestamp ten seconds old
      Then it takes effect

  @SG-09 @SHOULD
  Rule: A delivery that is up to four minutes old is accepted
    Source: docs.stripe.com/webhooks: "a default tolerance of 5 minutes".
    Prevents: seconds are taken for milliseconds.

    Example: four minutes old
      When the payment is delivered with a timestamp four minutes old
      Then it takes effect

  @SG-10 @SHOULD
  Rule: A delivery from a clock that runs half a minute ahead is accepted
    Source: all official libraries accept up to 300 seconds ahead.
    Prevents: a timestamp after the clock is refused.

    Example: half a minute ahead
      When the payment is delivered with a timestamp half a minute ahead
      Then it takes effect

  @SG-11 @MUST
  Rule: The signature header is found whatever the case of its name
    Source: RFC 9110, 5.1: field names are case-insensitive.
    Prevents: the header is looked up under one spelling.

    Scenario Outline: header name: <signing>
      When the payment is delivered with <signing>
      Then it takes effect

      Examples:
        | signing                   |
        | a lower-case header name  |
        | an upper-case header name |
