"""A weak teacher for labels that sets lack: the small LSTM of the package `toxic-comment-classifier` (MIT), in torch.

Trained by its author on the whole Jigsaw 2018 set; AUC of toxicity about 0.96. The package itself needs TensorFlow, so
only its two files are read: weights with h5py, words from a pickle that may hold nothing but words and numbers, and
both only where their checksum is the known one.
"""

from __future__ import annotations

import importlib.util
import io
import pickle
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.training.examples import TrainingError

if TYPE_CHECKING:
    import torch
    from numpy import float32
    from numpy.typing import NDArray

TAUGHT = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
SHA256 = {
    "model.weights.h5": "03ed4c3f52be909821a8c3263de2dcd65b95908bfae6f569c9a9cec90538a4b3",
    "tokenizer.pickle": "d8e998211d68c5264b84c6eb6753f08897194038e0345e91a592f97cd38c125c",
}
WORDS, WIDTH, UNITS, LENGTH = 20_000, 50, 50, 100
TEXTS_AT_ONCE = 256
# Keras's own: these separate words, everything else belongs to one.
SEPARATORS = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))


class _Words:
    """Stands for Keras's Tokenizer in the pickle."""

    word_index: dict[str, int]


class _Unpickler(pickle.Unpickler):
    _known: dict[str, Any] = {"Tokenizer": _Words, "OrderedDict": OrderedDict, "defaultdict": defaultdict, "int": int}

    def find_class(self, module: str, name: str) -> Any:
        if name not in self._known:
            raise TrainingError(f"The teacher's word list names {name}, which no word list needs.")
        return self._known[name]


def teacher_folder() -> Path:
    """Where the installed package keeps its files; it is not imported.

    Raises:
        TrainingError: If it is not installed.
    """
    found = importlib.util.find_spec("toxic_classifier")
    if not found or not found.submodule_search_locations:
        raise TrainingError("The package toxic-comment-classifier is not installed: requirements-training.txt has it.")
    return Path(found.submodule_search_locations[0]) / "model"


def _read(folder: Path, name: str) -> bytes:
    content = (folder / name).read_bytes()
    if sha256(content).hexdigest() != SHA256[name]:
        raise TrainingError(f"{folder / name} is not the known file.")
    return content


class Teacher:
    """Texts in, shares out."""

    def __init__(self, folder: Path) -> None:
        """Read the teacher's two files.

        Raises:
            TrainingError: If they are not the known ones.
        """
        words = _Unpickler(io.BytesIO(_read(folder, "tokenizer.pickle"))).load()
        self._index = {word: i for word, i in words.word_index.items() if i < WORDS}
        self._network = _network(_read(folder, "model.weights.h5"))

    def __call__(self, texts: Sequence[str], progress: Callable[[int], None]) -> NDArray[float32]:
        """The teacher's probabilities.

        Returns:
            Texts × `TAUGHT`.
        """
        import numpy

        return numpy.concatenate(list(self._batches(texts, progress)))

    def _batches(self, texts: Sequence[str], progress: Callable[[int], None]) -> Iterator[NDArray[float32]]:
        import torch

        for begin in range(0, len(texts), TEXTS_AT_ONCE):
            ids = torch.tensor([self._ids(text) for text in texts[begin : begin + TEXTS_AT_ONCE]])
            with torch.no_grad():
                yield self._network(ids).numpy()
            progress(min(begin + TEXTS_AT_ONCE, len(texts)))

    def _ids(self, text: str) -> list[int]:
        words = text.lower().translate(SEPARATORS).split()
        ids = [self._index[word] for word in words if word in self._index][-LENGTH:]
        return [0] * (LENGTH - len(ids)) + ids


def _network(content: bytes) -> Any:
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(WORDS, WIDTH)
            self.lstm = torch.nn.LSTM(WIDTH, UNITS, batch_first=True, bidirectional=True)
            self.dense = torch.nn.Linear(2 * UNITS, UNITS)
            self.last = torch.nn.Linear(UNITS, len(TAUGHT))

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            highest = self.lstm(self.embedding(ids))[0].amax(dim=1)
            found: torch.Tensor = self.last(self.dense(highest).relu()).sigmoid()
            return found

    network = Network()
    network.load_state_dict(_weights(content))
    return network.eval()


def _weights(content: bytes) -> dict[str, torch.Tensor]:
    """Keras's weights under torch's names; both order an LSTM's gates alike, and torch has a second bias."""
    import h5py
    import torch

    with h5py.File(io.BytesIO(content)) as file:
        found = {"embedding.weight": torch.tensor(file["layers/embedding/vars/0"][()])}
        for layer, name in (("dense", "dense"), ("dense_1", "last")):
            found[f"{name}.weight"] = torch.tensor(file[f"layers/{layer}/vars/0"][()]).T
            found[f"{name}.bias"] = torch.tensor(file[f"layers/{layer}/vars/1"][()])
        for direction, end in (("forward", ""), ("backward", "_reverse")):
            cell = file[f"layers/bidirectional/{direction}_layer/cell/vars"]
            found[f"lstm.weight_ih_l0{end}"] = torch.tensor(cell["0"][()]).T
            found[f"lstm.weight_hh_l0{end}"] = torch.tensor(cell["1"][()]).T
            found[f"lstm.bias_ih_l0{end}"] = torch.tensor(cell["2"][()])
            found[f"lstm.bias_hh_l0{end}"] = torch.zeros(4 * UNITS)
    return found
