"""The wire dialect of Google's Perspective API: it translates requests and replies, and keeps nothing of its own.

Path of a request: `views` (or a part of a `batch`) → `methods` → `calls` (key, quota, query) → `payload` (strict JSON,
else `lenient`) → `binding` (Google's rules over `schema`) → `analyze` or `suggest` → services → a reply, or an error
in Google's envelope (`errors`). `docs/reference/perspective.md` has the contract.
"""
