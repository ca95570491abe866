"""The well-known TensorFlow LSTM tutorial on film reviews, in its nine steps.

    python examples/imdb_tutorial.py --data aclImdb_v1.tar.gz

The same in one line: `seqmodels train imdb --preset tutorial`. About two minutes on two cores.
"""

# 1. Imports
from pathlib import Path

import typer

import seqmodels as sm

# 2. Settings
WORDS, STEPS, EMBED, UNITS, BATCH, EPOCHS, HELD_OUT = 5000, 300, 15, 10, 128, 5, 0.2


def main(data: Path | None = None, limit: int | None = None, epochs: int = EPOCHS) -> None:
    # 3. Loading: 25,000 reviews to train and 25,000 to test; rarer words share one id.
    loading = {"dataset.words": WORDS}

    # 4. Padding: the last 300 words stay, as Keras's `pad_sequences` cuts. The tutorial pads
    #    on the left without a mask; here a batch is padded on the right with one, which is what
    #    cuDNN needs to run it, and so that an answer never depends on how much padding it got.
    padding = {"dataset.length": STEPS, "dataset.keep": "end"}

    # 5. Model: Embedding(5000, 15), LSTM(10), and the head's Dense(1) with a sigmoid.
    backbone = sm.Backbone(embed=EMBED, units=UNITS, summary="last", dropout=0.0)
    head = sm.Binary()

    # 6. Compile: the head brings binary cross-entropy and accuracy. Adam as Keras sets it, its
    #    gradients not clipped, and the weights of the last step, not of the best epoch or averaged.
    adam = {"training.learning_rate": 1e-3, "training.clip": None}
    fitting = {**adam, "training.patience": 0, "training.average": 0}

    # 7. Train: a fifth of the training reviews is held out for validation.
    run = sm.train(
        "imdb",
        head=head,
        target="sentiment",
        data=data,
        backbone=backbone,
        epochs=epochs,
        batch_size=BATCH,
        settings={**loading, **padding, **fitting, "training.valid": HELD_OUT},
        limit=limit,
    )

    # 8. Model summary
    run.model.network.summary()

    # 9. Test
    print(f"Test loss {run.scores['log_loss']:.4f}, accuracy {run.scores['accuracy']:.4f}")


if __name__ == "__main__":
    typer.run(main)
