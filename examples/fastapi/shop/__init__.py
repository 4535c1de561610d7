"""A shop that is paid through Stripe Checkout."""
