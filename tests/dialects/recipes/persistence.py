"""How each operation of persistence is called so that it works; see tests/isolation/recipes.py."""

from tests.isolation.recipes import Op

OPS: dict[str, Op] = {}
