"""The table."""

from statistics import median


def spell(value, unit):
    """A measured value with three significant digits, or a dash where there is none."""
    if value is None:
        return "–"
    if unit == "B":
        return f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.1f} KB"
    if unit == "s":
        return f"{value * 1e6:.1f} µs" if value < 1e-3 else (
            f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s")
    if unit == "share":
        return f"{value * 100:.1f} %"
    if unit == "ratio":
        return f"{value:.2f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


class Table:
    """Rows of one measurement for each server. Values of several rounds become their median."""

    def __init__(self, servers):
        self._servers = servers
        self._rows = {}

    def add(self, row, server, value, unit="", compared=False):
        """`compared`: the row says how Headstart relates to the others."""
        entry = self._rows.setdefault(row, (unit, compared, {}))
        entry[2].setdefault(server, []).append(value)

    def lines(self):
        """Markdown."""
        yield "| | " + " | ".join(self._servers) + " | to bare | to gRPC C++ |"
        yield "|---" * (len(self._servers) + 3) + "|"
        for row, (unit, compared, measured) in self._rows.items():
            values = {name: median(measured[name]) for name in measured}
            cells = [spell(values.get(name), unit) for name in self._servers]
            ours = values.get("headstart")
            for other in ("bare", "gRPC C++"):
                known = compared and ours is not None and values.get(other)
                cells.append(spell(ours / values[other], "ratio") if known else "–")
            yield f"| {row} | " + " | ".join(cells) + " |"
