import { expect, test } from "vitest";
import { APART, type Film, InStep } from "./steps.ts";

class Reel implements Film {
  currentTime = 0;
  playbackRate = 1;
  paused = true;
  seeking = false;
  duration: number;
  moves = 0;
  constructor(duration: number) {
    this.duration = duration;
  }
  get ended() {
    return this.currentTime >= this.duration;
  }
  play() {
    this.paused = false;
    return Promise.resolve();
  }
  pause() {
    this.paused = true;
  }
  at(time: number) {
    this.currentTime = time;
    return this;
  }
}

function two(one = new Reel(10), other = new Reel(8)) {
  const films = new InStep();
  films.join(one);
  films.join(other);
  return { films, one, other };
}

test("both play, pause and seek as one", () => {
  const { films, one, other } = two();
  films.toggle();
  expect([one.paused, other.paused]).toEqual([false, false]);
  films.seek(5);
  expect([one.currentTime, other.currentTime]).toEqual([5, 5]);
  expect(films.playing).toBe(true);
  films.toggle();
  expect([one.paused, other.paused]).toEqual([true, true]);
});

test("the shorter one stays at its end while the longer goes on", () => {
  const { films, one, other } = two();
  films.play();
  films.seek(9);
  expect([one.currentTime, other.currentTime]).toEqual([9, 8]);
  expect(films.duration).toBe(10);
  expect(films.time).toBe(9);
  films.gather();
  expect(other.currentTime).toBe(8);
});

test("who has fallen behind is brought back, who is hardly behind is left alone", () => {
  const { films, one, other } = two();
  films.play();
  one.at(4);
  other.at(4 - APART / 2);
  films.gather();
  expect(other.currentTime).toBe(4 - APART / 2);
  other.at(3);
  films.gather();
  expect(other.currentTime).toBe(4);
});

test("one that is being moved already is not moved again", () => {
  const { films, one, other } = two();
  films.play();
  one.at(4);
  other.at(1);
  other.seeking = true;
  films.gather();
  expect(other.currentTime).toBe(1);
});

test("paused, both show the same picture", () => {
  const { films, one, other } = two();
  films.play();
  one.at(4);
  other.at(3.95);
  films.pause();
  expect(other.currentTime).toBe(4);
});

test("going picture by picture pauses, and never leaves the film", () => {
  const { films, one } = two();
  films.play();
  films.nudge(-1);
  expect(one.currentTime).toBe(0);
  expect(films.playing).toBe(false);
  films.nudge(99);
  expect(one.currentTime).toBe(10);
});

test("at the end, playing begins again", () => {
  const { films, one, other } = two();
  films.seek(10);
  films.play();
  expect([one.currentTime, other.currentTime]).toEqual([0, 0]);
  expect(other.paused).toBe(false);
});

test("who joins late comes to where the others are, at their pace", () => {
  const films = new InStep();
  const one = new Reel(10).at(3);
  films.join(one);
  films.speed(2);
  films.play();
  const late = new Reel(10);
  const leave = films.join(late);
  expect(late).toMatchObject({ currentTime: 3, playbackRate: 2, paused: false });
  leave();
  films.seek(7);
  expect(late.currentTime).toBe(3);
});

test("shown in another way, they go on from where they were", () => {
  const films = new InStep();
  const leave = [new Reel(10), new Reel(8)].map((film) => films.join(film));
  films.seek(6);
  for (const each of leave) each();
  const [one, other] = [new Reel(10), new Reel(8)];
  films.join(one);
  films.join(other);
  expect([one.currentTime, other.currentTime]).toEqual([6, 6]);
});

test("a browser that refuses to play is no error", async () => {
  const films = new InStep();
  const refusing = new Reel(10);
  refusing.play = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  films.join(refusing);
  expect(() => films.play()).not.toThrow();
  await Promise.resolve();
});
