// Colours: a sheet's own in the light, and the same hues turned dark at night; signs stay readable on their ground.

export const PAPER = "FFFFFF";
export const INK = "1F2933";
const NIGHT = 0.205;
const CONTRAST = 4.6;

function channels(hex) {
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
}

function hexOf(rgb) {
  return rgb.map((x) => Math.round(Math.min(1, Math.max(0, x)) * 255).toString(16).padStart(2, "0")).join("");
}

const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
const curved = (x) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);

// Source: B. Ottosson, A perceptual color space for image processing, 2020.
function toLab(hex) {
  const [r, g, b] = channels(hex).map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromLab([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return hexOf(
    [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ].map((x) => curved(Math.max(0, x))),
  );
}

// The colour at night: as light as it was dark, in the same hue; inks are lifted, for thin signs need more light.
export function nightly(hex, lift = 1) {
  const [L, a, b] = toLab(hex);
  const dim = L > 0.9 ? 1.2 : 0.9;
  return fromLab([NIGHT + (1 - L) ** lift * (0.96 - NIGHT), a * dim, b * dim - (L > 0.97 ? 0.008 : 0)]);
}

function luminance(hex) {
  const [r, g, b] = channels(hex).map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

// The ink, moved away from its ground until it can be read.
export function readable(ink, ground) {
  const [light, a, b] = toLab(ink);
  let L = light;
  let found = ink;
  const up = luminance(ground) < 0.18;
  for (let tries = 0; tries < 40 && contrast(found, ground) < CONTRAST; tries++) {
    L += up ? 0.02 : -0.02;
    if (L < 0 || L > 1) break;
    found = fromLab([L, a, b]);
  }
  return found;
}

export function mixed(one, other, share) {
  const [p, q] = [channels(one), channels(other)];
  return hexOf(p.map((x, k) => x + (q[k] - x) * share));
}
