"""What can be wrong with a webhook.

WebhookError
├── BadWebhook        an address, a type or a namespace that cannot be; `field` says which part
├── TooManyWebhooks   a tenant has as many as it may
├── NotReplayable     what is on its way, or waits, or was cancelled, is not sent anew
└── Disabled          nothing is sent to a webhook that is disabled
"""


class WebhookError(Exception):
    pass


class BadWebhook(WebhookError):
    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field} {detail}")
        self.field, self.detail = field, detail


class TooManyWebhooks(WebhookError):
    pass


class NotReplayable(WebhookError):
    pass


class Disabled(WebhookError):
    pass
