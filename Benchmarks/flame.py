#!/usr/bin/env python3
"""A flame graph as SVG: flame.py PERF.DATA OUT.svg TITLE, of what `perf record -g` has recorded."""

import re
import subprocess
import sys
from html import escape
from pathlib import Path

WIDTH, ROW, TOP = 1100, 16, 30
LEAST = 0.004


class Node:
    def __init__(self):
        self.count = 0
        self.children = {}


def main():
    data, out, title = sys.argv[1:4]
    text = subprocess.run(["perf", "script", "-i", data, "-F", "comm,ip,sym"], capture_output=True, text=True).stdout
    text = subprocess.run(["swift", "demangle", "--simplified"], input=text, capture_output=True, text=True).stdout
    root = Node()
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.strip()]
        if len(lines) < 2:
            continue
        frames = [name(line) for line in reversed(lines[1:])]
        add(root, [thread(lines[0].strip()), *(frame for frame in frames if frame)])
    parts = []
    depth = draw(parts, root, 0, WIDTH, 0, root.count)
    height = TOP + (depth + 1) * ROW
    Path(out).write_text("\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" '
        f'font-size="10">', f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="6" y="18" font-size="13">{escape(title)}</text>', *parts, "</svg>"]) + "\n")


def thread(comm):
    comm = re.sub(r"\s+\d+.*$", "", comm)
    return {"-qos.overcommit": "engine", "oot.default-qos": "tasks", "amqp": "broker connections"}.get(comm, comm)


def name(line):
    symbol = line.strip().partition(" ")[2].strip()
    if not symbol or symbol.startswith("[unknown]") or re.fullmatch(r"[0-9a-fx]+", symbol):
        return None
    for noise in ("specialized ", "partial apply for ", "protocol witness for ", "thunk for ", "outlined "):
        symbol = symbol.replace(noise, "")
    symbol = re.sub(r" in conformance .*", "", symbol)
    if symbol.startswith("@escaping") or symbol in ("_dispatch_worker_thread", "start_thread", "baton_thread_main"):
        return None
    return symbol[:110]


def add(node, frames):
    node.count += 1
    last = None
    for frame in frames:
        # Closures and witnesses of the same function: one box.
        if frame == last:
            continue
        last = frame
        node = node.children.setdefault(frame, Node())
        node.count += 1


def draw(parts, node, left, width, level, total):
    deepest, x = level, left
    for frame, child in sorted(node.children.items(), key=lambda item: -item[1].count):
        span = width * child.count / node.count
        if child.count / total >= LEAST:
            parts.append(box(frame, x, span, level, child.count / total))
            deepest = max(deepest, draw(parts, child, x, span, level + 1, total))
        x += span
    return deepest


def box(frame, x, width, level, share):
    y = TOP + level * ROW
    hue = 20 + sum(map(ord, frame)) % 35
    room = int(width / 6.1)
    label = frame if len(frame) <= room else frame[:max(room - 1, 0)] + "…" if room > 3 else ""
    return (f'<g><title>{escape(frame)}: {share:.1%}</title><rect x="{x:.1f}" y="{y}" width="{max(width - 0.5, 0.3):.1f}" '
            f'height="{ROW - 1}" fill="hsl({hue},85%,68%)"/>'
            + (f'<text x="{x + 2:.1f}" y="{y + 11}">{escape(label)}</text>' if label else "") + "</g>")


if __name__ == "__main__":
    main()
