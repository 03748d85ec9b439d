"""The discovery document: what google-api-python-client and Node's googleapis build their client from."""

from typing import Any

from moderation.perspective.messages.schema import MESSAGES, Enum, Field, Message, json_name

Json = dict[str, Any]

VERSION = "v1alpha1"
REVISION = "20261101"
DESCRIPTIONS = {
    "analyze": "Scores a text for the requested attributes.",
    "suggestscore": "Suggests scores for a text; they are kept as feedback.",
}
METHODS = {
    "analyze": ("AnalyzeCommentRequest", "AnalyzeCommentResponse"),
    "suggestscore": ("SuggestCommentScoreRequest", "SuggestCommentScoreResponse"),
}
PARAMETERS: Json = {
    "$.xgafv": {"description": "Accepted and ignored.", "enum": ["1", "2"], "enumDescriptions": ["v1", "v2"]},
    "access_token": {"description": "A key of this server."},
    "alt": {"description": "The form of the reply.", "default": "json", "enum": ["json"], "enumDescriptions": ["JSON"]},
    "callback": {"description": "Accepted and ignored."},
    "fields": {"description": "Which fields of the reply are wanted."},
    "key": {"description": "A key of this server with the scope analyze."},
    "oauth_token": {"description": "A key of this server."},
    "prettyPrint": {"description": "Whether the reply is indented.", "type": "boolean", "default": "true"},
    "quotaUser": {"description": "Accepted and ignored."},
    "uploadType": {"description": "Accepted and ignored."},
    "upload_protocol": {"description": "Accepted and ignored."},
}
SCALARS: dict[str, Json] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "float": {"type": "number", "format": "float"},
    "int32": {"type": "integer", "format": "int32"},
}


def discovery_document(root: str, languages: str = "") -> Json:
    """The document of a server whose addresses begin with `root`, which ends with a slash.

    `languages` says in words which are served.
    """
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"commentanalyzer:{VERSION}",
        "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer",
        "version": VERSION,
        "revision": REVISION,
        "title": "Moderato, in the form of the Perspective Comment Analyzer API",
        "description": f"Scores comments for toxicity and kindred attributes. {languages}".rstrip(),
        "protocol": "rest",
        "rootUrl": root,
        "baseUrl": root,
        "basePath": "",
        "servicePath": "",
        "batchPath": "batch",
        "parameters": {name: {"location": "query", "type": "string", **rest} for name, rest in PARAMETERS.items()},
        "schemas": {message.name: _schema(message) for message in MESSAGES},
        "resources": {"comments": {"methods": {name: _method(name) for name in METHODS}}},
    }


def _method(name: str) -> Json:
    request, response = METHODS[name]
    path = f"{VERSION}/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "description": DESCRIPTIONS[name],
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": request},
        "response": {"$ref": response},
    }


def _schema(message: Message) -> Json:
    properties = {json_name(proto): _property(field) for proto, field in message.fields.items()}
    return {"id": message.name, "type": "object", "properties": properties}


def _property(field: Field) -> Json:
    inner = _kind(field)
    if field.form == "list":
        return {"type": "array", "items": inner}
    return {"type": "object", "additionalProperties": inner} if field.form == "map" else inner


def _kind(field: Field) -> Json:
    if isinstance(field.kind, Message):
        return {"$ref": field.kind.name}
    if isinstance(field.kind, Enum):
        values = list(field.kind.values)
        return {"type": "string", "enum": values, "enumDescriptions": [""] * len(values)}
    return dict(SCALARS[field.kind])
