// The steps of a sheet's recurrence: a slider, and a button that plays them.

import { byId, inside } from "./base.js";

const PACE = 12000;

export class Steps {
  constructor(app) {
    this.app = app;
    this.slider = byId("step");
    this.button = byId("play");
    this.slider.addEventListener("input", () => {
      this.stop();
      this.set(Number(this.slider.value));
    });
    this.button.addEventListener("click", () => (this.timer ? this.stop() : this.play()));
  }

  show() {
    this.stop();
    this.steps = this.app.grid.sheet.source.steps ?? null;
    byId("steps").hidden = !this.steps;
    this.number = null;
    if (!this.steps) return;
    this.slider.max = this.steps.count - 1;
    this.slider.value = 0;
    this.slider.setAttribute("aria-label", this.steps.axis.replaceAll("_", " "));
    byId("stepname").textContent = `${this.steps.axis.replaceAll("_", " ")} – of ${this.steps.count}`;
  }

  bands(number) {
    return this.steps.bands.map(([top, left, bottom, right, down, across]) => [
      top + number * down, left + number * across, bottom + number * down, right + number * across,
    ]);
  }

  // The chosen step: where it lies in a range, as a place in the order of its cells or as a cell; null where none is.
  current() {
    if (!this.steps || this.number === null || this.number === undefined) return null;
    const bands = this.bands(this.number);
    const cell = (top, left, bottom, right) => {
      for (const band of bands) {
        const [row, column] = [Math.max(top, band[0]), Math.max(left, band[1])];
        const single = band[2] === band[0] || band[3] === band[1];
        if (single && row <= Math.min(bottom, band[2]) && column <= Math.min(right, band[3])) return [row, column];
      }
      return null;
    };
    const index = (top, left, bottom, right) => {
      const found = cell(top, left, bottom, right);
      return found && inside(...found, top, left, bottom, right) ? Math.max(found[0] - top, found[1] - left) : null;
    };
    return { number: this.number, cell, index };
  }

  set(number) {
    const { app } = this;
    this.number = number;
    this.slider.value = number;
    const words = `${this.steps.axis.replaceAll("_", " ")} ${number + 1} of ${this.steps.count}`;
    byId("stepname").textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    app.grid.band = this.bands(number);
    const [top, left, bottom] = app.grid.band.reduce((low, band) => (band[0] < low[0] ? band : low));
    app.grid.scrollTo(bottom, Math.max(left, app.grid.frozen[1]));
    app.grid.scrollTo(top, Math.max(left, app.grid.frozen[1]));
    app.grid.later();
    app.charts.draw();
    app.events.tell("step");
  }

  play() {
    if (!this.steps) return;
    const last = this.steps.count - 1;
    const from = this.number === null || this.number >= last ? -1 : this.number;
    let next = from;
    this.button.textContent = "❚❚";
    this.button.setAttribute("aria-label", "Stop");
    const pace = Math.max(this.app.still ? 400 : 60, Math.min(500, PACE / this.steps.count));
    this.timer = setInterval(() => {
      next += 1;
      if (next > last) return this.stop();
      this.set(next);
    }, pace);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.button.textContent = "▶";
    this.button.setAttribute("aria-label", "Play the steps");
    if (this.app.grid) this.app.grid.band = this.number === null || !this.steps ? [] : this.app.grid.band;
  }
}
