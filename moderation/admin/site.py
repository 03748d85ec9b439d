"""The admin site's name, and the limits on searches in its lists."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.utils.translation import gettext_lazy as _

# Lists join the words with AND, and SQLite refuses expressions of some hundred terms.
MAX_SEARCH_WORDS = 16
MAX_SEARCH_CHARACTERS = 500

admin.site.site_header = "Moderato"
admin.site.site_title = "Moderato"
admin.site.index_title = _("Archive and moderation")
# There is no public site to link to.
admin.site.site_url = None


class BoundedSearchForm(ChangeListSearchForm):
    """The search form of lists; a search that is too long is refused and the whole list is shown."""

    def clean(self) -> dict[str, Any]:
        """Returns the fields; adds an error, which removes the search, if it is too long."""
        text = self.cleaned_data.get(SEARCH_VAR) or ""
        if len(text) > MAX_SEARCH_CHARACTERS:
            self._refuse(f"A search has at most {MAX_SEARCH_CHARACTERS} characters.")
        elif len(text.split()) > MAX_SEARCH_WORDS:
            self._refuse(f"A search has at most {MAX_SEARCH_WORDS} words.")
        return self.cleaned_data

    def _refuse(self, words: str) -> None:
        self.add_error(SEARCH_VAR, forms.ValidationError(words))


# Applies to every list of the site, including those of Django and of libraries.
ChangeList.search_form_class = BoundedSearchForm
