"""A person's own settings, and their macros."""

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moderation.desk.access import Person, desk_view
from moderation.desk.forms import MacroForm, SettingsForm, add_service_error
from moderation.desk.responses import address, desk_page, go
from moderation.services.accounts.desk_settings import desk_settings_save
from moderation.services.accounts.macros import macro_remove, macro_save
from moderation.services.errors import ServiceError
from moderation.services.review.actions import ACTION_RULES


@desk_view()
def own_settings(request: HttpRequest, person: Person) -> HttpResponse:
    """Shows and stores the person's settings and macros."""
    posted = request.POST if request.method == "POST" else None
    macro = MacroForm(posted if posted and "macro" in posted else None)
    form = SettingsForm(posted if not macro.is_bound else None, initial=asdict(person.settings), label_suffix="")
    if posted is not None and "remove" in posted:
        macro_remove(user=person.user, key=posted["remove"], stored=person.stored)
        messages.success(request, _("The macro is gone."))
        return go(address("settings"))
    if (macro.is_bound and _macro_kept(request, person, macro)) or (form.is_bound and _kept(request, person, form)):
        return go(address("settings"))
    refused = form.errors or macro.errors
    return desk_page(
        request,
        person,
        "settings",
        title=_("Your settings"),
        status=400 if refused else 200,
        form=form,
        macro_form=macro,
    )


def _kept(request: HttpRequest, person: Person, form: SettingsForm) -> bool:
    try:
        if form.is_valid():
            desk_settings_save(user=person.user, settings=form.settings())
            messages.success(request, _("Your settings are stored."))
    except ServiceError as error:
        add_service_error(form, error)
    return not form.errors


def _macro_kept(request: HttpRequest, person: Person, form: MacroForm) -> bool:
    takes_reason = {action: rule.takes_reason for action, rule in ACTION_RULES.items()}
    try:
        if form.is_valid():
            macro_save(user=person.user, macro=form.macro(), stored=person.stored, actions=takes_reason)
            messages.success(request, _("The macro is kept: press %(key)s.") % {"key": form.cleaned_data["key"]})
    except ServiceError as error:
        add_service_error(form, error)
    return not form.errors
