"""The network: `Backbone`, its layers, the LSTM and the engines that compute it.

Nothing here knows a dataset, a head's targets or a run.
"""
