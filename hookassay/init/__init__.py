"""`hookassay init`: look at a shop, ask what cannot be seen, and write the hookassay.toml that it needs."""
