"use strict";

// Keys press the buttons that name them. A key that is held down counts once. Enter presses a focused button by itself.
addEventListener("keydown", event => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter" && document.activeElement instanceof HTMLButtonElement) return;
  for (const button of document.querySelectorAll("button[data-keys]")) {
    if (!button.dataset.keys.split(" ").includes(event.key)) continue;
    event.preventDefault();
    button.click();
    return;
  }
});

// The second half of a double click would answer the next question. The system knows what a double click is.
addEventListener("click", event => { if (event.detail > 1) event.preventDefault(); });

// Pixels of an image are whole multiples of the screen's, as large as fits, if the image is not larger than its place.
function fit() {
  for (const image of document.querySelectorAll(".images img")) {
    const w = image.getAttribute("width"), h = image.getAttribute("height");
    const place = image.parentElement, count = place.children.length;
    const room = (place.clientWidth - 8 * (count - 1)) / count;
    const times = Math.floor(Math.min(room / w, innerHeight * 0.55 / h) * devicePixelRatio);
    image.style.width = times < 1 ? "" : times / devicePixelRatio * w + "px";
  }
}
addEventListener("resize", fit);
fit();

// A page that the browser kept may show an old question.
addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
