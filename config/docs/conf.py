"""How the documentation becomes one site: `.venv/bin/sphinx-build -W -c config/docs docs var/site`."""

project = "Moderato"
html_title = "Moderato"
extensions = ["myst_parser", "sphinxcontrib.mermaid"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_extra_path: list[str] = []
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
html_show_sphinx = False
html_copy_source = False
