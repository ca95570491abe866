"""PyTorch's nn.LSTM as people write it; packed sequences where lengths differ."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from table import Clock
from tutorial import load_data, measured

from contestants import Job, Ready
from contestants.material import Reviews, Steps, tutorial_batch

torch: Any = import_module("torch")  # optional: the type checker need not find it
nn: Any = torch.nn
BATCH = 256  # of predictions
STEPS, VALID = 300, 0.2  # of the tutorial


class Classifier(nn.Module):
    """Embedding or numbers, one LSTM, a linear layer on the last state of each direction.

    Args:
        units: Of each direction.
        outputs: Numbers that it puts out.
        embedding: Rows and width, where steps are ids [B, T]; else None.
        channels: C of steps [B, T, C] that are numbers.
        directions: 1 or 2.
    """

    def __init__(
        self,
        units: int,
        outputs: int,
        *,
        embedding: tuple[int, int] | None = None,
        channels: int = 0,
        directions: int = 1,
    ):
        super().__init__()
        self.embedding = nn.Embedding(*embedding) if embedding else None
        width = embedding[1] if embedding else channels
        self.lstm = nn.LSTM(width, units, batch_first=True, bidirectional=directions == 2)
        self.out = nn.Linear(units * directions, outputs)

    def forward(self, x: Any, lengths: Any = None) -> Any:
        h = x if self.embedding is None else self.embedding(x)  # [B, T, C]
        if lengths is not None:
            pack = nn.utils.rnn.pack_padded_sequence
            h = pack(h, lengths, batch_first=True, enforce_sorted=False)
        _, (last, _) = self.lstm(h)  # [directions, B, H]
        return self.out(torch.cat(tuple(last), dim=1))  # [B, outputs]


def about() -> dict[str, int]:
    """Say how many threads it uses."""
    return {"threads": torch.get_num_threads()}


def step(job: Job) -> Ready:
    """`zero_grad`, forward, `backward`, `step`, on tensors that are ready."""
    _set_threads(job)
    ids, labels = tutorial_batch(job)
    x, y = torch.from_numpy(ids).long(), torch.from_numpy(labels)
    words = job["words"], job["embed"]
    model = Classifier(job["units"], 1, embedding=words, directions=job["directions"])
    learn = _learner(model, nn.BCEWithLogitsLoss())
    return Ready(lambda: learn(y, x))


def epoch(job: Job) -> Ready:
    """One pass in random order over tensors that are padded once; batches cut to their longest."""
    _set_threads(job)
    steps = Steps.load(job["file"])
    number = job["outputs"] == 1
    padded, lengths = map(torch.from_numpy, steps.padded(np.arange(len(steps.starts))))
    y = torch.from_numpy(steps.y.astype(np.float32 if number else np.int64))
    differ = len(set(steps.lengths)) > 1
    channels = steps.values.shape[1]
    directions = job["directions"]
    model = Classifier(job["units"], job["outputs"], channels=channels, directions=directions)
    learn = _learner(model, nn.MSELoss() if number else nn.CrossEntropyLoss())

    def one(rows: Any) -> None:
        if differ:
            learn(y[rows], padded[rows, : lengths[rows].max()], lengths[rows])
        else:
            learn(y[rows], padded[rows])

    def run() -> None:
        for rows in torch.randperm(len(y)).split(job["batch"]):
            one(rows)

    one(torch.arange(job["batch"]))
    return Ready(run)


def tutorial(job: Job) -> Ready:
    """The tutorial from the file to the scores: padded on the left and no mask, as in Keras."""
    return Ready(lambda: _tutorial(Path(job["reviews"]), job["round"], job["epochs"]))


def predict(job: Job) -> Ready:
    """Answer all reviews in batches of like length, packed."""
    reviews, model = _trained(job)

    def run() -> np.ndarray:
        answers = np.empty(len(reviews.probabilities))
        with torch.inference_mode():
            for rows in reviews.batches(BATCH):
                x, lengths = map(torch.from_numpy, reviews.steps.padded(rows))
                answers[rows] = torch.sigmoid(model(x, lengths)[:, 0]).numpy()
        return answers

    return Ready(run, {"largest_difference": reviews.difference(run())})


def latency(job: Job) -> Ready:
    """Answer one short review."""
    reviews, model = _trained(job)
    x = reviews.short(job["length"])

    def run() -> float:
        with torch.inference_mode():
            return torch.sigmoid(model(torch.from_numpy(x))).item()

    return Ready(run)


def _set_threads(job: Job) -> None:
    """Use as many threads as are asked for; PyTorch's own choice is one for each core."""
    if "threads" in job:
        torch.set_num_threads(job["threads"])


def _learner(model: Any, loss_of: Any) -> Any:
    optimizer = torch.optim.Adam(model.parameters())

    def learn(y: Any, *inputs: Any) -> float:
        optimizer.zero_grad()
        outputs = model(*inputs)
        loss = loss_of(outputs[:, 0] if outputs.shape[1] == 1 else outputs, y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return learn


def _trained(job: Job) -> tuple[Reviews, Any]:
    """Return the reviews, and the tutorial's model with the weights that ours has."""
    _set_threads(job)
    reviews = Reviews.load(job["folder"])
    embedding, kernel, recurrent, bias, out, out_bias = map(torch.from_numpy, reviews.weights)
    model = Classifier(len(recurrent), 1, embedding=tuple(embedding.shape))
    weights = {  # gates stand in Keras's order
        "embedding.weight": embedding,
        "lstm.weight_ih_l0": kernel.T,
        "lstm.weight_hh_l0": recurrent.T,
        "lstm.bias_ih_l0": bias,
        "lstm.bias_hh_l0": torch.zeros_like(bias),
        "out.weight": out.T,
        "out.bias": out_bias,
    }
    model.load_state_dict(weights)
    return reviews, model.eval()


def _tutorial(path: Path, seed: int, epochs: int) -> dict[str, float]:
    data = torch.utils.data
    with Clock() as whole:
        torch.manual_seed(seed)
        tensors = []
        for rows, labels in load_data(path):
            x = np.zeros((len(rows), STEPS), np.int64)
            for padded, row in zip(x, rows, strict=True):
                kept = row[-STEPS:]
                padded[STEPS - len(kept) :] = kept
            y = torch.from_numpy(np.asarray(labels, np.float32))
            tensors.append(data.TensorDataset(torch.from_numpy(x), y))
        learned, test = tensors
        first = round(len(learned) * (1 - VALID))
        train, valid = (
            data.Subset(learned, range(first)),
            data.Subset(learned, range(first, len(learned))),
        )
        model = Classifier(10, 1, embedding=(5000, 15))
        learn = _learner(model, nn.BCEWithLogitsLoss())
        with Clock() as training:
            for _ in range(epochs):
                model.train()
                for x, y in data.DataLoader(train, batch_size=128, shuffle=True):
                    learn(y, x)
                _scores(model, valid)
        loss, accuracy = _scores(model, test)
    return measured(accuracy, loss, training, whole)


def _scores(model: Any, part: Any) -> tuple[float, float]:
    """Return the mean loss and the accuracy."""
    model.eval()
    loss = right = 0.0
    sums = nn.BCEWithLogitsLoss(reduction="sum")
    with torch.inference_mode():
        for x, y in torch.utils.data.DataLoader(part, batch_size=128):
            outputs = model(x)[:, 0]
            loss += sums(outputs, y).item()
            right += ((outputs > 0) == (y > 0.5)).sum().item()
    return loss / len(part), right / len(part)
