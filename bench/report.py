#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What ./run bench measured, as tables, as JSON, or as docs/benchmarks.md with its pictures.

Usage: report.py [--json|--report] LOG DOCS

LOG has bench-times.tsv and bench-counts.tsv, lines of bench/guest.sh; bench-code.tsv, what the
plugin count.c counted for each line of bench-counts.tsv; and bench-about.
"""
import json
import os
import sys
from collections import defaultdict
from statistics import median

import plot

FIRMWARE = range(0x20000000, 0x20100000)  # where urproc's firmware is linked to
WHAT = ("stack", "method", "mode", "batch", "processors", "endpoints", "size")
VALUES = ("ns", "p50", "p99", "p999", "cpu_ns", "switches", "messages")
COPY = ("memcpy_orig", "rep_movs_alternative")
COUNTED = ("kernel", "application", "firmware", "system_calls", "firmware_calls", "allocations",
           "copies", "copied_bytes", "kicks", "interrupts", "switches")


def rows(path):
    """Lines of bench: what was measured, and the values."""
    with open(path, encoding="ascii") as lines:
        for line in lines:
            if line.startswith("symbol "):
                continue
            part = line.split()
            what = tuple(part[:3]) + tuple(int(n) for n in part[3:7])
            yield what, {name: None if text == "-" else float(text)
                         for name, text in zip(VALUES, part[7:])}


def read_times(path):
    """For what was measured, its values, each a list with one for each round."""
    times = defaultdict(lambda: defaultdict(list))
    for what, values in rows(path):
        for name, value in values.items():
            if value is not None:
                times[what][name].append(value)
    return times


def read_symbols(path):
    """For each stack, functions: name, where it starts and where the next one does."""
    symbols = defaultdict(list)
    with open(path, encoding="ascii") as lines:
        for line in lines:
            if line.startswith("symbol "):
                _, stack, name, start, end = line.split()
                symbols[stack].append((name, int(start, 16), int(end, 16)))
    return symbols


def count(section, symbols):
    """What a section of the plugin's lines says, in all."""
    starts = {start: name for name, start, _ in symbols}
    copies = [(start, end) for name, start, end in symbols if name in COPY]
    sums = dict.fromkeys(COUNTED, 0)
    for line in section:
        if not line:
            continue
        address, times, instructions, accesses, size, flag = line.split()
        address, times = int(address, 16), int(times)
        if address >> 63:
            place = "kernel"
        else:
            place = "firmware" if address in FIRMWARE else "application"
        sums[place] += int(instructions)
        if flag == "s" and place != "kernel":
            sums["firmware_calls" if place == "firmware" else "system_calls"] += times
        if place != "kernel":
            continue
        if any(start <= address < end for start, end in copies):
            # Each is loaded, and stored.
            sums["copied_bytes"] += int(accesses) * int(size) / 2
        name = starts.get(address)
        if not name:
            continue
        if name in COPY:
            sums["copies"] += times
        elif name == "__switch_to":
            sums["switches"] += times
        elif name == "urproc_kick":
            sums["kicks"] += times
        elif name == "rproc_vq_interrupt":
            sums["interrupts"] += times
        else:
            sums["allocations"] += times
    return sums


def read_counts(log):
    """For what was measured, how much of each thing for a message."""
    path = os.path.join(log, "bench-counts.tsv")
    if not os.path.exists(path):
        return {}
    symbols = read_symbols(path)
    with open(os.path.join(log, "bench-code.tsv"), encoding="ascii") as code:
        sections = [part for part in code.read().split("\n\n") if part.strip()]
    lines = list(rows(path))
    if len(lines) != len(sections):
        sys.exit(f"report.py: {len(lines)} measurements, {len(sections)} of them counted")
    counts = {}
    for (what, values), section in zip(lines, sections):
        sums = count(section.split("\n"), symbols[what[0]])
        counts[what] = {name: n / values["messages"] for name, n in sums.items()}
    return counts


# ---- tables ----------------------------------------------------------------------------------

