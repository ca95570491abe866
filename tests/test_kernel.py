"""The kernel's ops refuse bad inputs with an error, and no failure inside them ends the process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from seqmodels.nn.engines import native

KERNEL = Path(native.__file__).parent / "kernel"
COMPILER = shutil.which("g++") or shutil.which("c++")
needs_kernel = pytest.mark.skipif(native.missing() is not None, reason="there is no kernel")
B, T, C, H, V = 3, 5, 2, 4, 7


def settings(**changes):
    return {
        "backward": False, "steps": True, "summary": True, "keep": True, "threads": 2, "bits": 512,
    } | changes  # fmt: skip


def inputs(table, units=H, channels=C, rows=B, steps=T):
    """Inputs of the op `SeqmodelsLstm`: ids of a table [V, C], or rows [B, T, C] without ids."""
    return {
        "x": tf.ones([V, channels] if table else [rows, steps, channels]),
        "lengths": tf.fill([rows], steps),
        "kernel": tf.ones([channels, 4 * units]),
        "recurrent": tf.ones([units, 4 * units]),
        "bias": tf.ones([4 * units]),
        "ids": tf.ones([rows, steps] if table else [0, 0], tf.int32),
        "h": tf.zeros([rows, units]),
        "c": tf.zeros([rows, units]),
    }


def answered(given):
    return native.ops().seqmodels_lstm(**given, **settings())


def gradient(given, kept, words):
    rows, units = given["h"].shape
    above = {"dsteps": tf.ones([rows, T, units])}
    above |= {name: tf.ones([rows, units]) for name in ("dh", "dc", "dpeak", "dmean")}
    given = {name: value for name, value in given.items() if name not in ("h", "c")}
    return native.ops().seqmodels_lstm_gradient(
        **given, kept=kept, **above, words=words, **settings()
    )


@needs_kernel
@pytest.mark.parametrize("table", [False, True], ids=["rows", "ids"])
@pytest.mark.parametrize(
    "sizes",
    [{"units": 0}, {"channels": 0}, {"steps": 0, "rows": 0}, {"units": 0, "channels": 0}],
    ids=str,
)
def test_no_units_no_channels_or_no_steps_are_refused(sizes, table):
    with pytest.raises(tf.errors.InvalidArgumentError, match="LSTM kernel needs"):
        answered(inputs(table, **sizes))


@needs_kernel
@pytest.mark.parametrize("table", [False, True], ids=["rows", "ids"])
def test_no_rows_have_a_gradient_of_zeros(table):
    given = inputs(table, rows=0)
    *_, kept, words = answered(given)
    dx, dkernel, *_ = gradient(given, kept, words)
    assert len(dx) == 0
    assert dkernel.shape == (C, 4 * H)
    assert not dkernel.numpy().any()


@needs_kernel
@pytest.mark.parametrize("length", [0, -1, T + 1, 2**31 - 1])
@pytest.mark.parametrize("table", [False, True], ids=["rows", "ids"])
def test_the_gradient_checks_lengths_for_itself(table, length):
    given = inputs(table)
    *_, kept, words = answered(given)
    given["lengths"] = tf.constant([T, length, T])
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"lengths from 1 to 5.*{length}"):
        gradient(given, kept, words)


@needs_kernel
def test_more_steps_than_a_float_can_count_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="16777216 steps"):
        answered(inputs(False, units=1, channels=1, rows=1, steps=2**24 + 1))


COUNT, SLOT, ROW = 0, 1, 1 + B * T  # where they stand in `words`


@needs_kernel
@pytest.mark.parametrize("wrong", [-1, V + 1, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("place", [COUNT, SLOT, SLOT + B * T - 1, ROW], ids=str)
def test_the_gradient_checks_the_words_that_it_gets(place, wrong):
    given = inputs(True)
    *_, kept, words = answered(given)
    bad = words.numpy()
    assert list(bad[[COUNT, SLOT, ROW]]) == [1, 0, 1]
    bad[place] = wrong
    with pytest.raises(tf.errors.InvalidArgumentError, match="The LSTM kernel needs"):
        gradient(given, kept, bad)


@needs_kernel
def test_places_of_words_in_the_padding_are_not_read():
    given = inputs(True) | {"lengths": tf.constant([T, 1, T - 1])}
    *_, kept, words = answered(given)
    noisy = words.numpy()
    noisy[SLOT:ROW].reshape(B, T)[1, 1:] = 2**31 - 1
    for one, other in zip(gradient(given, kept, words), gradient(given, kept, noisy), strict=True):
        np.testing.assert_array_equal(one, other)


@needs_kernel
def test_a_gradient_without_what_was_kept_is_refused():
    given = inputs(False)
    *_, kept, words = answered(given)
    for bad in (kept[:-1], kept[:0]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="got kept of another shape"):
            gradient(given, bad, words)


OUT_OF_MEMORY = """
import resource
import tensorflow as tf
from seqmodels.nn.engines import native

def inputs(channels):
    return (
        tf.ones([40, 1, channels]), tf.ones([40], tf.int32), tf.ones([channels, 4]),
        tf.ones([1, 4]), tf.ones([4]), tf.ones([0, 0], tf.int32), tf.zeros([40, 1]),
        tf.zeros([40, 1]),
    )

def answered(given):
    how = {"backward": False, "steps": False, "summary": False, "keep": False, "bits": 512}
    return native.ops().seqmodels_lstm(*given, threads=2, **how)[1]

answered(inputs(2))  # starts the threads
large = inputs(600_000)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 30_000_000, resource.RLIM_INFINITY))
try:
    answered(large)  # packs weights into 10 MB; then each thread needs 39 or 77 MB
    print("answered")
except tf.errors.ResourceExhaustedError as error:
    print("refused:", error.message)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("then:", answered(large).shape)
"""


@needs_kernel
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited on Linux only")
def test_a_thread_that_runs_out_of_memory_is_an_error_of_the_op():
    done = subprocess.run(
        [sys.executable, "-c", OUT_OF_MEMORY],
        capture_output=True, text=True, timeout=300, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-200:]}\n{done.stderr[-2000:]}"
    refused, then = done.stdout.splitlines()
    assert refused.startswith("refused: ")
    assert "The LSTM kernel" in refused
    assert "memory" in refused
    assert then == "then: (40, 1)"


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler on this machine")
def test_threads_survive_exceptions_failed_starts_and_forks(tmp_path):
    source = Path(__file__).parent / "cpp" / "threads_test.cpp"
    program = tmp_path / "threads"
    build = f"{COMPILER} -std=c++17 -O1 -I{KERNEL} {source} -o {program} -pthread -ldl"
    subprocess.run(build.split(), check=True)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
