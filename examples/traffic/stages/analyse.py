"""Turns trajectories into what people look at: stats.json, two pictures, the annotated clip and a page with all of it."""

import json
from html import escape
from pathlib import Path

import cv2

from stages import charts, clip, film, trajectories
from stages.contract import OUTPUT, WORKSPACE, Progress, StageError, note, result, setting

PAGE = Path(__file__).with_name("page.html")


def main() -> None:
    facts = clip.Clip.load()
    tracks = trajectories.read(WORKSPACE / "trajectories.csv")
    if not tracks:
        raise StageError("There are no trajectories: nothing moved, or SENSITIVITY is too low for this clip")
    scale = setting("METRES_PER_PIXEL", 0, 0, 1000)
    stats = trajectories.statistics_of(tracks, facts.times, scale)
    name = facts.name
    stats["clip"] = {"name": name, "frames": facts.frames, "frames_per_second": facts.fps, "step": facts.step}
    (OUTPUT / "stats.json").write_text(json.dumps(stats, indent=2) + "\n")
    note("stats.json is written")

    draw_pictures(facts, tracks, stats)
    write_page(name, facts, stats)
    progress = Progress(facts.frames)
    film.annotate(facts, tracks, OUTPUT / "annotated.webm", speed_label(scale), lambda number: progress.at(number + 1))
    progress.at(facts.frames)
    report(stats)


def speed_label(scale: float):
    """Writes a speed in px/s in the unit that people asked for."""
    return (lambda speed: f"{speed * scale:.1f} m/s") if scale else (lambda speed: f"{speed:.0f} px/s")


def draw_pictures(facts: clip.Clip, tracks: list[trajectories.Trajectory], stats: dict) -> None:
    scale = setting("METRES_PER_PIXEL", 0, 0, 1000)
    fastest = charts.nice_top(sorted(track.speed for track in tracks)[int(0.95 * (len(tracks) - 1))])
    picture = film.paths(cv2.imread(str(clip.BACKGROUND)), tracks, fastest, speed_label(scale))
    cv2.imwrite(str(OUTPUT / "trajectories.png"), picture.image)
    chart = charts.draw(
        f"{len(tracks)} tracks in {facts.seconds:.0f} seconds",
        f"{facts.name}: {facts.width}x{facts.height}, {facts.fps:g} frames a second, "
        f"{stats['in_sight']['mean']:.1f} in sight on average",
        stats["in_sight"]["by_second"],
        stats["speed"]["by_track"],
        stats["speed_unit"],
        stats["directions"],
    )
    cv2.imwrite(str(OUTPUT / "counts.png"), chart.image)
    note("trajectories.png and counts.png are drawn")


def write_page(name: str, facts: clip.Clip, stats: dict) -> None:
    """index.html beside the pictures; it needs nothing from elsewhere."""
    unit = stats["speed_unit"]
    rows = {
        "Tracks": stats["tracks"],
        "In sight on average": f"{stats['in_sight']['mean']:.1f}",
        "Most in sight": f"{stats['in_sight']['most']:.1f} at {stats['in_sight']['most_at_second']} s",
        "Median speed": f"{stats['speed']['median']:.3g} {unit}",
        "Fastest tenth": f"{stats['speed']['fastest_tenth']:.3g} {unit}",
    }
    cards = "\n".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in rows.items())
    page = PAGE.read_text().replace("{{name}}", escape(name)).replace("{{seconds}}", f"{facts.seconds:.1f}")
    (OUTPUT / "index.html").write_text(page.replace("{{cards}}", cards))


def report(stats: dict) -> None:
    result("tracks", stats["tracks"])
    result("mean_in_sight", stats["in_sight"]["mean"])
    result("most_in_sight", stats["in_sight"]["most"])
    result("median_speed", f"{stats['speed']['median']} {stats['speed_unit']}")
    directions = {name: count for name, count in stats["directions"].items() if name != "stayed"}
    result("main_direction", max(directions, key=directions.__getitem__))
