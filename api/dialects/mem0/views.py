"""mem0: each view hears, calls a verb of the house, and answers."""

from api.dialects.base import DialectView


class Mem0View(DialectView):
    dialect = "mem0"
    statuses = {422: 400}
