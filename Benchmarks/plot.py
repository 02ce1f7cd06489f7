"""Curves as SVG: a few lines over one x, by logarithm where asked for."""

import math

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
COLOURS = ["#1f6feb", "#8b949e", "#d29922", "#2da44e"]


def plot(path, title, x_label, y_label, series, log_x=True, log_y=False):
    """`series`: lists of (x, y) by name."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    across = scale(min(xs), max(xs), LEFT, WIDTH - RIGHT, log_x)
    upward = scale(min(ys) if log_y else 0, max(ys) * (1 if log_y else 1.08), HEIGHT - BOTTOM, TOP, log_y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" font-size="14" font-weight="bold" fill="#1f2328">{title}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle" fill="#59636e">{x_label}</text>',
        f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle" '
        f'fill="#59636e">{y_label}</text>',
    ]
    for y in ticks(0 if not log_y else min(ys), max(ys), log_y):
        height = upward(y)
        parts.append(f'<line x1="{LEFT}" y1="{height:.1f}" x2="{WIDTH - RIGHT}" y2="{height:.1f}" stroke="#d1d9e0"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{height + 4:.1f}" text-anchor="end" fill="#59636e">{short(y)}</text>')
    for x in sorted(set(xs)):
        parts.append(f'<text x="{across(x):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#59636e">'
                     f'{short(x)}</text>')
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        path_points = " ".join(f"{across(x):.1f},{upward(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path_points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{upward(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{18 + 15 * number}" text-anchor="end" fill="{colour}">{name}</text>')
    parts.append("</svg>")
    path.write_text("\n".join(parts) + "\n")


def scale(low, high, first, last, logarithmic):
    if logarithmic:
        low, high = math.log(low), math.log(high)
    span = (high - low) or 1
    return lambda value: first + ((math.log(value) if logarithmic else value) - low) / span * (last - first)


def ticks(low, high, logarithmic):
    if logarithmic:
        return [10 ** power for power in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    step = 10 ** math.floor(math.log10(high or 1))
    for part in (0.1, 0.2, 0.5, 1):
        if high / (step * part) <= 6:
            step *= part
            break
    return [step * number for number in range(int(high / step) + 1)]


def short(value):
    for size, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}"
