"""The picture of a soak: SVG, four panels over one time axis."""

import math
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, TOP, PANEL, GAP = 960, 78, 150, 74, 150, 40
_INK, _QUIET, _LINE = "#1f2430", "#5d6575", "#dfe3ea"
_COLOURS = ["#0b6bcb", "#d1495b", "#5d6575"]


class Panel:
    """`series` are (name, values); `logarithmic` for what spans magnitudes."""

    def __init__(self, title, series, logarithmic=False):
        self.title = title
        self.series = series
        self.logarithmic = logarithmic
        values = [value for _, line in series for value in line if value is not None]
        high = max(values, default=1) or 1
        if logarithmic:
            low = min((value for value in values if value > 0), default=1)
            self._low = 10 ** math.floor(math.log10(low))
            self._high = 10 ** math.ceil(math.log10(max(high, 10 * self._low)))
            steps = round(math.log10(self._high / self._low))
            self.ticks = [self._low * 10**step for step in range(steps + 1)]
        else:
            step = _round_step(high * 1.05 / 4)
            self._low, self._high = 0, step * math.ceil(high * 1.05 / step)
            self.ticks = [step * index for index in range(round(self._high / step) + 1)]

    def height_of(self, value):
        """Of a value above the panel's floor, as a share of the panel."""
        if self.logarithmic:
            value = max(value, self._low)
            return math.log10(value / self._low) / math.log10(self._high / self._low)
        return value / self._high


def _round_step(step):
    magnitude = 10 ** math.floor(math.log10(step))
    return next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= step)


def _number(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


def draw(title, subtitle, times, panels, bands):
    """The document. `times` are minutes, `bands` (from, to) in minutes are shaded."""
    end = max(times[-1], 1e-9)
    inner = WIDTH - LEFT - RIGHT
    height = TOP + len(panels) * (PANEL + GAP) + 34

    def x(minutes):
        return LEFT + inner * min(max(minutes / end, 0), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-size="17" font-weight="bold" fill="{_INK}">'
        f"{escape(title)}</text>",
        f'<text x="{LEFT}" y="46" fill="{_QUIET}">{escape(subtitle)}</text>',
    ]
    for index, panel in enumerate(panels):
        top = TOP + index * (PANEL + GAP)
        bottom = top + PANEL
        parts.append(
            f'<text x="{LEFT}" y="{top - 6}" font-weight="bold" fill="{_INK}">'
            f"{escape(panel.title)}</text>"
        )
        for begin, finish in bands:
            parts.append(
                f'<rect x="{x(begin):.1f}" y="{top}" width="{max(x(finish) - x(begin), 1):.1f}" '
                f'height="{PANEL}" fill="#f6e9cf"/>'
            )
        for tick in panel.ticks:
            y = bottom - PANEL * panel.height_of(tick)
            parts.append(f'<path d="M{LEFT} {y:.1f}h{inner}" stroke="{_LINE}"/>')
            parts.append(
                f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{_QUIET}">'
                f"{_number(tick)}</text>"
            )
        for share in (1 / 3, 2 / 3):
            parts.append(
                f'<path d="M{x(end * share):.1f} {top}v{PANEL}" stroke="{_QUIET}" '
                'stroke-dasharray="4 4"/>'
            )
        parts += _lines(panel, times, x, bottom)
    parts += _time_axis(end, x, TOP + len(panels) * (PANEL + GAP) - GAP)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _lines(panel, times, x, bottom):
    parts, labels = [], []
    for (name, values), colour in zip(panel.series, _COLOURS):
        points = [
            f"{x(time):.1f},{bottom - PANEL * panel.height_of(value):.1f}"
            for time, value in zip(times, values)
            if value is not None
        ]
        parts.append(
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" '
            'stroke-width="1.5" stroke-linejoin="round"/>'
        )
        last = next((value for value in reversed(values) if value is not None), 0)
        labels.append((bottom - PANEL * panel.height_of(last), name, last, colour))
    # Names beside the ends of their lines, none over another.
    above = -math.inf
    for y, name, last, colour in sorted(labels):
        y = max(y + 4, above + 14)
        above = y
        parts.append(
            f'<text x="{WIDTH - RIGHT + 8}" y="{y:.1f}" fill="{colour}">'
            f"{escape(name)} {_number(round(last, 1))}</text>"
        )
    return parts


def _time_axis(end, x, y):
    step = _round_step(end / 8)
    parts = []
    for index in range(int(end / step + 1e-6) + 1):
        minutes = index * step
        parts.append(f'<path d="M{x(minutes):.1f} {y}v5" stroke="{_QUIET}"/>')
        parts.append(
            f'<text x="{x(minutes):.1f}" y="{y + 18}" text-anchor="middle" fill="{_QUIET}">'
            f"{_number(minutes)}</text>"
        )
    parts.append(
        f'<text x="{(x(0) + x(end)) / 2:.1f}" y="{y + 36}" text-anchor="middle" fill="{_INK}">'
        "minutes since the start (dashed: thirds; shaded: a source fails)</text>"
    )
    return parts
