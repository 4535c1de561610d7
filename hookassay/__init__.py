"""hookassay proves from the outside that a Stripe webhook implementation is right."""

from importlib.metadata import version

__version__ = version("hookassay")
