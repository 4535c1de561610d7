"""A shop on Django and its ORM: one transaction for an event, and 409 to what comes before its order.

Stripe tries again what was answered 409, and by then the order is there. Prices are kept in the major unit, whether an
order is paid is a boolean, and refunds and disputes are rows of their own.
"""
