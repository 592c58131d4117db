"""Cognitive Memory Layer: each view hears, calls a verb of the house, and answers."""

from api.dialects.base import DialectView


class CmlView(DialectView):
    dialect = "cml"
