// A large workbook is computed by a thread of its own: the page keeps what its cells hold, and is never held up.

// What the thread runs: this function's text, beside those of the engine and of what opens the cells.
function serve(engineOf, unpacked) {
  let engine;
  // A thread of its own may take its time.
  const practise = () => {
    if (!engine.practise(10, 4000)) setTimeout(practise);
  };
  self.addEventListener("message", async ({ data: { cells, edits } }) => {
    try {
      if (cells) engine = engineOf(await unpacked(cells));
      const { cells: count, ranges } = cells ? { cells: 0, ranges: engine.computed() } : engine.set(edits);
      const found = engine.packed(ranges);
      self.postMessage({ count, ...found }, [found.V.buffer, found.T.buffer]);
      if (cells) setTimeout(practise);
    } catch (problem) {
      self.postMessage({ problem: problem.message });
    }
  });
}

// Gzipped JSON as data. No Blob is read: in a thread of a page that was opened from a file, WebKit cannot.
export async function opened(bytes) {
  const stream = new Response(bytes).body.pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function threadOf(engineOf) {
  const text = `"use strict"; (${serve})(${engineOf}, ${opened});`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
  return worker;
}

// Asks the thread; one question at a time.
function asked(worker, question) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.problem === undefined ? resolve(data) : reject(new Error(data.problem)));
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message || "the thread that computes could not start"));
    };
    worker.postMessage(question);
  });
}

// The engine of a workbook that a thread computes; its `set` is a promise, all else is as ever. Until the thread has
// computed all, the page computes what it shows. Where the browser starts no thread, the page computes by itself.
export async function apart(engineOf, bytes, makeThread = threadOf) {
  let worker;
  let alone = false;
  const first = begun(() => asked((worker = makeThread(engineOf)), { cells: bytes }));
  // It may fail before anybody waits for it.
  first.catch(() => {});
  const mirror = engineOf(await opened(bytes), true);
  let waiting = [];
  let next = null;
  let running = first.then(
    (found) => mirror.take(found),
    () => {
      worker?.terminate();
      alone = true;
      mirror.reset();
      mirror.begin();
    },
  );

  // What was entered while the thread computed goes to it together, of each cell the last.
  async function ask() {
    await running.catch(() => {});
    const edits = latest(waiting);
    waiting = [];
    next = null;
    if (alone) return mirror.set(edits);
    running = asked(worker, { edits });
    const found = await running;
    mirror.take(found);
    mirror.enter(waiting);
    return { cells: found.count, ranges: found.ranges };
  }

  return {
    ...mirror,
    // The thread computes what nobody has looked at.
    advance: () => true,
    practise: () => true,
    set(edits) {
      if (alone) return mirror.set(edits);
      mirror.enter(edits);
      waiting.push(...edits);
      return (next ??= ask());
    },
  };
}

async function begun(start) {
  return start();
}

// Of several edits of a cell the last.
export function latest(cells) {
  return [...new Map(cells.map((cell) => [cell.slice(0, 3).join(), cell])).values()];
}
