"""Every scenario of the contract's features, as pytest collects it."""

from __future__ import annotations

from pytest_bdd import scenarios

from hookassay.judging.feature import contract_features

scenarios(*map(str, contract_features()))
