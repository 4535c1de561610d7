"""Step definitions of the contract, one module a domain word."""
