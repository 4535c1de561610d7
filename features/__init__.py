"""The contract: clauses.toml and one feature a clause group."""
