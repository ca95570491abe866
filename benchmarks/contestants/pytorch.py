"""PyTorch's nn.LSTM as people write it."""

from importlib import import_module
from typing import Any

from contestants import Job, Ready
from contestants.material import tutorial_batch

torch: Any = import_module("torch")  # optional: the type checker need not find it
nn: Any = torch.nn


def step(job: Job) -> Ready:
    """`zero_grad`, forward, `backward`, `step`, on tensors that are ready."""
    ids, labels = tutorial_batch(job)
    x, y = torch.from_numpy(ids).long(), torch.from_numpy(labels)
    model = Classifier(
        job["units"],
        1,
        embedding=nn.Embedding(job["words"], job["embed"]),
        directions=job["directions"],
    )
    optimizer = torch.optim.Adam(model.parameters())
    loss_of = nn.BCEWithLogitsLoss()

    def run() -> None:
        optimizer.zero_grad()
        loss = loss_of(model(x)[:, 0], y)
        loss.backward()
        optimizer.step()
        loss.item()

    return Ready(run)


class Classifier(nn.Module):
    """Embedding or numbers, one LSTM, a linear layer on the last state of each direction.

    Args:
        units: Of each direction.
        outputs: Numbers that it puts out.
        embedding: Reads ids [B, T]; None where the steps are numbers [B, T, C].
        channels: C, where there is no embedding.
        directions: 1 or 2.
    """

    def __init__(
        self,
        units: int,
        outputs: int,
        *,
        embedding: Any = None,
        channels: int = 0,
        directions: int = 1,
    ):
        super().__init__()
        self.embedding = embedding
        width = embedding.embedding_dim if embedding is not None else channels
        self.lstm = nn.LSTM(width, units, batch_first=True, bidirectional=directions == 2)
        self.out = nn.Linear(units * directions, outputs)

    def forward(self, x: Any, lengths: Any = None) -> Any:
        h = x if self.embedding is None else self.embedding(x)  # [B, T, C]
        if lengths is not None:
            pack = nn.utils.rnn.pack_padded_sequence
            h = pack(h, lengths, batch_first=True, enforce_sorted=False)
        _, (last, _) = self.lstm(h)  # [directions, B, H]
        return self.out(torch.cat(tuple(last), dim=1))  # [B, outputs]
