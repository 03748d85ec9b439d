"""Pages as a browser saves them as text, after the public templates of themes and comment systems. All words are ours.

`THREADS`: the page, then name and text of each comment that is to be read. `NO_THREADS`: what only looks like one.
"""

ARTICLE = """The ferry is late again

By Edna Editor

The morning ferry left the pier forty minutes late on Monday, the harbour office said.

Nobody was on board but the captain, who had brought his own coffee.

"""

ANN = "Late again, and nobody says why."
BEN = "It was the fog.\n\nIt is always the fog."
CEM = "I took the bus."
BOTH = [("Ann Smith", ANN), ("Ben Lee", BEN)]

THREADS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    # WordPress, wp-includes/class-walker-comment.php, html5_comment(): name "says:", date, text, Reply.
    "wordpress-html5": (
        (
            f"{ARTICLE}2 comments\n\nAnn Smith says:\nMay 3, 2021 at 4:05 pm\n\n{ANN}\n\nReply\n\n"
            f"Ben Lee says:\nMay 3, 2021 at 5:05 pm\n\n{BEN}\n\nReply\n"
        ),
        BOTH,
    ),
    # Twenty Twenty-Two, patterns/hidden-comments.html (blocks comment-author-name, comment-date, comment-content).
    "wordpress-blocks": (
        (
            f"{ARTICLE}2 responses to “The ferry is late again”\n\nAnn Smith\n\nMay 3, 2021\n\n{ANN}\n\nReply\n\n"
            f"Ben Lee\n\nMay 3, 2021\n\n{BEN}\n\nReply\n\nLeave a Reply\n\nYour email address will not be published.\n"
        ),
        BOTH,
    ),
    # Disqus' embed: name, bullet, relative time; the foot of a post is "Reply" and "Share".
    "disqus": (
        (
            f"{ARTICLE}2 Comments\n\nAnn Smith • 2 hours ago\n\n{ANN}\n\nReply\n\nShare ›\n\n"
            f"Ben Lee • an hour ago\n\n{BEN}\n\nReply\n\nShare ›\n"
        ),
        BOTH,
    ),
    # Isso, isso/js/app/templates/comment.js: author, a dash, ago; "Reply" and votes at the foot.
    "isso": (
        f"{ARTICLE}2 Comments\n\nAnn Smith — 3 days ago\n\n{ANN}\n\nReply\n\nBen Lee — 2 days ago\n\n{BEN}\n\nReply\n",
        BOTH,
    ),
    # Ghost, apps/comments-ui: name, relative time, text, a like button, Reply.
    "ghost": (
        (
            f"{ARTICLE}Member discussion\n\n2 comments\n\nAnn Smith\n2 hours ago\n\n{ANN}\n\n3 likes\n\nReply\n\n"
            f"Ben Lee\n1 hour ago\n\n{BEN}\n\n1 like\n\nReply\n"
        ),
        BOTH,
    ),
    # Coral, client/src/core/client/stream/tabs/Comments/Comment: name, time, body, then the row of buttons.
    "coral": (
        (
            f"{ARTICLE}Comments (2)\n\nAnn Smith\n2 hours ago\n{ANN}\n\nReply\nShare\nReport\n\n"
            f"Ben Lee\n1 hour ago\n{BEN}\n\nReply\nShare\nReport\n"
        ),
        BOTH,
    ),
    # remark42, frontend/apps/remark42/app/components/comment: name, time, text, Reply.
    "remark42": (
        (
            f"{ARTICLE}3 comments\n\nAnn Smith\n2 hours ago\n\n{ANN}\n\nReply\n\n"
            f"kaptan77\n1 hour ago\n\n{CEM}\n\nReply\n\n"
            f"Ben Lee\n1 minute ago\n\n{BEN}\n\nReply\n"
        ),
        [("Ann Smith", ANN), ("kaptan77", CEM), ("Ben Lee", BEN)],
    ),
    # Commento, frontend/js/commento.js: name, time ago, text; buttons are icons, so that no word closes a comment.
    "commento": (f"{ARTICLE}2 comments\n\nAnn Smith\n2 hours ago\n\n{ANN}\n\nBen Lee\n1 hour ago\n\n{BEN}\n", BOTH),
    # Drupal, core/themes/olivero/templates/content/comment.html.twig: name, date, text, links.
    "drupal": (
        (
            f"{ARTICLE}Comments\n\nAnn Smith\n3 May 2021 - 16:05\n\n{ANN}\n\nReply\n\n"
            f"Ben Lee\n3 May 2021 - 17:05\n\n{BEN}\n\nReply\n"
        ),
        BOTH,
    ),
    # Without a count: each comment ends with Reply, and links to other articles follow.
    "reply-and-links": (
        (
            f"{ARTICLE}Ann Smith\n2 hours ago\n\n{ANN}\n\nReply\n\nBen Lee\n1 hour ago\n\n{BEN}\n\nReply\n\n"
            "Related stories\n\nCouncil sells the pier, 2 hours ago\n\nBus fares rise, 3 hours ago\n"
        ),
        BOTH,
    ),
    # News sites with a system of their own: name, comma, relative time on one line.
    "name-comma-ago": (
        f"{ARTICLE}2 Comments\n\nAnn Smith, 2 hours ago\n\n{ANN}\n\nBen Lee, 45 minutes ago\n\n{BEN}\n",
        BOTH,
    ),
}

NO_THREADS = {
    "menu": f"Subscribe | Log in\n\nNews\nSport\nTown\n\n{ARTICLE}Home\nAbout\nContact\n",
    "related-links": (
        f"{ARTICLE}Related stories\n\nCouncil sells the lighthouse, 2 hours ago\n\nBus fares rise, 5 hours ago\n\n"
        "Pier closed, 1 day ago\n"
    ),
    "latest-with-teasers": (
        f"{ARTICLE}Latest\n\nBus Fares Rise\n2 hours ago\n\nFares rise by a tenth from Monday on.\n\n"
        "Pier Closed\n5 hours ago\n\nThe pier is closed until spring.\n"
    ),
    "author-box": (
        f"{ARTICLE}About the author\n\nEdna Editor\nMay 3, 2021\n\n"
        "Edna writes about ships, and has done so for years.\n\nFollow\n"
    ),
    "byline-with-a-count": (
        "The ferry is late again\n\n2 Comments\n\nEdna Editor\nMay 3, 2021\n\n"
        "The morning ferry left the pier forty minutes late on Monday.\n\nNobody was on board but the captain.\n"
    ),
}
