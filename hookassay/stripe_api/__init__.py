"""The stand-in for api.stripe.com: what a server that calls back to Stripe learns there about a run's purchases."""
