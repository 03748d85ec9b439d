"""The admin site's name, and the bound on what its lists are searched for."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.utils.translation import gettext_lazy as _

# A list joins the words by AND: past some hundreds of them SQLite refuses the expression.
MAX_SEARCH_WORDS = 16
MAX_SEARCH_CHARACTERS = 500

admin.site.site_header = "Moderato"
admin.site.site_title = "Moderato"
admin.site.index_title = _("Archive and moderation")
# There is no public site behind the archive that a link could open.
admin.site.site_url = None


class BoundedSearchForm(ChangeListSearchForm):
    """The search of a list; one that is too long is refused and the whole list shown."""

    def clean(self) -> dict[str, Any]:
        """Returns the fields; one that is too long is none of them and is told."""
        text = self.cleaned_data.get(SEARCH_VAR) or ""
        if len(text) > MAX_SEARCH_CHARACTERS:
            self._refuse(f"A search has at most {MAX_SEARCH_CHARACTERS} characters.")
        elif len(text.split()) > MAX_SEARCH_WORDS:
            self._refuse(f"A search has at most {MAX_SEARCH_WORDS} words.")
        return self.cleaned_data

    def _refuse(self, words: str) -> None:
        self.add_error(SEARCH_VAR, forms.ValidationError(words))


# Every list of the site has it, those of Django and of the libraries too.
ChangeList.search_form_class = BoundedSearchForm