def number(value):
    """As people read it."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}"


def table(head, lines):
    """Markdown; the first column is words."""
    out = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(out + ["| " + " | ".join(line) + " |" for line in lines]) + "\n"


def ways(found):
    """The stacks and methods that there are, in their order."""
    return list(dict.fromkeys(what[:2] for what in found))


def things(found, want):
    """What was measured beside stack and method, in its order."""
    return list(dict.fromkeys(what[2:] for what in found if want(*what[2:])))


def called(mode, batch, processors, endpoints, size):
    """Words for it."""
    words = f"{mode} {size:,} B"
    words += f", batch {batch}" if batch > 1 or mode != "ping" else ""
    words += f", {processors} processors" if processors > 1 else ""
    return words + (f", {endpoints:,} endpoints" if endpoints > 1 else "")


def compare(times, field, want):
    """A line for each thing, a column for each way: median (least-most), and ratio to the first."""
    columns = ways(what for what in times if want(*what[2:]) and field in times[what])
    lines = []
    for thing in things(times, want):
        line, base = [called(*thing)], None
        for way in columns:
            values = times.get(way + thing, {}).get(field)
            if not values:
                line.append("")
                continue
            middle = median(values)
            cell = f"{number(middle)} ({number(min(values))}-{number(max(values))})"
            if way == columns[0]:
                base = middle
            elif base:
                cell += f" **{middle / base:.2f}**"
            line.append(cell)
        if any(line[1:]):
            lines.append(line)
    return table([""] + [" ".join(way) for way in columns], lines)


def counted(counts, thing):
    """A line for each way: what is executed for a message."""
    head = ["", "kernel", "application", "firmware", "system calls", "firmware's calls",
            "allocations", "copies", "bytes copied", "kicks", "interrupts", "switches"]
    lines = [[" ".join(way)] + [number(counts[way + thing][name]) for name in COUNTED]
             for way in ways(counts) if way + thing in counts]
    return table(head, lines)


def break_even(times):
    """From which size on a ring is faster than calls."""
    lines = []
    methods = [method for _, method in ways(times) if not method.startswith(("calls", "floor"))]
    for mode, batch in (("ping", 1), ("copy", 8)):
        for method in methods:
            ratio = {}
            for what in times:
                calls = ("large", "calls") + what[2:]
                if what[:6] == ("large", method, mode, batch, 1, 1) and calls in times:
                    ratio[what[6]] = median(times[what]["ns"]) / median(times[calls]["ns"])
            if not ratio:
                continue
            sizes = sorted(ratio)
            from_size = next((size for i, size in enumerate(sizes)
                              if all(ratio[s] <= 1 for s in sizes[i:])), None)
            lines.append([f"{mode}, batch {batch}, {method}",
                          "none" if from_size is None else f"{from_size:,} B"] +
                         [f"{ratio[size]:.2f}" for size in sizes])
    sizes = [f"{size:,} B" for size in sizes] if lines else []
    return table(["faster than calls", "from", *sizes], lines)


GOALS = "What was to be reached"
ECHO = ("echo", 64, 1, 1, 496)
PING = ("ping", 1, 1, 1, 496)


def goals(times, counts):
    """What the project set out for, and what there is: a column for each method."""
    mainline, floor, many = ("mainline", "calls"), ("floor", "floor"), ("echo", 64, 1, 1024, 496)
    methods = [method for stack, method in ways(list(times) + list(counts))
               if stack == "ours" and method != "calls"]
    ns = {what: median(v["ns"]) for what, v in times.items()}
    p50 = {what: median(v["p50"]) for what, v in times.items() if "p50" in v}
    p99 = {what: median(v["p99"]) for what, v in times.items() if "p99" in v}
    # Who looks without an end executes instructions without an end.
    kernel = {what: v["kernel"] for what, v in counts.items() if not what[1].endswith("sqpoll")}
    lines = []

    def add(what, goal, get):
        found = [get(("ours", method)) for method in methods]
        if any(found):
            lines.append([what, goal, *found])

    def ratio(get, thing, base, base_thing):
        def of(way):
            over, under = way + thing, (base or way) + base_thing
            return f"{get[over] / get[under]:.2f}" if over in get and under in get else ""
        return of

    speed = {what: 1 / n for what, n in ns.items()}
    add("echo, batch 64: messages a second, to mainline's", "at least 8, exclusive 10",
        ratio(speed, ECHO, mainline, ECHO))
    add("echo, batch 64: time for a message, to the floor's", "1.5, exclusive-sqpoll",
        ratio(ns, ECHO, floor, ECHO))
    add("ping: p50, to mainline's", "0.6", ratio(p50, PING, mainline, PING))
    add("ping: p99, to mainline's", "0.6", ratio(p99, PING, mainline, PING))
    add("1,024 endpoints: time for a message, to that with one", "1.1",
        ratio(ns, many, None, ECHO))
    add("1,024 endpoints: kernel instructions, to those with one", "1.1",
        ratio(kernel, many, None, ECHO))
    for mode in ("echo", "to", "from"):
        thing = (mode, 64, 1, 1, 496)
        add(f"{mode}, batch 64: kernel instructions, to mainline's", "0.125",
            ratio(kernel, thing, mainline, thing))
    for field, goal in (("allocations", "0"), ("system_calls", "0.0156, sqpoll 0"),
                        ("kicks", "0.0313")):
        add(f"echo, batch 64: {field.replace('_', ' ')} for a message", goal,
            lambda way, field=field: f"{counts[way + ECHO][field]:.4f}"
            if way + ECHO in counts else "")
    return table(["", "goal, at most", *methods], lines)


def tables(times, counts, with_goals):
    """Everything, under headings."""
    large = {what: v for what, v in times.items() if what[0] == "large"}
    times = {what: v for what, v in times.items() if what[0] != "large"}

    def plain(_mode, _batch, processors, endpoints, _size):
        return processors == 1 and endpoints == 1

    def many(_mode, _batch, processors, endpoints, _size):
        return processors > 1 or endpoints > 1

    def there_and_back(mode, *rest):
        return mode in ("ping", "echo") and plain(mode, *rest)

    out = [(GOALS, goals(times, counts))] if with_goals else []
    if times:
        out += [("Nanoseconds for a message", compare(times, "ns", plain)),
                ("There and back, p50, nanoseconds", compare(times, "p50", there_and_back)),
                ("There and back, p99, nanoseconds", compare(times, "p99", there_and_back)),
                ("There and back, p99.9, nanoseconds", compare(times, "p999", there_and_back)),
                ("Nanoseconds of processor time of the application for a message",
                 compare(times, "cpu_ns", plain)),
                ("Context switches of the application for a message",
                 compare(times, "switches", plain)),
                ("Nanoseconds for a message, buffers of 64 KiB",
                 compare(large, "ns", lambda *_: True)),
                ("From which size on rings are faster", break_even(large)),
                ("Nanoseconds for a message, many processors, many endpoints",
                 compare(times, "ns", many))]
    for thing in things(counts, lambda *_: True):
        out.append((f"Executed for a message: {called(*thing)}", counted(counts, thing)))
    # With --only there may be nothing to tell.
    return [(title, body) for title, body in out if body.count("\n") > 2]


# ---- documents -------------------------------------------------------------------------------

def pictures(times, counts):
    """Names, titles, and what is in them."""
    def drawn(name, title, groups, log=False):
        groups = [(group, entries) for group, entries in groups if entries]
        if groups:
            out[name] = title, plot.bars(title, groups, log)

    def of(field, mode, batch):
        thing = (mode, batch, 1, 1, 496)
        return [(" ".join(way), median(times[way + thing][field])) for way in ways(times)
                if way + thing in times and field in times[way + thing]]

    out = {}
    drawn("benchmarks-stream.svg", "Nanoseconds for a message of 496 bytes (logarithmic)",
          [(f"{mode}, batch {batch}", of("ns", mode, batch))
           for mode in ("echo", "to", "from") for batch in (1, 8, 64)], log=True)
    drawn("benchmarks-ping.svg", "Ping-pong of 496 bytes, nanoseconds (logarithmic)",
          [(name, of(field, "ping", 1))
           for name, field in (("p50", "p50"), ("p99", "p99"), ("p99.9", "p999"))], log=True)
    drawn("benchmarks-instructions.svg",
          "Instructions for a message of 496 bytes, echo: kernel, application, firmware",
          [(f"batch {batch}",
            [(" ".join(way), [counts[way + thing][name] for name in COUNTED[:3]])
             for way in ways(counts) if not way[1].endswith("sqpoll")
             and way + (thing := ("echo", batch, 1, 1, 496)) in counts])
           for batch in (1, 8, 64)])
    return out


SPREAD = """Each cell is the median of {} rounds, which took turns, with the least and the most in
brackets: where these are far apart, believe the ratio as little. Bold is the ratio to the first
column."""
NO_TIMES = """**This run has no times**, only counts: it was made with `./run bench --instructions --report`
on a machine that was busy with other work, of which times would have told."""


def write_docs(log, docs, times, counts):
    """docs/benchmarks.md, from the words in bench/benchmarks.md.in, and its pictures."""
    template = os.path.join(os.path.dirname(__file__), "benchmarks.md.in")
    with open(template, encoding="utf-8") as words:
        page = words.read()
    with open(os.path.join(log, "bench-about"), encoding="utf-8") as about:
        page = page.replace("@ABOUT@", "".join(f"- {line}" for line in about))
    rounds = max((len(v["ns"]) for v in times.values()), default=0)
    page = page.replace("@ROUNDS@", SPREAD.format(rounds) if rounds else NO_TIMES)
    drawn = pictures(times, counts)
    page = page.replace("@PICTURES@", "".join(f"![{title}]({name})\n\n"
                                              for name, (title, _) in drawn.items()))
    page = page.replace("@GOALS@", f"## {GOALS}\n\n{goals(times, counts)}")
    page = page.replace("@TABLES@", "\n".join(f"## {title}\n\n{body}" for title, body in
                                              tables(times, counts, False)))
    with open(os.path.join(docs, "benchmarks.md"), "w", encoding="utf-8") as out:
        out.write(page)
    for name, (_, picture) in drawn.items():
        with open(os.path.join(docs, name), "w", encoding="utf-8") as out:
            out.write(picture)


def main():
    how, log, docs = ([""] + sys.argv[1:])[-3:]
    times = read_times(os.path.join(log, "bench-times.tsv"))
    counts = read_counts(log)
    if how == "--json":
        json.dump({"times": [dict(zip(WHAT, what)) | values for what, values in times.items()],
                   "counts": [dict(zip(WHAT, what)) | values for what, values in counts.items()]},
                  sys.stdout, indent=1)
        print()
    elif how == "--report":
        write_docs(log, docs, times, counts)
    else:
        for title, body in tables(times, counts, True):
            print(f"\n{title}\n\n{body}", end="")


main()
