// Several videos that run in step: played, paused and sought as one, and brought together again where one lags. It knows them by
// what a video element can do, and no page.

/** As much of a video as is needed: an HTMLVideoElement is one. */
export interface Film {
  currentTime: number;
  playbackRate: number;
  readonly duration: number;
  readonly paused: boolean;
  readonly ended: boolean;
  readonly seeking: boolean;
  play(): Promise<void>;
  pause(): void;
}

/** Seconds that two may be apart before one is moved; a tenth is hardly seen, and moving costs a pause. */
export const APART = 0.1;

export class InStep {
  readonly #films = new Set<Film>();
  #rate = 1;
  /** Where they were when the last one left: shown in another way, they go on from there. */
  #left = 0;

  /** Takes part until the answer is called; it comes to where the others are, or were. */
  join(film: Film): () => void {
    const leader = this.#leader();
    const at = leader ? leader.currentTime : this.#left || film.currentTime;
    this.#films.add(film);
    film.playbackRate = this.#rate;
    if (Math.abs(at - film.currentTime) > APART) this.#move(film, at);
    if (leader && !leader.paused) play(film);
    return () => {
      this.#left = this.time;
      this.#films.delete(film);
    };
  }

  get playing(): boolean {
    return [...this.#films].some((film) => !film.paused && !film.ended);
  }

  /** Seconds of the longest; 0 as long as none is known. */
  get duration(): number {
    return Math.max(0, ...[...this.#films].map((film) => (Number.isFinite(film.duration) ? film.duration : 0)));
  }

  get time(): number {
    return this.#leader()?.currentTime ?? 0;
  }

  get rate(): number {
    return this.#rate;
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  play(): void {
    if (this.time >= this.duration - 0.01) this.seek(0);
    for (const film of this.#films) if (!past(film, this.time)) play(film);
  }

  pause(): void {
    for (const film of this.#films) film.pause();
    this.gather();
  }

  /** To `time` seconds; a shorter one stays at its end. */
  seek(time: number): void {
    const to = Math.min(Math.max(0, time), this.duration || Math.max(0, time));
    const playing = this.playing;
    for (const film of this.#films) {
      this.#move(film, to);
      if (playing && film.paused && !past(film, to)) play(film);
    }
  }

  /** So many seconds on, paused: to go through it picture by picture. */
  nudge(seconds: number): void {
    for (const film of this.#films) film.pause();
    this.seek(this.time + seconds);
  }

  speed(rate: number): void {
    this.#rate = rate;
    for (const film of this.#films) film.playbackRate = rate;
  }

  /** Called now and then while they play, and when one is ready: whoever is behind or ahead comes to where the first is. */
  gather(): void {
    const leader = this.#leader();
    if (!leader || leader.seeking) return;
    const allowed = leader.paused ? 0.001 : APART * Math.max(1, this.#rate);
    for (const film of this.#films) {
      if (film === leader || film.seeking || past(film, leader.currentTime)) continue;
      if (Math.abs(film.currentTime - leader.currentTime) > allowed) this.#move(film, leader.currentTime);
    }
  }

  #move(film: Film, to: number): void {
    film.currentTime = Number.isFinite(film.duration) ? Math.min(to, film.duration) : to;
  }

  /** The longest one tells the time: it is the last to be at its end. */
  #leader(): Film | undefined {
    let found: Film | undefined;
    for (const film of this.#films) if (!found || long(film) > long(found)) found = film;
    return found;
  }
}

const long = (film: Film) => (Number.isFinite(film.duration) ? film.duration : 0);
const past = (film: Film, time: number) => Number.isFinite(film.duration) && time >= film.duration;

/** A browser may refuse to play, or be told to pause meanwhile; neither is an error to anybody. */
function play(film: Film): void {
  film.play().catch(() => undefined);
}
