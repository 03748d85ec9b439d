"""Fixtures: comments with scores and reviews, people of each role, small checkpoints to convert."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from archive.models import Comment, Source
from moderation.models import Decision, ModelVersion, Moderator, PolicyVersion, Review, Score, State
from moderation.policies import Features, judge, parse_policy
from moderation.scoring import ATTRIBUTES, describe
from moderation.scoring.catalogue.descriptions import MODELS
from moderation.services.ledger.append import decision_row

# These tests need thresholds that stay the same when those of the built-in policy change.
CONDITIONS = [{"attribute": "toxicity", "gte": 0.8}, {"attribute": "insult", "gte": 0.7}]
RULES = [{"id": "flag-toxic", "when": {"any": CONDITIONS}, "action": "queue"}]
POLICY = {"schema": 1, "name": "Tests", "rules": RULES}

# Small checkpoints in each of Detoxify's architectures, with seeded random weights.
SAID = ("Good morning, all of you.", "You fool!", "The pier, the market and the bridge were built long ago.")
SMALL = {
    "hidden_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "initializer_range": 0.1,
}


@pytest.fixture
def make_review(db: None) -> Callable[..., Review]:
    """Scores a comment and judges it by `POLICY`: `make_review(comment, toxicity=0.9, held=True)`."""
    model = ModelVersion.objects.create(
        name="compact", version=describe("compact").version, sha256="0" * 64, languages=["en"], active=True
    )
    PolicyVersion.objects.update(active=False, status="retired")
    policy = PolicyVersion.objects.create(version=7, body=POLICY, sha256="0" * 64, active=True, status="active")
    rules = parse_policy(POLICY, version=7)

    def make(comment: Comment, **columns: Any) -> Review:
        scores = {name: columns.pop(name) for name in Score.ATTRIBUTES if name in columns} or {"toxicity": 0.1}
        scored = {"comment": comment, "model": model, "revision": comment.revision, "text_hash": comment.text_hash}
        score = Score.objects.create(**scored, language="en", **scores)
        where = {"source": comment.source.slug, "section": comment.article.section}
        verdict = judge(rules, scores, features=Features(), **where)
        comment.taken_revision = comment.revision
        comment.save(update_fields=["taken_revision"])
        defaults = {
            "source": comment.source,
            "article": comment.article,
            "created_at": comment.created_at,
            "state": State.PENDING if verdict.flagged else State.PASSED,
            "flagged": verdict.flagged,
            "risk": verdict.risk,
            "uncertainty": verdict.uncertainty,
            "score": score,
            **score.columns(),
            "policy": policy,
            "verdict": verdict.as_json(),
        }
        return Review.objects.create(comment=comment, **{**defaults, **columns})

    return make


@pytest.fixture
def decided_archive(make_comment: Callable[..., Comment], make_review: Callable[..., Review]) -> Callable[[int], None]:
    """Makes an archive of comments, flagged from 0.8 on and half of the rest drawn, all decided by Ada.

    She rejects every comment from 0.7 on, every tenth between 0.6 and 0.7, and no other.
    """
    ada = User.objects.create_user("ada")
    ModelVersion.objects.update(attributes=["toxicity", "insult"])
    body = {**PolicyVersion.objects.get(active=True).body, "audit_share": 0.5}
    PolicyVersion.objects.filter(active=True).update(body=body)

    def make(count: int) -> None:
        decisions = []
        for at in range(count):
            toxicity = (at + 0.5) / count
            flagged, drawn = toxicity >= 0.8, at % 2 == 0
            harmful = toxicity >= 0.7 or (toxicity >= 0.6 and at % 10 == 0)
            comment = make_comment()
            shown = flagged or drawn
            state = "passed" if not shown else "rejected" if harmful else "approved"
            chance = {} if flagged or not drawn else {"sampled": True, "review_probability": 0.5}
            who = {"state": state, "decided_by": "person" if shown else "", "facts": {"text_hash": comment.text_hash}}
            review = make_review(comment, toxicity=toxicity, **who, **chance)
            decisions += [_decision(comment, review, ada)] if shown else []
        Decision.objects.bulk_create(decisions)

    return make


def _decision(comment: Comment, review: Review, ada: User) -> Decision:
    action = "reject" if review.state == "rejected" else "approve"
    said = {"kind": "person", "actor": ada, "action": action, "from_state": "pending", "to_state": review.state}
    return decision_row(comment=comment, review=review, **said)


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """Signs in a person with a role, optionally limited to sources: `staff("viewer", source)`."""

    def make(role: str, *sources: Source) -> Client:
        user = User.objects.create_user(f"{role}-{User.objects.count()}", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        if sources:
            Moderator.objects.create(user=user).sources.set(sources)
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def limited_to() -> Callable[..., User]:
    """Creates a moderator limited to sources: `limited_to(source)`."""

    def make(*sources: Source) -> User:
        user = User.objects.create_user(f"limited-{User.objects.count()}")
        user.groups.add(Group.objects.get(name="moderator"))
        Moderator.objects.create(user=user).sources.set(sources)
        return user

    return make


@pytest.fixture
def elsewhere(db: None) -> Source:
    """A newsroom without comments."""
    return Source.objects.create(slug="elsewhere", name="Elsewhere")


def _model(shape: str, outputs: int, words: int) -> Any:
    """Returns a classifier with well-spread outputs: the published architecture with fewer and smaller layers."""
    import torch
    import transformers

    torch.manual_seed(5)
    more: dict[str, Any] = {"embedding_size": 16} if shape == "albert" else {}
    if "roberta" in shape:
        more = {"max_position_embeddings": 130, "type_vocab_size": 1}
    config = transformers.AutoConfig.for_model(shape, vocab_size=words, num_labels=outputs, **SMALL, **more)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    last = model.classifier.out_proj if "roberta" in shape else model.classifier
    torch.nn.init.normal_(last.weight, std=1.0)
    # Conversion stores weights in half precision; these survive it unchanged.
    return model.half().float()


def _tokenizer(shape: str, folder: Path) -> int:
    """Saves a tokenizer of the architecture's kind to `folder`; returns its number of tokens."""
    import transformers

    if shape == "bert":
        shutil.copyfile(MODELS["compact"] / "tokenizer.json", folder / "tokenizer.json")
        made: Any = transformers.BertTokenizer.from_pretrained(folder)
    else:
        kinds = {"albert": "AlbertTokenizer", "roberta": "RobertaTokenizer", "xlm-roberta": "XLMRobertaTokenizer"}
        made = getattr(transformers, kinds[shape])()
        made = made.train_new_from_iterator([SAID, ["a good day to all readers of the harbour news"]], 300)
    made.model_max_length = 64
    made.save_pretrained(folder)
    return len(made)


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Creates a model folder in Hugging Face format: `classifier("albert", labels)`."""

    def make(shape: str, labels: tuple[str, ...] = (*ATTRIBUTES, "perspective_toxicity")) -> Path:
        folder = tmp_path_factory.mktemp(shape)
        model = _model(shape, len(labels), _tokenizer(shape, folder))
        model.config.id2label = dict(enumerate(labels))
        model.save_pretrained(folder)
        return folder

    return make


@pytest.fixture
def checkpoint(classifier: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Creates a checkpoint in Detoxify's format: `checkpoint("albert", labels)`."""

    def make(shape: str, labels: tuple[str, ...]) -> Path:
        from safetensors.torch import load_file

        from moderation.scoring.conversion.detoxified import write_checkpoint

        folder, file = classifier(shape, labels), tmp_path / "model.ckpt"
        architecture = json.loads((folder / "config.json").read_text())["architectures"][0]
        write_checkpoint(file, load_file(folder / "model.safetensors"), folder, architecture, labels)
        return file

    return make
