"""Which facts somebody wants to hear: one filter for the feed, for sockets and for webhooks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from events.models import Event
from events.types import CATALOGUE

MOST = 100  # names of one kind in a filter


class BadWanted(ValueError):
    """`field` is the part that cannot be."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field, self.detail = field, detail


@dataclass(frozen=True)
class Wanted:
    """Which facts; an empty field does not narrow. In `types` a name that ends in `.*` stands for all that begin so.

    `users` and `namespaces` narrow to facts that name one of them in their data, and so do `jobs` to those of runs;
    `subjects` are ids.
    """

    types: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()

    def hears(self, fact: dict[str, Any]) -> bool:
        """Whether a fact, as feed.as_json tells it, is wanted."""
        data = fact["data"]
        return (
            (not self.types or any(_is(fact["type"], type) for type in self.types))
            and (not self.users or data.get("user_id") in self.users)
            and (not self.namespaces or data.get("namespace") in self.namespaces)
            and (not self.subjects or fact["subject"]["id"] in self.subjects)
            and (not self.jobs or data.get("job") in self.jobs)
        )

    def narrow(self, rows: QuerySet[Event]) -> QuerySet[Event]:
        """The same for rows."""
        if self.types:
            rows = rows.filter(typed(self.types))
        told = {
            "data__user_id__in": self.users,
            "data__namespace__in": self.namespaces,
            "subject_id__in": self.subjects,
            "data__job__in": self.jobs,
        }
        return rows.filter(**{name: list(values) for name, values in told.items() if values})


EVERYTHING = Wanted()


def wanted(
    types: Sequence[str] = (), users: Sequence[str] = (), namespaces: Sequence[str] = (), subjects: Sequence[str] = ()
) -> Wanted:
    """A filter of what was asked for. Raises BadWanted."""
    told = {"types": types, "users": users, "namespaces": namespaces, "subjects": subjects}
    for field, values in told.items():
        if not isinstance(values, list | tuple) or not all(isinstance(name, str) and name for name in values):
            raise BadWanted(field, "must be a list of names")
        if len(values) > MOST:
            raise BadWanted(field, f"must be at most {MOST} names")
    for type in types:
        if not known(type):
            raise BadWanted("types", f"`{type[:64]}` is no type of the catalogue, nor the beginning of one with `.*`")
    return Wanted(**{field: tuple(sorted(set(values))) for field, values in told.items()})


def known(type: str) -> bool:
    """Whether there is such a type, or one that begins so when it ends in `.*`."""
    return type in CATALOGUE or (type.endswith(".*") and any(_is(name, type) for name in CATALOGUE))


def typed(types: Iterable[str]) -> Q:
    """Rows whose `type` is one of these, or begins so."""
    return Q(type__in=[name for name in CATALOGUE if any(_is(name, type) for type in types)])


def _is(name: str, type: str) -> bool:
    return name == type or (type.endswith(".*") and name.startswith(type[:-1]))
