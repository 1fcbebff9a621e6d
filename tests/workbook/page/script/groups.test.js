import assert from "node:assert/strict";
import { test } from "node:test";

import { fold, foldSign, isFolded, readGroups } from "../../../../workbook/page/script/groups.js";

test("what is opened has the size that it had, and what lies in a closed group within it stays closed", () => {
  const sizes = { 1: 0, 2: 0, 3: 0, 4: 0, 5: 20 };
  const groups = readGroups([[1, 4, 5], [2, 3, 4]], sizes);
  assert.deepEqual(groups.map(({ closed }) => closed), [true, true]);
  assert.equal(isFolded(groups, 5), true);
  assert.deepEqual(fold(groups, 5, sizes, { 4: 33 }), { closed: false, first: 1, last: 4 });
  assert.deepEqual(sizes, { 2: 0, 3: 0, 4: 33, 5: 20 });
  assert.equal(isFolded(groups, 5), false);
  fold(groups, 4, sizes, {});
  assert.deepEqual(sizes, { 4: 33, 5: 20 });
  fold(groups, 5, sizes, {});
  assert.deepEqual(sizes, { 1: 0, 2: 0, 3: 0, 4: 0, 5: 20 });
});

test("a heading that stands for no group opens nothing", () => {
  assert.equal(fold(readGroups([[1, 4, 5]], {}), 2, {}, {}), null);
  assert.equal(isFolded([], 2), null);
  assert.deepEqual([null, true, false].map(foldSign), ["", " folded", " unfolded"]);
});
