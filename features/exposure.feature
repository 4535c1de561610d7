Feature: Nothing is given away
  The webhook URL is public. What it answers is read by whoever asks.

  @EX-01 @MUST
  Rule: No answer holds the signing secret, an expected signature or an API key
    Source: whoever has one of these can sign.
    Prevents: an exception's text or a debug page is the answer.

    Example: whatever is sent
      When everything is sent once that an endpoint may accept or refuse
      Then no answer holds a secret, an expected signature or an API key

  @EX-02 @SHOULD
  Rule: No answer holds a stack trace, a source path, SQL or a debug page
    Source: it shows an attacker where to look.
    Prevents: debugging is left on.

    Example: whatever is sent, from inside
      When everything is sent once that an endpoint may accept or refuse
      Then no answer holds a stack trace, a source path, SQL or a debug page

  @EX-03 @SHOULD
  Rule: No answer echoes the customer's data
    Source: the answer is kept in Stripe's dashboard and in the logs of every proxy.
    Prevents: the event is returned as it was received.

    Example: whatever is sent, about a customer
      When everything is sent once that an endpoint may accept or refuse
      Then no answer holds the customer's data

  @EX-04 @SHOULD
  Rule: The webhook is in no public document
    Source: a product requirement; Stripe asks only for a public URL.
    Prevents: an OpenAPI document that lists every route.

    Example: the usual places
      Given a purchase
      Then no public document lists the webhook

  @EX-05 @SHOULD
  Rule: The order read-back asks for credentials
    Source: a product requirement.
    Prevents: anyone reads orders by counting.

    Example: without credentials
      Given the payment made the order paid
      Then nobody is shown the order without credentials

    Example: with wrong credentials
      Given the payment made the order paid
      Then nobody is shown the order with wrong credentials
