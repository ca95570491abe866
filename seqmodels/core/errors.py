"""The one kind of error that is the user's to mend."""

from collections.abc import Iterable, Sequence


class InputError(ValueError):
    """What was asked for cannot be done, and the message says what to do instead.

    The command line prints it without a traceback and exits with status 2.

    Args:
        problems: One message, or every problem that was found, each with its fix.
    """

    def __init__(self, problems: str | Sequence[str]):
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


def some(values: Iterable[object], limit: int = 5) -> str:
    """Return up to `limit` values for a message, and how many more there are."""
    every = list(values)
    shown = ", ".join(repr(value) for value in every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"
