"""An encoder of your own: strings of DNA. `python examples/dna_encoder.py`, offline."""

from dataclasses import dataclass

import numpy as np
import typer

import seqmodels as sm

# The bases that each letter may stand for: IUPAC's code (Cornish-Bowden 1985); U is T in RNA.
CODES = "A=A C=C G=G T=T U=T R=AG Y=CT S=CG W=AT K=GT M=AC B=CGT D=AGT H=ACT V=ACG N=ACGT"
LETTERS = {one[0] for one in CODES.split()}
SHARES = np.full((256, 4), np.nan, np.float32)
for code, _, bases in (one.partition("=") for one in CODES.split()):
    shares = [(base in bases) / len(bases) for base in "ACGT"]
    SHARES[ord(code)] = SHARES[ord(code.lower())] = shares  # small letters: masked repeats


@sm.register_encoder("dna")
@dataclass(frozen=True, kw_only=True)
class Dna(sm.Encoder):
    """A step is a base: the shares of A, C, G and T. R, for A or G, is half of each."""

    spec = property(lambda self: sm.Spec(channels=4))  # type: ignore[assignment]

    def fit(self, inputs):
        return self  # there is nothing to learn

    def encode(self, inputs):
        for i, one in enumerate(inputs):
            if not isinstance(one, str) or not one or not set(one.upper()) <= LETTERS:
                raise sm.InputError(f"Encoder 'dna', row {i}: no string of bases: {one!r}.")
        lengths = np.array([len(one) for one in inputs])
        steps = SHARES[np.frombuffer("".join(inputs).encode(), np.uint8)]  # [L, 4]
        return sm.Sequences(steps, np.cumsum(lengths) - lengths, lengths)

    def read(self, text):
        """Return the strings of a FASTA file, or of plain lines."""
        if ">" not in text:
            return text.split()
        return ["".join(record.splitlines()[1:]) for record in text.split(">")[1:]]


def main(epochs: int = 15, n: int = 2000) -> None:
    rng = np.random.default_rng(0)
    strings = ["".join(rng.choice(list("ACGTN"), rng.integers(40, 60))) for _ in range(n)]
    labels = [("other", "TATA box")[i % 2] for i in range(n)]
    for i in range(1, n, 2):
        place = rng.integers(34)
        strings[i] = strings[i][:place] + "TATAAA" + strings[i][place + 6 :]
    train, test = sm.Examples(strings, {"kind": labels}).split(0.2, seed=0, by="kind")
    run = sm.train(sm.Dataset(train=train, test=test, encoder=Dna()), head="binary", epochs=epochs)
    print(run, run.baselines, run.predict(["GGCCTATAAAGGNC"]))


if __name__ == "__main__":
    typer.run(main)
