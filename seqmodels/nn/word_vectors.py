"""Word vectors that are counted, not trained: which words stand near which.

How much more often two words stand within `window` steps of each other than chance would have it
(positive pointwise mutual information) makes a matrix [V, V], whose singular vectors, weighted by
the roots of their values, are the embeddings (Levy, Goldberg and Dagan 2015, "Improving
distributional similarity with lessons learned from word embeddings"). What the training part
shows of a word then holds for words that are used alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from seqmodels.core import batches
from seqmodels.core.sequences import Sequences

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

STEPS = 2**21  # that are counted together
SMOOTH = 0.75  # power of a neighbour's frequency, so that rare ones do not weigh too much
UNKNOWN = 0  # the id of every word that has none of its own; nothing is counted of it


def neighbours(inputs: Iterable[Sequences], vocabulary: int, window: int) -> csr_matrix:
    """Return how often each word stands within `window` steps of each other, [V, V]."""
    from scipy.sparse import coo_matrix, csr_matrix

    counts = csr_matrix((vocabulary, vocabulary), dtype=np.float32)
    for sequences in inputs:
        for rows in batches.by_length(sequences.lengths, STEPS):
            ids = batches.padded(sequences, rows)[0]  # padding is 0, as are unknown words
            for apart in range(1, min(window, ids.shape[1] - 1) + 1):
                left, right = ids[:, :-apart], ids[:, apart:]
                known = (left != UNKNOWN) & (right != UNKNOWN)
                pairs = left[known], right[known]
                ones = np.ones(len(pairs[0]), np.float32)
                counts += coo_matrix((ones, pairs), shape=counts.shape).tocsr()
    return csr_matrix(counts + counts.T)


def reduced(counts: csr_matrix, width: int, seed: int) -> np.ndarray:
    """Return vectors [V, width] of a spread of 1 from how often words stand together [V, V]."""
    from scipy.sparse import csr_matrix
    from sklearn.utils.extmath import randomized_svd

    often = np.asarray(counts.sum(axis=1)).ravel()
    chance = often**SMOOTH / (often**SMOOTH).sum()
    pairs = counts.tocoo()
    more = np.log(pairs.data / (often[pairs.row] * chance[pairs.col]))
    above = more > 0
    places = pairs.row[above], pairs.col[above]
    size = len(often)
    matrix = csr_matrix((more[above].astype(np.float32), places), shape=(size, size))
    rank, iterations = min(width, size), 2
    found, values, _ = randomized_svd(matrix, rank, n_iter=iterations, random_state=seed)  # type: ignore[arg-type]
    vectors = np.zeros((size, width), np.float32)
    vectors[:, :rank] = found * np.sqrt(values)
    return vectors / max(float(vectors.std()), np.finfo(np.float32).tiny)
