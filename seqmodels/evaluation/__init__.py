"""Scores of predictions, bootstrap intervals, baselines and warnings. No network is trained."""
