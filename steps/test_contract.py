"""Every scenario of the features, as pytest collects it."""

from __future__ import annotations

from importlib.resources import files

from pytest_bdd import scenarios

scenarios(str(files("hookassay.features")))
