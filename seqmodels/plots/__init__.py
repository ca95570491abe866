"""Matplotlib drawings of scores, answers and inputs. Nothing here reads or writes a run."""
