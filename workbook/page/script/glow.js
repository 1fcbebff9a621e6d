// What changed glows for a while, over the signs: on a canvas of its own, which the browser fades without the script.

import { make } from "./base.js";
import { eachPane } from "./panes.js";

const LASTS = 900;
const STILL = 0.6;

export class Glow {
  constructor(grid) {
    this.grid = grid;
    this.canvas = make("canvas", { class: "layer glow", "aria-hidden": "true" });
    this.fresh = [];
    this.parts = [];
    this.fade = null;
  }

  // Cells of some rectangles, each as its corners, glow from the next drawing on.
  add(rectangles) {
    this.fresh = [...outsideOf(this.fresh, rectangles), ...rectangles];
  }

  end() {
    this.fresh = [];
    this.parts = [];
    this.fade?.cancel();
  }

  // What glows already begins anew: while a slider is pulled, glow upon glow would hide the numbers. The rest is drawn as
  // faint as it is by now, for the canvas fades from its whole strength again.
  begin() {
    const { fresh } = this;
    const left = this.fade?.playState === "running" ? 1 - this.fade.effect.getComputedTiming().progress : 0;
    const kept = this.parts.map(({ rectangles, strength }) => ({ rectangles: outsideOf(rectangles, fresh), strength: strength * left }));
    this.parts = [...kept.filter(({ rectangles, strength }) => rectangles.length && strength > 0.02), { rectangles: fresh, strength: 1 }];
    this.fresh = [];
    this.fade?.cancel();
    this.fade = this.canvas.animate({ opacity: this.grid.app.still ? [STILL, STILL] : [1, 0] }, LASTS);
  }

  draw(panes) {
    if (this.fresh.length) this.begin();
    if (this.fade?.playState !== "running") return;
    const ratio = window.devicePixelRatio || 1;
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, ...this.grid.size);
    context.fillStyle = this.grid.marks.colours.flash;
    eachPane(context, this.grid.margin, panes, (down, across) => {
      for (const { rectangles, strength } of this.parts) {
        context.globalAlpha = strength;
        for (const range of rectangles) {
          const found = this.grid.marks.boxIn(down, across, range);
          if (found) context.fillRect(...found);
        }
      }
    });
  }
}

// Those of some rectangles that lie in none of others.
function outsideOf(rectangles, others) {
  const isIn = (old, one) => one[0] <= old[0] && one[1] <= old[1] && one[2] >= old[2] && one[3] >= old[3];
  return rectangles.filter((old) => !others.some((one) => isIn(old, one)));
}
