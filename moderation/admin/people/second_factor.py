"""A person's page for their second factor: set up, asked for after the login, recovery codes made anew."""

import base64
import io
from typing import Any, cast

import qrcode
import qrcode.image.svg
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from moderation.models import SecondFactor
from moderation.services.accounts.second_factor import (
    SESSION_HAS_ONE,
    SESSION_VERIFIED,
    recovery_codes_replace,
    second_factor_begin,
    second_factor_confirm,
    second_factor_of,
    second_factor_verify,
)
from moderation.services.errors import ServiceError

MAX_CODE = 40


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=MAX_CODE,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


@admin.site.admin_view
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Sets up, asks for a code, or shows that all is done, whichever comes next."""
    user = cast("User", request.user)
    if second_factor_of(user=user) is None:
        return _set_up(request, user)
    if request.session.get(SESSION_VERIFIED) != user.pk:
        return _ask(request, user)
    codes = recovery_codes_replace(user=user) if request.method == "POST" else []
    return _page(request, codes=codes, done=True)


def _set_up(request: HttpRequest, user: User) -> HttpResponse:
    device, form = second_factor_begin(user=user), CodeForm(request.POST or None, label_suffix="")
    if form.is_valid():
        try:
            codes = second_factor_confirm(user=user, code=form.cleaned_data["code"])
        except ServiceError as error:
            form.add_error("code", error.errors[0].detail if error.errors else error.detail)
        else:
            _verified(request, user)
            return _page(request, codes=codes, done=True)
    return _page(request, form=form, picture=_picture(device), key=_key(device), status=400 if form.errors else 200)


def _ask(request: HttpRequest, user: User) -> HttpResponse:
    form = CodeForm(request.POST or None, label_suffix="")
    if form.is_valid():
        try:
            second_factor_verify(user=user, code=form.cleaned_data["code"])
        except ServiceError as error:
            form.add_error("code", error.errors[0].detail if error.errors else error.detail)
        else:
            _verified(request, user)
            return HttpResponseRedirect(_next(request))
    return _page(request, form=form, status=400 if form.errors else 200)


def _verified(request: HttpRequest, user: User) -> None:
    # As after a login: a session's id that was known before the code is worth nothing after it.
    request.session.cycle_key()
    request.session[SESSION_VERIFIED], request.session[SESSION_HAS_ONE] = user.pk, True


def _next(request: HttpRequest) -> str:
    to = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if safe else reverse("admin:index")


def _picture(device: SecondFactor) -> str:
    """Returns the QR code of the app's address, on white, as a data URL: the key must be in no picture's address."""
    drawn = io.BytesIO()
    qrcode.make(device.config_url, image_factory=qrcode.image.svg.SvgPathFillImage).save(drawn)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode("ascii")


def _key(device: SecondFactor) -> str:
    """Returns the key for typing, in groups of four."""
    key = base64.b32encode(device.bin_key).decode("ascii")
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def _page(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    shown = {**admin.site.each_context(request), "title": _("Second factor"), "next": _next(request), **context}
    return TemplateResponse(request, "admin/moderation/second_factor.html", shown, status=status)
