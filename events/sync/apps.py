from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "events.sync"
    label = "sync"
