"""A user's policy and numbers: the API that the source document writes."""

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from api.dialects.hippocampai.presenters import automation as present
from api.dialects.hippocampai.serializers import automation as words
from api.dialects.hippocampai.views.base import HippocampView
from api.native.users import StatisticsWords
from automation import controller, policies, vocabulary


class UserPolicy(HippocampView):
    """The policy of a user."""

    operations = {"GET": "policies.read", "POST": "policies.manage", "DELETE": "policies.manage"}
    heard = words.PolicyHeard
    told = {"POST": words.Done, "GET": words.PolicyTold, "DELETE": words.Done}

    def post(self, request: Request, user_id: str) -> Response:
        heard = self.hear(request)
        if heard.pop("user_id", user_id) != user_id:
            raise ValidationError({"user_id": "is another one than in the path"})
        controller.save(vocabulary.read(heard | {"user_id": user_id}))
        return self.answer(present.DONE)

    def get(self, request: Request, user_id: str) -> Response:
        row = controller.own(user_id)
        if row is None:
            raise NotFound
        return self.answer(present.policy(vocabulary.heard(row)))

    def delete(self, request: Request, user_id: str) -> Response:
        row = controller.own(user_id)
        if row is None or not policies.delete(row.pk):
            raise NotFound
        return self.answer(present.DONE)


class UserStatistics(HippocampView):
    """How much is remembered of a user."""

    told = {"GET": StatisticsWords}

    def get(self, request: Request, user_id: str) -> Response:
        return self.answer(present.statistics(controller.statistics(user_id)))
