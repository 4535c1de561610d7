Feature: Orders say what was paid
  An order is what the shop delivers by. It must be paid exactly when the money is there.

  @OR-01 @MUST
  Rule: A completed checkout that is paid makes the order paid
    Source: docs.stripe.com/checkout/fulfillment.
    Prevents: paid checkouts are not fulfilled.

    Example: paid by card
      When the payment is delivered
      Then the order is paid

  @OR-02 @MUST
  Rule: A completed checkout that is not paid yet does not make the order paid
    Source: docs.stripe.com/checkout/fulfillment: fulfil only if payment_status is not unpaid.
    Prevents: "completed" is taken for "paid".

    Example: a delayed payment method
      When the delayed payment's checkout is delivered
      Then the order is not paid

  @OR-03 @MUST
  Rule: A delayed payment that arrives makes the order paid
    Source: docs.stripe.com/checkout/fulfillment, delayed payment methods.
    Prevents: only the completion of the checkout is listened to.

    Example: completed unpaid, then paid
      Given the delayed payment's checkout has settled
      When the delayed payment's success is delivered
      Then the order is paid

  @OR-04 @MUST
  Rule: A delayed payment that fails leaves the order not paid
    Source: docs.stripe.com/checkout/fulfillment, delayed payment methods.
    Prevents: every event of a checkout session makes the order paid.

    Example: completed unpaid, then failed
      Given the delayed payment's checkout has settled
      When the delayed payment's failure is delivered
      Then the order is not paid

    Example: failed, and the unpaid completion late
      Given the delayed payment's checkout happened
      When the delayed payment's failure is delivered
      And the delayed payment's checkout is delivered
      Then the order is not paid

  @OR-05 @SHOULD
  Rule: A checkout that needs no payment is fulfilled
    Source: docs.stripe.com/checkout/fulfillment: the samples fulfil what is not unpaid.
    Prevents: only the word "paid" is fulfilled, or a null payment intent is an error.

    Example: a full discount
      Given another order waits for its delayed payment
      And a checkout that needs no payment
      When the free checkout is delivered
      Then it takes effect
      And the order does not wait like the other

    Example: a subscription that begins with a trial
      Given another order waits for its delayed payment
      And a subscription that needs no payment yet
      When the free checkout is delivered
      Then it takes effect
      And the order does not wait like the other

  @OR-06 @MUST
  Rule: A checkout in setup mode is acknowledged and never becomes a paid order
    Source: docs.stripe.com/api/checkout/sessions/object: amount, currency and payment are null.
    Prevents: null divided by 100 answers 500 for three days, or a saved card is a sale.

    Example: a card saved for later
      Given a checkout in setup mode
      When the set-up is delivered
      Then every delivery is acknowledged at last
      And the order is not paid

  @OR-07 @MUST
  Rule: Nullable fields of the checkout session do not break processing
    Source: docs.stripe.com/api/checkout/sessions/object: these fields are nullable.
    Prevents: a field is read without asking whether it is there.

    Scenario Outline: without it: <field> <value>
      Given a purchase whose <field> is <value>
      When the payment is delivered
      Then the order is paid

      Examples:
        | field               | value |
        | customer            | null  |
        | customer_details    | null  |
        | customer_email      | null  |
        | client_reference_id | null  |
        | invoice             | null  |
        | metadata            | empty |
        | metadata            | null  |

    Example: a subscription's payment, without a payment intent
      Given a purchase of a subscription, whose payment_intent is null
      When the payment's checkout.session.completed is delivered
      Then the order is paid

  @OR-08 @MUST
  Rule: The expiry of a checkout neither pays an order nor un-pays it
    Source: docs.stripe.com/api/checkout/sessions/object, status.
    Prevents: the order is deleted by its session's id, or every checkout event pays it.

    Example: nothing but the expiry
      When the expiry is delivered
      Then the order is not paid

    Example: the expiry of a checkout that needed no payment
      When the free checkout's expiry is delivered
      Then the order is not paid

    Example: an expiry after the payment
      Given the payment made the order paid
      When the expiry is delivered
      Then the order is paid

  @OR-09 @MUST
  Rule: Events of one checkout never change another order
    Source: integrity of orders.
    Prevents: orders are found by customer, e-mail or amount.

    Example: two alike, one refunded
      Given a purchase
      And another purchase of the same customer, amount and second
      When both payments are delivered, their events in turn
      And a full refund is delivered
      Then the other order is paid
      And the other order is not refunded

    Example: two alike, one paid
      Given a purchase
      And another purchase of the same customer, amount and second
      When the payment is delivered
      Then the order is paid
      And the other order is not paid

  @OR-10 @MUST
  Rule: Amounts are read in the minor unit of their currency
    Source: docs.stripe.com/currencies: zero-decimal, three-decimal and special currencies.
    Prevents: every amount is divided by 100.

    Scenario Outline: <amount> <currency>
      Given a purchase of <amount> <currency> minor units
      When the payment is delivered
      Then the order shows <amount> <currency> minor units

      Examples:
        | amount | currency |
        | 500    | usd      |
        | 1999   | eur      |
        | 500    | jpy      |
        | 5120   | kwd      |
        | 500    | isk      |

    Example: every currency without decimals
      Given purchases of 500 minor units each in bif, clp, djf, gnf, jpy, kmf, krw, mga, pyg, rwf, vnd, vuv, xaf, xof, xpf
      When each of them is paid
      Then each order shows its amount

    Example: every currency of three decimals
      Given purchases of 5120 minor units each in bhd, jod, kwd, omr, tnd
      When each of them is paid
      Then each order shows its amount

    Example: a subscription's payment, which no payment intent repeats
      Given a purchase of a subscription, whose payment_intent is null
      When the payment's checkout.session.completed is delivered
      Then the order shows its amount

  @OR-11 @SHOULD
  Rule: Amounts above 2^31 are kept exactly
    Source: docs.stripe.com/currencies: up to 12 digits for most cards.
    Prevents: amounts are kept in a 32-bit column, or in a float.

    Scenario Outline: <amount> <currency>, twelve digits
      Given a purchase of <amount> <currency> minor units
      When the payment is delivered
      Then the order shows <amount> <currency> minor units

      Examples:
        | amount       | currency |
        | 999999999999 | krw      |
        | 999999999999 | idr      |

    Example: 999999999999 krw, refunded
      Given a full refund makes another order refunded
      And a purchase of 999999999999 krw minor units
      And the payment made the order paid
      When a full refund is delivered
      Then the order is refunded

  @OR-12 @MUST
  Rule: Ids are opaque, case-sensitive, long and of any prefix
    Source: docs.stripe.com/upgrades: ids of up to 255 characters, prefixes may change.
    Prevents: ids are cut at 64 characters, compared without regard to case, or parsed.

    Scenario Outline: ids of <shape>
      Given a purchase with ids of <shape>
      When the payment is delivered
      Then the order is paid

      Examples:
        | shape             |
        | 255 characters    |
        | an unknown prefix |

    Scenario Outline: refunded, with ids of <shape>
      Given a full refund makes another order refunded
      And a purchase with ids of <shape>
      And the payment made the order paid
      When a full refund is delivered
      Then the order is refunded

      Examples:
        | shape             |
        | 255 characters    |
        | an unknown prefix |

    Example: two orders with ids of 255 characters, one refunded
      Given a full refund makes another order refunded
      And a purchase with ids of 255 characters
      And another purchase with ids of 255 characters
      When both payments are delivered, their events in turn
      And a full refund is delivered
      Then the order is refunded
      And the other order is not refunded

    Example: ids that differ in case only, one paid
      Given a purchase
      And another purchase whose ids differ in case only
      When the payment is delivered
      Then the order is paid
      And the other order is not paid

    Example: ids that differ in case only, both paid, one refunded
      Given a full refund makes another order refunded
      And a purchase
      And another purchase whose ids differ in case only
      When both payments are delivered, their events in turn
      And a full refund is delivered
      Then the order is refunded
      And the other order is paid
      And the other order is not refunded

  @OR-13 @SHOULD
  Rule: The merchant's reference and metadata are on the session, and on no other object
    Source: docs.stripe.com/metadata: metadata is not copied to related objects.
    Prevents: the order is looked up by the metadata of the charge or the dispute.

    Example: a refund that carries neither
      Given a full refund makes another order refunded
      And a purchase with a reference and metadata of the merchant's
      And the payment shows the order paid
      When a full refund is delivered
      Then the order is refunded

    Example: a dispute that carries neither
      Given a dispute makes another order disputed
      And a purchase with a reference and metadata of the merchant's
      And the payment shows the order paid
      When a dispute is delivered
      Then the order is disputed

  @OR-14 @MUST
  Rule: A payment of another amount or currency does not pay the order that the shop created
    Source: integrity of orders.
    Prevents: whoever brings the order's reference pays what he likes.

    Example: one minor unit
      Given an order whose checkout is paid with 1 minor unit
      When the payment is delivered
      Then the order is not paid

    Example: the same number in another currency
      Given an order whose checkout is paid in another currency
      When the payment is delivered
      Then the order is not paid
