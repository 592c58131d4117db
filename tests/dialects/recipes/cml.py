"""How each operation of cml is called so that it works; see tests/isolation/recipes.py."""

from tests.dialects.recipes import cml_admin
from tests.isolation.recipes import Op

OPS: dict[str, Op] = {} | cml_admin.OPS
