"""The messages of the Perspective API: which fields there are, and of which kind. Binding and discovery read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Union

Scalar = Literal["string", "bool", "float", "int32"]
# What one call may hold. Texts are measured in bytes of UTF-8 elsewhere; no other string is a text.
MAX_CALL_BYTES = 1 << 20
MAX_NAME_CHARACTERS = 100
MAX_ID_CHARACTERS = 1_000
MAX_ENTRIES = 100
MAX_SPANS = 1_000


@dataclass(frozen=True, slots=True)
class Enum:
    """An enumeration: names in the order of their numbers."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `kind` is a scalar, an enumeration or a message; `form` says how often it may come.

    At most `most` items of a list or a map are taken, and `characters` of a string, alone or in a list.
    """

    kind: Union[Scalar, Enum, "Message"]
    form: Literal["one", "list", "map"] = "one"
    most: int = MAX_ENTRIES
    characters: int = MAX_ID_CHARACTERS


@dataclass(frozen=True, slots=True)
class Message:
    """A message: field name in proto form (`client_token`) → field."""

    name: str
    fields: Mapping[str, Field]

    def find(self, name: str) -> str | None:
        """The proto name of a field that is called by its JSON name or by its proto name; None if there is none."""
        if name in self.fields:
            return name
        return next((proto for proto in self.fields if json_name(proto) == name), None)


def json_name(proto: str) -> str:
    """`client_token` as JSON has it, `clientToken`."""
    first, *rest = proto.split("_")
    return first + "".join(word.capitalize() for word in rest)


TEXT_TYPE = Enum("TextEntry.TextType", ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"))
SCORE_TYPE = Enum("Score.ScoreType", ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW"))

# How long a text may be is told in bytes and by the method; here the call's own size bounds it.
TEXT_ENTRY = Message("TextEntry", {"text": Field("string", characters=MAX_CALL_BYTES), "type": Field(TEXT_TYPE)})
ARTICLE_AND_PARENT = Message(
    "ArticleAndParentComment", {"article": Field(TEXT_ENTRY), "parent_comment": Field(TEXT_ENTRY)}
)
CONTEXT = Message(
    "Context", {"entries": Field(TEXT_ENTRY, "list"), "article_and_parent_comment": Field(ARTICLE_AND_PARENT)}
)
SCORE = Message("Score", {"value": Field("float"), "type": Field(SCORE_TYPE)})
SPAN_SCORE = Message("SpanScore", {"begin": Field("int32"), "end": Field("int32"), "score": Field(SCORE)})
ATTRIBUTE_SCORES = Message(
    "AttributeScores", {"summary_score": Field(SCORE), "span_scores": Field(SPAN_SCORE, "list", most=MAX_SPANS)}
)
ATTRIBUTE_PARAMETERS = Message(
    "AttributeParameters", {"score_type": Field(SCORE_TYPE), "score_threshold": Field("float")}
)

ANALYZE_REQUEST = Message(
    "AnalyzeCommentRequest",
    {
        "comment": Field(TEXT_ENTRY),
        "context": Field(CONTEXT),
        "requested_attributes": Field(ATTRIBUTE_PARAMETERS, "map"),
        "languages": Field("string", "list", characters=MAX_NAME_CHARACTERS),
        "span_annotations": Field("bool"),
        "do_not_store": Field("bool"),
        "drop_unsupported_attributes": Field("bool"),
        "client_token": Field("string"),
        "session_id": Field("string"),
        "community_id": Field("string"),
    },
)
ANALYZE_RESPONSE = Message(
    "AnalyzeCommentResponse",
    {
        "attribute_scores": Field(ATTRIBUTE_SCORES, "map"),
        "languages": Field("string", "list", characters=MAX_NAME_CHARACTERS),
        "detected_languages": Field("string", "list"),
        "client_token": Field("string"),
    },
)
SUGGEST_REQUEST = Message(
    "SuggestCommentScoreRequest",
    {
        "comment": Field(TEXT_ENTRY),
        "context": Field(CONTEXT),
        "attribute_scores": Field(ATTRIBUTE_SCORES, "map"),
        "languages": Field("string", "list", characters=MAX_NAME_CHARACTERS),
        "client_token": Field("string"),
        "session_id": Field("string"),
        "community_id": Field("string"),
    },
)
SUGGEST_RESPONSE = Message(
    "SuggestCommentScoreResponse",
    {
        "client_token": Field("string"),
        "requested_languages": Field("string", "list"),
        "detected_languages": Field("string", "list"),
    },
)
MESSAGES = (
    ANALYZE_REQUEST,
    ANALYZE_RESPONSE,
    SUGGEST_REQUEST,
    SUGGEST_RESPONSE,
    TEXT_ENTRY,
    CONTEXT,
    ARTICLE_AND_PARENT,
    ATTRIBUTE_PARAMETERS,
    ATTRIBUTE_SCORES,
    SPAN_SCORE,
    SCORE,
)
