"""The page of a tuning: how the trials went, what mattered, and how to train with the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqmodels.report.pages import drawn, write_page
from seqmodels.tuning import figures
from seqmodels.tuning.space import Space, text_of, texts_of
from seqmodels.tuning.store import Store

if TYPE_CHECKING:
    from seqmodels.tuning.folder import Folder

ENOUGH = 10  # trials that are needed to say what mattered


def write_report(folder: Folder, store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `report.html`, whole or not at all.

    Args:
        folder: The directory of the tuning.
        store: Its trials.
        rows: The same as rows of a table; at least one.
    """
    best = store.best()
    settings = store.settings(best) if best else {}
    told = [row for row in rows if row["state"] in ("complete", "pruned")]
    shown = []
    if best is not None:
        shown.append(drawn(figures.progress(told), "Trials in order"))
        for name, entry in store.space.items():
            shown.append(drawn(figures.against(told, name, entry), f"Loss against {name}"))
    states = [row["state"] for row in rows]
    parts = {trial.user_attrs.get("part") for trial in store.study.get_trials(deepcopy=False)}
    write_page(
        folder.path / "report.html",
        "tuning.html",
        record=folder.record,
        search=texts_of(store.space),
        best=best,
        settings={name: text_of(value) for name, value in settings.items()},
        command=folder.train_command(settings) if best else None,
        onward=folder.command,
        counts={state: states.count(state) for state in dict.fromkeys(states)},
        importance=importance(store.space, told),
        enough=ENOUGH,
        several_parts=len(parts - {None}) > 1,
        rows=sorted(rows, key=_rank),
        text_of=text_of,
        figures=shown,
    )


def importance(space: Space, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return how much of the order of the trials each setting explains alone, the largest first.

    A random forest is fitted to the ranks of the trials by their loss, pruned ones with the
    lowest that they had, since to be pruned is to be bad; of the variance of its answers over
    the whole space, this is the share that each setting has by itself, scaled so that the shares
    add up to 1 (functional ANOVA, Hutter et al. 2014).

    Args:
        space: What was searched.
        rows: One a trial that is complete or pruned.

    Returns:
        Share by setting; empty where there are fewer than `ENOUGH` trials, or none differs.
    """
    import optuna
    from scipy.stats import rankdata

    losses = [row["valid_loss"] for row in rows]
    if len(rows) < ENOUGH or len(set(losses)) < 2:
        return {}
    study = optuna.create_study()
    distributions = {name: entry.distribution() for name, entry in space.items()}
    for row, rank in zip(rows, rankdata(losses), strict=True):
        params = {name: entry.drawn(row[name]) for name, entry in space.items()}
        trial = optuna.trial.create_trial(
            params=params, distributions=distributions, value=float(rank)
        )
        study.add_trial(trial)
    forest = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return optuna.importance.get_param_importances(study, evaluator=forest)


def _rank(row: Mapping[str, Any]) -> tuple[bool, float, int]:
    """Sort complete trials by their loss, the others behind them in order."""
    done = row["state"] == "complete"
    return not done, row["valid_loss"] if done else 0.0, row["trial"]
