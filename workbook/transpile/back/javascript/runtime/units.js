// Units of measure, and numbers of one as numbers of another.
// Source: Microsoft's documentation of CONVERT; factors by the international definitions of the units.

import { fail } from "./values.js";

const PREFIXES = {
  Y: 1e24, Z: 1e21, E: 1e18, P: 1000000000000000, T: 1000000000000, G: 1000000000, M: 1000000, k: 1000,
  h: 100, da: 10, e: 10, d: 0.1, c: 0.01, m: 0.001, u: 1e-6, n: 1e-9,
  p: 1e-12, f: 1e-15, a: 1e-18, z: 1e-21, y: 1e-24,
};
const BINARY_PREFIXES = { ki: 1024, Mi: 1048576, Gi: 1073741824, Ti: 1099511627776, Pi: 1125899906842624, Ei: 2 ** 60, Zi: 2 ** 70, Yi: 2 ** 80 };
// Of each kind: units that take no prefix; those that do, with the power to which a prefix is taken.
const UNITS = {
  mass: [
    {
      sg: 14593.902937206365, lbm: 453.59237, ozm: 28.349523125, grain: 0.06479891, cwt: 45359.237,
      shweight: 45359.237, uk_cwt: 50802.345440000005, lcwt: 50802.345440000005, hweight: 50802.345440000005,
      stone: 6350.293180000001, ton: 907184.74, uk_ton: 1016046.9088000001, LTON: 1016046.9088000001,
      brton: 1016046.9088000001,
    },
    {
      g: [1, 1], u: [1.66053100460465e-24, 1],
    },
  ],
  distance: [
    {
      mi: 1609.3439999999998, Nmi: 1852, in: 0.0254, ft: 0.30479999999999996, yd: 0.9143999999999999, ell: 1.143,
      Picapt: 0.00035277777777777776, Pica: 0.00035277777777777776, pica: 0.004233333333333333,
      survey_mi: 1609.3472186944373,
    },
    {
      m: [1, 1], ang: [1e-10, 1], ly: [9460730472580800, 1], parsec: [3.08567758128155e16, 1],
      pc: [3.08567758128155e16, 1],
    },
  ],
  time: [
    {
      yr: 31557600, day: 86400, d: 86400, hr: 3600, mn: 60, min: 60,
    },
    {
      sec: [1, 1], s: [1, 1],
    },
  ],
  pressure: [
    {
      psi: 6894.757293168361, Torr: 133.32236842105263,
    },
    {
      Pa: [1, 1], p: [1, 1], atm: [101325, 1], at: [101325, 1], mmHg: [133.322, 1],
    },
  ],
  force: [
    {
      lbf: 4.4482216152605,
    },
    {
      N: [1, 1], dyn: [1e-5, 1], dy: [1e-5, 1], pond: [0.00980665, 1],
    },
  ],
  energy: [
    {
      HPh: 2684519.537696172, hh: 2684519.537696172, flb: 1.3558179483314001, BTU: 1055.05585262,
      btu: 1055.05585262,
    },
    {
      J: [1, 1], e: [1e-7, 1], c: [4.184, 1], cal: [4.1868, 1], eV: [1.602176487e-19, 1],
      ev: [1.602176487e-19, 1], Wh: [3600, 1], wh: [3600, 1],
    },
  ],
  power: [
    {
      HP: 745.69987158227, h: 745.69987158227, PS: 735.49875,
    },
    {
      W: [1, 1], w: [1, 1],
    },
  ],
  magnetism: [
    {},
    {
      T: [1, 1], ga: [0.0001, 1],
    },
  ],
  volume: [
    {
      tsp: 4.9289215937500005e-6, tspm: 5e-6, tbs: 1.478676478125e-5, oz: 2.95735295625e-5, cup: 0.0002365882365,
      pt: 0.000473176473, us_pt: 0.000473176473, uk_pt: 0.00056826125, qt: 0.000946352946, uk_qt: 0.0011365225,
      gal: 0.003785411784, uk_gal: 0.00454609, barrel: 0.158987294928, bushel: 0.03523907016688,
      ft3: 0.02831684659199999, in3: 1.6387064e-5, ly3: 8.467866646237152e47, mi3: 4168181825.440578,
      yd3: 0.7645548579839997, Nmi3: 6352182208, Picapt3: 4.3903956618655683e-11, Pica3: 4.3903956618655683e-11,
      GRT: 2.831684659199999, regton: 2.831684659199999, MTON: 1.1326738636799996,
    },
    {
      l: [0.001, 1], L: [0.001, 1], lt: [0.001, 1], m3: [1, 3], ang3: [1e-30, 3],
    },
  ],
  area: [
    {
      uk_acre: 4046.856422399999, us_acre: 4046.8726098742522, ft2: 0.09290303999999998, ha: 10000,
      in2: 0.00064516, ly2: 8.950542107481893e31, Morgen: 2500, mi2: 2589988.1103359996, Nmi2: 3429904,
      Picapt2: 1.2445216049382715e-7, Pica2: 1.2445216049382715e-7, yd2: 0.8361273599999998,
    },
    {
      ar: [100, 1], m2: [1, 2], ang2: [1e-20, 2],
    },
  ],
  information: [
    {},
    {
      bit: [1, 1], byte: [8, 1],
    },
  ],
  speed: [
    {
      admkn: 0.5147733333333333, kn: 0.5144444444444445, mph: 0.44703999999999994,
    },
    {
      "m/h": [0.0002777777777777778, 1], "m/hr": [0.0002777777777777778, 1], "m/s": [1, 1], "m/sec": [1, 1],
    },
  ],
};
// What a degree is in kelvins, and where the scale begins.
const TEMPERATURES = {
  K: [1, 0], kel: [1, 0], C: [1, 273.15], cel: [1, 273.15], F: [5 / 9, 459.67], fah: [5 / 9, 459.67], Rank: [5 / 9, 0], Reau: [1.25, 218.52],
};

/** The entry of a table, and not what each object has. */
function ofTable(table, name) {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The kind of a unit and how many of the kind's own it is. */
function unitOf(name) {
  const plain = name.replaceAll("^", "");
  for (const [kind, [fixed, scaled]] of Object.entries(UNITS)) {
    const alone = ofTable(fixed, plain) ?? ofTable(scaled, plain)?.[0];
    if (alone !== undefined) return [kind, alone];
    for (const prefixes of kind === "information" ? [PREFIXES, BINARY_PREFIXES] : [PREFIXES]) {
      for (const [prefix, times] of Object.entries(prefixes)) {
        const found = plain.startsWith(prefix) ? ofTable(scaled, plain.slice(prefix.length)) : undefined;
        if (found !== undefined) return [kind, found[0] * times ** found[1]];
      }
    }
  }
  return fail("#N/A");
}

export function CONVERT(value, given, wanted) {
  const [from, to] = [ofTable(TEMPERATURES, given), ofTable(TEMPERATURES, wanted)];
  if (from !== undefined && to !== undefined) {
    return given === wanted ? value : ((value + from[1]) * from[0]) / to[0] - to[1];
  }
  const [[kind, factor], [otherKind, otherFactor]] = [unitOf(given), unitOf(wanted)];
  if (kind !== otherKind) fail("#N/A");
  return given === wanted ? value : (value * factor) / otherFactor;
}
