"""`InputError`, the error for mistakes that the user can fix."""

from collections.abc import Iterable, Sequence


class InputError(ValueError):
    """A mistake that the user can fix; the message says how.

    The command line prints the message without a traceback and exits with status 2.

    Args:
        problems: One message, or one per problem that was found, each with its fix.
    """

    def __init__(self, problems: str | Sequence[str]):
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


def some(values: Iterable[object], limit: int = 5) -> str:
    """Return up to `limit` values for a message, and the number of further values."""
    every = list(values)
    shown = ", ".join(repr(value) for value in every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"
