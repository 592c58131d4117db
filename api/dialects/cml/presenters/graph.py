"""The graph of names: a node's id is its name."""

from typing import Any

from memory.graph import Edge, Graph, Node


def node(told: Node) -> dict[str, Any]:
    properties = {"memories": told.memories}
    return {"id": told.name, "entity": told.name, "entity_type": told.type, "properties": properties}


def edge(told: Edge) -> dict[str, Any]:
    return {
        "source": told.source,
        "target": told.target,
        "predicate": told.predicate,
        "confidence": told.confidence,
        "properties": {"memories": told.memories},
    }


def graph(told: Graph, center: str | None = None) -> dict[str, Any]:
    return {"nodes": list(map(node, told.nodes)), "edges": list(map(edge, told.edges)), "center_entity": center}


def hit(told: Node, tenant: str) -> dict[str, Any]:
    return {"entity": told.name, "entity_type": told.type, "tenant_id": tenant, "scope_id": "default"}
