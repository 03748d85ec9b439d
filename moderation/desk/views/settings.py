"""A person's own settings, and the list of keys."""

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moderation.desk.access import Person, desk_view
from moderation.desk.forms import SettingsForm, add_service_error
from moderation.desk.responses import address, desk_page, go
from moderation.services.accounts.desk_settings import desk_settings_save
from moderation.services.errors import ServiceError


@desk_view()
def own_settings(request: HttpRequest, person: Person) -> HttpResponse:
    """Shows and stores the person's settings."""
    form = SettingsForm(request.POST or None, initial=asdict(person.settings), label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            desk_settings_save(user=person.user, settings=form.settings())
        except ServiceError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Your settings are stored."))
            return go(address("settings"))
    return desk_page(
        request, person, "settings", title=_("Your settings"), status=400 if form.errors else 200, form=form
    )
