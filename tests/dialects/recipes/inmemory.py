"""How each operation of InMemory is called so that it works; see tests/isolation/recipes.py."""

from tests.isolation.recipes import Op

OPS: dict[str, Op] = {
    "GET v1/auth/validate": Op(),
    "POST v1/memories": Op({"memory_content": "Ada takes her tea without sugar.", "user_id": "$user"}),
}
