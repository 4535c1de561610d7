"""Judging: the contract, evidence as it happens, and who is to blame."""
