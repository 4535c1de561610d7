"""Sender: what Stripe does."""
