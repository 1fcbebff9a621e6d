// Opens the page: its program is gzipped in it, and runs because the policy knows its digest. window.gradbook is there
// from the start; all but `ready` comes with the program.
const gradbookOpening = {};
window.gradbook = {
  ready: new Promise((done, failed) => Object.assign(gradbookOpening, { done, failed })),
};
window.gradbook.ready.catch((error) => {
  const status = document.getElementById("status");
  status.textContent = `This page could not start: ${error.message}`;
  status.className = "bad";
  throw error;
});
(async () => {
  const bytes = Uint8Array.from(atob(document.getElementById("program").textContent), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
})().catch(gradbookOpening.failed);
