"""The page of a search: the trials in order, importances, the command for the best settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqmodels.core.arguments import text_of
from seqmodels.report.pages import drawn, write_page
from seqmodels.tuning import figures
from seqmodels.tuning.space import Space, texts_of
from seqmodels.tuning.store import Store

if TYPE_CHECKING:
    from seqmodels.tuning.folder import Folder

ENOUGH = 10  # trials that importances need


def write_report(folder: Folder, store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `report.html`.

    Args:
        folder: The directory of the search.
        store: The trials.
        rows: `Store.rows`, at least one.
    """
    best = store.best()
    settings = store.settings(best) if best else {}
    ended = [row for row in rows if row["state"] in ("complete", "pruned")]
    shown = []
    if best is not None:
        shown.append(drawn(figures.progress(ended), "Trials in order"))
        for name, entry in store.space.items():
            shown.append(drawn(figures.against(ended, name, entry), f"Loss against {name}"))
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
        importance=importance(store.space, ended),
        enough=ENOUGH,
        several_parts=len(parts - {None}) > 1,
        rows=sorted(rows, key=_rank),
        text_of=text_of,
        figures=shown,
    )


def importance(space: Space, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the importance of each setting by functional ANOVA (Hutter et al. 2014).

    The analysis is of the ranks of the trials by their loss. Pruned trials count with their
    lowest loss, since pruned trials are bad trials.

    Args:
        space: The settings that are searched.
        rows: Complete and pruned trials.

    Returns:
        Share by setting, the largest first; the sum is 1. Empty where there are fewer than
        `ENOUGH` trials, or all losses are equal.
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
    """Sort complete trials by their loss, and put the others behind them."""
    done = row["state"] == "complete"
    return not done, row["valid_loss"] if done else 0.0, row["trial"]
