Feature: Forged deliveries have no effect
  The webhook URL is public. Whoever finds it can post what he likes; only the signature tells
  Stripe's events from his.

  @FG-01 @MUST
  Rule: A request that fails verification has no effect on any order
    Source: docs.stripe.com/webhooks: verify before acting on an event.
    Prevents: events are handled before they are verified, or although verification failed.

    Scenario Outline: forged payment: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                         |
        | no signature header             |
        | the signature of another secret |

    Scenario Outline: forged news of a paid order: <fact>, <forgery>
      Given the payment made the order paid
      When <fact> arrives with <forgery>
      Then it has no effect

      Examples:
        | fact          | forgery                         |
        | a full refund | no signature header             |
        | a full refund | the signature of another secret |
        | a dispute     | no signature header             |
        | a dispute     | the signature of another secret |

  @FG-02 @SHOULD
  Rule: A request that fails verification is answered with a status that refuses
    Source: docs.stripe.com/webhooks: every official sample answers 400.
    Prevents: a 200 for everything hides a wrong secret; Stripe never retries, payments are lost.

    Scenario Outline: refused: <forgery>
      When the payment arrives with <forgery>
      Then it is refused

      Examples:
        | forgery                         |
        | no signature header             |
        | an empty signature header       |
        | a garbage signature header      |
        | a timestamp that is no number   |
        | only a right v0                 |
        | an amount changed after signing |
        | the signature of another secret |
        | a v1 that is not ASCII          |
        | a signature a day old           |
        | an unsigned EventBridge envelope |

  @FG-03 @MUST
  Rule: A missing or empty signature header is a verification failure
    Source: the official libraries, run: all refuse both.
    Prevents: verification is skipped where the header is absent.

    Scenario Outline: header left out: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                   |
        | no signature header       |
        | an empty signature header |

  @FG-04 @MUST
  Rule: A header without a timestamp, or with one that is no number, is a verification failure
    Source: the official libraries, run: all refuse these.
    Prevents: the age is checked only where a timestamp can be read.

    Scenario Outline: timestamp missing: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                       |
        | no timestamp                  |
        | a timestamp that is no number |
        | a garbage signature header    |

  @FG-05 @MUST
  Rule: A right signature under a scheme other than v1 is refused
    Source: docs.stripe.com/webhooks: "To prevent downgrade attacks, ignore all schemes that aren't v1."
    Prevents: any scheme matches.

    Scenario Outline: another scheme: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                       |
        | only a right v0               |
        | only a right v2               |
        | only a right V1               |
        | only a right sha256           |
        | a wrong v1 beside a right v0  |

  @FG-07 @MUST
  Rule: A body changed after signing is refused
    Source: docs.stripe.com/webhooks: the signature is over the raw body.
    Prevents: a parsed or normalised body is verified in place of the bytes.

    Scenario Outline: changed body: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                         |
        | an id changed after signing     |
        | an amount changed after signing |
        | a newline added after signing   |
        | a body indented after signing   |
        | a body escaped after signing    |
        | the signature of another event  |

  @FG-08 @MUST
  Rule: A timestamp changed without signing again is refused
    Source: docs.stripe.com/webhooks: the timestamp is part of the signed payload.
    Prevents: the signature is checked over the body alone.

    Example: a second later
      When the payment arrives with a timestamp moved by a second
      Then it has no effect
      And its honest twin takes effect

  @FG-09 @MUST
  Rule: A signature by another key, or over the body alone, is refused
    Source: the official libraries, run: all refuse these; an empty key was CVE-2026-41432.
    Prevents: the secret falls back to an empty string, with which anyone can sign.

    Scenario Outline: another key: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                         |
        | the signature of another secret |
        | the signature of an empty key   |
        | a signature over the body alone |

  @FG-10 @MUST
  Rule: A signature keyed by the secret without its prefix, or by its decoded bytes, is refused
    Source: the official libraries, run: all refuse these.
    Prevents: keys of other webhook schemes are accepted "for compatibility".

    Scenario Outline: part of the key: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery               |
        | a key without whsec_  |
        | a base64-decoded key  |

  @FG-11 @MUST
  Rule: A v1 that is cut, lengthened, empty, spelt otherwise or of a weaker digest is refused
    Source: the official libraries, run: all refuse these.
    Prevents: signatures are compared by their beginning, or up to the shorter one's end.

    Scenario Outline: malformed signature: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                          |
        | half a signature                 |
        | a signature with two more digits |
        | an empty v1                      |
        | a v1 that is not hexadecimal     |
        | a v1 that is not ASCII           |
        | a base64 signature               |
        | a SHA-1 signature                |

  @FG-12 @MUST
  Rule: A refused forgery does not keep the genuine event of the same id from being handled
    Source: follows from FG-01: the forgery had no effect.
    Prevents: the event's id is recorded before the event is verified.

    Scenario Outline: forged first: <forgery>
      When the payment arrives with <forgery>
      And the payment is delivered
      Then it takes effect

      Examples:
        | forgery                         |
        | no signature header             |
        | the signature of another secret |

  @FG-13 @MUST
  Rule: An event in the envelope of a cloud event bus is refused at the webhook URL
    Source: stripe-python _webhook.py: construct_event_without_verification unwraps these.
    Prevents: what is meant for a channel that needs no signature is used on a public URL.

    Scenario Outline: cloud envelope: <forgery>
      When the payment arrives with <forgery>
      Then it has no effect
      And its honest twin takes effect

      Examples:
        | forgery                                    |
        | an unsigned EventBridge envelope           |
        | an EventBridge envelope with a wrong signature |
        | an unsigned Event Grid envelope            |
        | an Event Grid envelope with a wrong signature |

  @FG-14 @MUST
  Rule: An endpoint whose signing secret is unset or blank accepts nothing
    Source: CVE-2026-41432; the newest official Python and Node libraries refuse a blank secret.
    Prevents: verification is skipped, or made with an empty key, where the secret is missing.

    Scenario Outline: secret unset: <forgery>
      When the payment reaches an instance without a secret, <forgery>
      Then it has no effect

      Examples:
        | forgery                       |
        | no signature header           |
        | the signature of an empty key |
