"""The graph of people, topics and users, and of what the memories that name them say of one another."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.cml.presenters import graph as presenters
from api.dialects.cml.serializers import asking, shown
from api.dialects.cml.views.admin import AdminView
from memory import graph
from memory.graph import Graph
from memory.types import EVERYTHING, Scope


class GraphStats(AdminView):
    """How large the graph is."""

    told = {"GET": shown.GraphStats}

    def get(self, request: Request) -> Response:
        size = graph.size()
        told = {"total_nodes": sum(size.types.values()), "total_edges": size.edges, "entity_types": size.types}
        return self.answer(told | {"tenants_with_graph": [self.tenant.slug] if size.types else []})


class GraphOverview(AdminView):
    """The commonest names, and what is between them."""

    asked = asking.Place
    told = {"GET": shown.Graph}

    def get(self, request: Request) -> Response:
        return self.answer(presenters.graph(graph.overview(_place(self.ask(request)))))


def _place(asked: dict[str, Any]) -> Scope:
    name = asked.get("scope_id", "")
    return EVERYTHING if name in ("", "default") else Scope(namespace=name)


class GraphExplore(AdminView):
    """What is near to a name; nothing, where no memory says it."""

    asked = asking.Explore
    told = {"GET": shown.Graph}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        found = graph.around(asked["entity"], _place(asked), asked["depth"])
        return self.answer(presenters.graph(found or Graph((), ()), asked["entity"] if found else None))


class GraphSearch(AdminView):
    """Names that hold a text."""

    asked = asking.Search
    told = {"GET": shown.GraphHits}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        found = graph.searched(asked["query"], limit=asked["limit"])
        return self.answer({"results": [presenters.hit(node, self.tenant.slug) for node in found]})


class Neo4jConfig(AdminView):
    """Where a Neo4j would stand: there is none, the graph is in PostgreSQL."""

    operations = {"GET": "tenant.settings"}
    told = {"GET": shown.Neo4jConfig}

    def get(self, request: Request) -> Response:
        return self.answer({"server_url": "", "server_user": "", "server_password": ""})
