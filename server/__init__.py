"""The reference server: a minimal Stripe webhook implementation that passes the contract."""
