"""ASGI: HTTP through Django, /ws through Channels. What takes seconds to load is loaded while the server starts."""

import os
import threading

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  needs the apps above

from api.sockets import websocket_urlpatterns  # noqa: E402
from api.sockets.door import unlogged  # noqa: E402
from config.checks import refuse_unsafe_start  # noqa: E402
from config.lifespan import lifespan  # noqa: E402
from memory import embeddings  # noqa: E402
from memory.algorithms import temporal  # noqa: E402

refuse_unsafe_start()
application = ProtocolTypeRouter(
    {"http": django_application, "websocket": unlogged(URLRouter(websocket_urlpatterns)), "lifespan": lifespan}
)


def _warm() -> None:
    """The first search would otherwise pay seconds for the model, and the first with time words for the languages."""
    embeddings.warm()
    temporal.warm()


threading.Thread(target=_warm, name="warm", daemon=True).start()
