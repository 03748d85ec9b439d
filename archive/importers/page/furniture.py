"""Page furniture, the text around an article: the forms it takes, and the kind each is kept as.

The rules match forms that sites share, never a particular site. `EVERYWHERE` is furniture anywhere on the page;
`AT_THE_END` only among the last lines, because the same words occur in articles.
"""

import re

_AGENCIES = (
    r"(?:AP|AFP|EPA|EFE|dpa|DPA|PA|Reuters|REUTERS|Getty(?: Images)?|Anadolu(?: Agency)?|AA|TASS|RIA(?: Novosti| News)?"
    r"|Sputnik|Xinhua|Shutterstock|iStock|Alamy|Bloomberg|Ria|UPI|ANP|Interfax|Kyodo|Yonhap|Unsplash|Wikimedia"
    r"(?: Commons)?)"
)

# One form per line; a line that begins with ~ continues the one above.
_EVERYWHERE = {
    "site_name": r"""
        site (?:icon|logo)\b.*
        (?:\S+ ){1,3}logo
    """,
    "navigation": r"""
        skip to (?:main )?(?:content|navigation).*
        (?:menu|search|home|close|open menu|main menu|toggle \w+)
        (?:sign in|log ?in|register|my account|subscribe|newsletters?)
        (?:previous|next)(?: (?:article|post)).*
        (?:back to top|go to top|view all|see all|show more|load more|loading\W*+)
        (?:latest|most (?:read|popular|viewed)|trending|editors?['’]? picks?)(?: news| stories)?
    """,
    "advertisement": r"""
        \W*(?:advertisements?|sponsored(?: content)?|ad|story continues below.*)\W*+
    """,
    "sharing": r"""
        share(?: this)?(?: article| story| post| page)?(?: (?:on|via|with)\b.{0,40})?
        (?:tweet|pin it|print|e-?mail|copy link|whatsapp|facebook|twitter|linkedin|telegram|reddit|x|save
        ~|like this:|listen|bookmark)(?: this(?: article| post)?)?
        follow (?:us|.{1,40}) on\b.{0,80}
        \d[\d,.]*[km]? (?:shares?|views?|likes?)
    """,
    "related": r"""
        (?:read (?:more|also|next|the full)|also read|see also|related(?: (?:articles?|stories|posts|news
        ~|topics?))?|more (?:on|from|about|stories)|recommended|you may also like|up next
        ~|keep reading)\b.{0,160}
        (?:tags?|filed under|categor(?:y|ies)|topics|keywords|posted in)\s*:.{0,200}
    """,
    "reading_time": r"""
        \W*\d+[ -]min(?:ute)?s?(?: read| reading(?: time)?)?\W*+
        reading time.{0,30}
    """,
    "support": r"""
        liked it\?.*
        (?:please )?(?:support|help) (?:us\b(?! ?,)|our (?:work|journalis\w+|team|site|newsroom|reporting)\b
        ~|(?:independent|quality|free) (?:journalism|media|news|reporting)\b).{0,200}
        (?:please )?donate(?: now| here| today)?\W*+
        take a second to support.*
        buy me a coffee.*
        become a (?:patron|member|supporter|subscriber)\b.{0,200}
        if you (?:like|liked|enjoy|enjoyed|value|appreciate)\b.{0,120}\b(?:support|donat|subscri
        ~|member)\w*.{0,120}
    """,
    "subscription": r"""
        (?:subscribe|sign up|register|log in)\b.{0,40}\b(?:newsletter|updates?|alerts?|to continue|to read|now
        ~|today|inbox|unlimited|free)\b.{0,160}
        join our (?:newsletter|mailing list|channel)\b.{0,160}
        already a (?:subscriber|member).{0,80}
        get (?:the |our |your )?.{0,40}\b(?:newsletter|inbox|briefing)\b.*
        (?:this (?:article|story|content) is|you have \w+ free).{0,60}(?:subscribers?|premium
        ~|articles? left).{0,60}
        (?:please )?contact us for subscription.*
    """,
    "app": r"""
        (?:exit|switch to|view) (?:the )?mobile (?:version|site)
        (?:view|open) in (?:app|browser)\b.*
        (?:download|get|install|try) (?:the |our )?(?:\S+ ){0,3}app\b.{0,120}
        (?:available|download) on the app store.*
        get it on google play.*
        (?:app store|google play)
        scan the qr.*
        desktop (?:version|site)
    """,
    "comment_prompt": r"""
        (?:leave|add|post|write|submit) (?:a|your) (?:reply|comment|response)(?: (?:to|below|here)\b.{0,80})?\W*+
        cancel (?:the )?reply\W*+
        your e-?mail (?:address )?will not be published.*
        required fields are marked.*
        (?:please )?enter your (?:\S+ ){0,2}(?:comment|name|e-?mail|website)\b.{0,80}
        save my name,? e-?mail.*
        notify me (?:of|when|by)\b.*
        (?:post|submit|send) (?:comment|reply)
        (?:comment|name|e-?mail|website)\s*(?:\*|\(required\)|:)?
        this site uses akismet.*
        (?:you must|please|you need to|you have to) (?:be logged in|log ?in|sign in|register)\b.{0,80}
        log ?in to (?:leave|post|reply|comment)\b.*
        learn how your comment data is processed.*
        comments? (?:are|is) (?:closed|moderated|off|disabled).{0,60}
        (?:join|start) the (?:conversation|discussion).*
        be the first to comment.*
        (?:view|show|hide|see|read) (?:all |\d+ )*comments?(?: \(\d+\))?
        Δ|no comments(?: yet)?
    """,
    "comments_heading": r"""
        (?:\d+|one|two|three|four|five) (?:comments?|replies|responses?|thoughts?)\b.{0,200}
        (?:reader )?comments?(?: section)?\s*(?:\(\d+\)|:|\d+)?
        what (?:people|readers) (?:are saying|say|think)
    """,
    "copyright": r"""
        (?:copyright\b.*|.{0,60}\ball rights reserved\b.*|(?:©|\(c\))\s*(?:copyright )?\d{4}\b.*)
    """,
    "notice": r"""
        (?:this|our) (?:web)?site uses cookies.*
        (?:accept|manage|reject) (?:all )?cookies.*
        (?:privacy policy|terms (?:of (?:use|service)|and conditions)|cookie policy|contact us|about us)
    """,
}

