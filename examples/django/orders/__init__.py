"""Orders, and the webhook that keeps them up to date."""
