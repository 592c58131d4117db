"""The manager of the study: a domain is a namespace, so who is bound to some namespaces finds these domains alone."""

from collections.abc import Sequence
from typing import TypeVar

from django.db import models
from django.db.models import Q

from memory.models.within import Within

Row = TypeVar("Row", bound=models.Model)


class InDomain(Within[Row]):
    """Of rows that have a domain. What is of no domain is of the whole tenant, and not for who is bound."""

    def lies_in(self, names: Sequence[str]) -> Q:
        return Q(domain__in=names)
