Feature: Orders say what was paid
  An order is what the shop delivers by. It must be paid exactly when the money is there.

  @OR-01 @MUST
  Rule: A completed checkout that is paid makes the order paid
    Source: docs.stripe.com/checkout/fulfillment.
    Prevents: paid checkouts are not fulfilled.

    Example: paid by card
      When the payment is delivered
      Then the order is paid

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
