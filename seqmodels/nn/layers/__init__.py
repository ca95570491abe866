"""Layers of the network, one a file. NumPy only: a layer names no array library of its own."""

from seqmodels.nn.layers.base import Layer, Weight
from seqmodels.nn.layers.channel_independent import ChannelIndependent, ChannelsTogether
from seqmodels.nn.layers.dropout import Dropout
from seqmodels.nn.layers.embedding import Embedding
from seqmodels.nn.layers.ensemble import EnsembleMean
from seqmodels.nn.layers.input_views import InputViews
from seqmodels.nn.layers.linear_lags import LinearLags
from seqmodels.nn.layers.lstm import Lstm
from seqmodels.nn.layers.ngrams import Ngrams
from seqmodels.nn.layers.outputs import Dense
from seqmodels.nn.layers.projection import Projection
from seqmodels.nn.layers.random_convolutions import RandomConvolutions
from seqmodels.nn.layers.segments import Segments
from seqmodels.nn.layers.skip import Level, Skip
from seqmodels.nn.layers.subtract_last import SubtractLast
from seqmodels.nn.layers.summaries import Both, Last, Max, Mean, Summary
from seqmodels.nn.layers.word_dropout import WordDropout

__all__ = [
    "Both",
    "ChannelIndependent",
    "ChannelsTogether",
    "Dense",
    "Dropout",
    "Embedding",
    "EnsembleMean",
    "InputViews",
    "Last",
    "Layer",
    "Level",
    "LinearLags",
    "Lstm",
    "Max",
    "Mean",
    "Ngrams",
    "Projection",
    "RandomConvolutions",
    "Segments",
    "Skip",
    "SubtractLast",
    "Summary",
    "Weight",
    "WordDropout",
]
