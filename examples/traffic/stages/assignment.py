"""Which detection belongs to which track, at the least cost in all: the Hungarian method, by shortest augmenting paths.

Pure: numbers in, pairs out. A frame has a dozen of each, so plain Python is quick enough (it is cubic).
"""

from collections.abc import Sequence


def assign(costs: Sequence[Sequence[float]], limit: float) -> list[tuple[int, int]]:
    """Pairs (row, column) of least total cost, each row and column at most once, no pair dearer than `limit`.

    `costs` is a rectangle of numbers of 0 or more. Leaving a row out costs `limit`, so that a dear pair is never forced on
    anyone, nor takes a column from a row that fits it well.
    """
    if not costs or not costs[0]:
        return []
    columns = len(costs[0])
    # One more column for each row, at the price of leaving it out, makes every row assignable.
    padded = [[*(min(cost, 2 * limit) for cost in row), *([limit] * len(costs))] for row in costs]
    return sorted((row, column) for row, column in _solve(padded) if column < columns)


def _solve(costs: list[list[float]]) -> list[tuple[int, int]]:
    """A column for each row, at the least total cost; there are at least as many columns as rows.

    Potentials `u` and `v` keep every reduced cost `costs[i][j] - u[i] - v[j]` at 0 or more; each row is added by
    the shortest path of reduced costs to a free column. Row and column 0 stand for none.
    """
    rows, columns = len(costs), len(costs[0])
    u, v = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner = [0] * (columns + 1)
    for row in range(1, rows + 1):
        owner[0] = row
        column, came_from = _shortest_path(costs, u, v, owner)
        while column:
            owner[column] = owner[came_from[column]]
            column = came_from[column]
    return [(owner[column] - 1, column - 1) for column in range(1, columns + 1) if owner[column]]


def _shortest_path(costs: list[list[float]], u: list[float], v: list[float], owner: list[int]) -> tuple[int, list[int]]:
    """The free column that is reached at the least cost from the row in `owner[0]`, and how; updates `u` and `v`."""
    columns = len(v) - 1
    least, came_from, seen = [float("inf")] * (columns + 1), [0] * (columns + 1), [False] * (columns + 1)
    column = 0
    while owner[column]:
        seen[column] = True
        row = owner[column]
        for other in range(1, columns + 1):
            reduced = costs[row - 1][other - 1] - u[row] - v[other]
            if not seen[other] and reduced < least[other]:
                least[other], came_from[other] = reduced, column
        nearest = min((other for other in range(1, columns + 1) if not seen[other]), key=least.__getitem__)
        step = least[nearest]
        for other in range(columns + 1):
            if seen[other]:
                u[owner[other]] += step
                v[other] -= step
            else:
                least[other] -= step
        column = nearest
    return column, came_from
