"""People in the console: each change of one is a fact of the platform, without their names and addresses."""

from typing import Any

from django.db import models, transaction
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm

from events import ledger
from tenants.models import User


class PasswordChange(AdminPasswordChangeForm):
    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        person = super().save(commit)
        ledger.record("person.changed", person, fields=["password"])
        return person


class ToldPeople:
    """Goes before the admin class of people."""

    change_password_form = PasswordChange

    @transaction.atomic
    def save_model(self, request: HttpRequest, person: User, form: Any, change: bool) -> None:
        super().save_model(request, person, form, change)  # type: ignore[misc]  # of the admin class behind it
        if not change:
            ledger.record("person.added", person)
        elif form.changed_data:
            ledger.record("person.changed", person, fields=sorted(form.changed_data))

    @transaction.atomic
    def delete_model(self, request: HttpRequest, person: User) -> None:
        ledger.record("person.removed", person)
        super().delete_model(request, person)  # type: ignore[misc]

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, people: models.QuerySet[User]) -> None:
        ledger.record_all("person.removed", [(person, {}) for person in people])
        super().delete_queryset(request, people)  # type: ignore[misc]