_AT_THE_END = {
    "subscription": r"""
        \bsubscri(?:be|bers?|ptions?)\b
        \bnewsletter\b
        \bpaywall\b
    """,
    "support": r"""
        \b(?:patreon|paypal|ko-fi|donat(?:e|ion|ions))\b
        \bsupport (?:us|our work|our journalis[mt]s?)\b
    """,
    "app": r"""
        \bmobile (?:app|version)\b
        \b(?:app store|google play)\b
        \bour app\b
    """,
    "sharing": r"""
        \bfollow us\b
        \bjoin (?:us|our (?:channel|group))\b
    """,
    "notice": r"""
        \bfull or partial reproduction\b
        \bviews expressed\b
        \bany use of (?:materials|content)\b
    """,
}

_CREDITS = [
    # Name / Agency, AGENCY/Name, a sentence and then the agency alone
    rf"(?:^|[.!?…”\"’')\]]\s+|\s[–—|-]\s*)(?:[\w.’'-]+ ){{1,5}}?/ ?{_AGENCIES}[\w /]*",
    rf"\b{_AGENCIES} ?/ ?[A-Z][\w.’'-]*(?: [\w.’'-]+){{0,3}}",
    rf"(?:[.!?…”\"’')\]]\s+|\s[–—|-]\s+|/ ?){_AGENCIES}(?: via [\w ]+)?",
    # (AP Photo/Name), [File: Name/Agency], (Photo by Name)
    r"[(\[][^()\[\]]*\b(?i:photo|image|picture|file|courtesy)\b[^()\[\]]*[)\]]",
    rf"[(\[](?:[^()\[\]/]*/ ?{_AGENCIES}|{_AGENCIES}(?:/[^()\[\]]*)?)[)\]]",
    r"(?i:\b(?:photo|image|picture|graphic|credit)s?(?: credit)?(?: by| courtesy(?: of)?)?\s*: ?[^.]{2,80})",
    r"(?i:\bfile (?:photo|picture|image))",
]
_CREDIT = re.compile(rf"(?:{'|'.join(_CREDITS)})\.?$")
_CAPTION_BEGINS = re.compile(
    r"(?i:(?:file )?photos?\s*[:(–—-]|image (?:source|caption|credit)\b|(?:photo|picture) caption\b"
    r"|in this .{0,40}\bphoto\b|pictured\s*:|caption\s*:)"
)
_COPYRIGHT_SIGN = re.compile(r"©|^\([cC]\) [A-Z][\w.’'-]*(?: [\w.’'-]+){0,6}$")
_GOES_ON = re.compile(r"(?<!\s)\s++~")
_MAX_CAPTION = 600
_MAX_FURNITURE = 400


def _compiled(table: dict[str, str], form: str) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (kind, re.compile(form.format("|".join(line.strip() for line in _lines(forms))), re.IGNORECASE))
        for kind, forms in table.items()
    ]


def _lines(forms: str) -> list[str]:
    return _GOES_ON.sub("", forms.strip()).split("\n")


# Kinds whose words also begin sentences of articles: a whole sentence is never of these kinds.
_NEVER_A_SENTENCE = frozenset({"navigation", "sharing", "related", "comments_heading"})
_SENTENCE = re.compile(r"(?:\S+\s+){5,}\S*[.!?][”\"’')\]]*")

EVERYWHERE = _compiled(_EVERYWHERE, r"\W{{0,3}}(?:{})\W{{0,3}}")
AT_THE_END = _compiled(_AT_THE_END, r"(?:{})")


def furniture_kind(text: str) -> str | None:
    """Returns the kind of furniture of `text`, judged by its words alone, or None."""
    if len(text) > _MAX_FURNITURE:
        return None
    kind = next((kind for kind, form in EVERYWHERE if form.fullmatch(text)), None)
    return None if kind in _NEVER_A_SENTENCE and _SENTENCE.fullmatch(text) else kind


def closing_kind(text: str) -> str | None:
    """Returns the kind of furniture of `text` if it is at the end of a page, or None."""
    kind = furniture_kind(text)
    if kind or len(text) > _MAX_FURNITURE:
        return kind
    return next((kind for kind, form in AT_THE_END if form.search(text)), None)


def is_caption(text: str) -> bool:
    """Says whether `text` is a photo's caption: it ends with a credit, or begins like a caption."""
    if len(text) > _MAX_CAPTION:
        return False
    return bool(_CREDIT.search(text) or _CAPTION_BEGINS.match(text) or (_COPYRIGHT_SIGN.search(text)))
