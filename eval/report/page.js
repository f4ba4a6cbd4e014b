// Charts: the values at the pointer, or, with the chart focused, at a place that the arrow keys move.
for (const chart of document.querySelectorAll('.chart')) {
  const svg = chart.querySelector('svg[role=img]'), cursor = chart.querySelector('.cursor');
  const tip = chart.querySelector('.tip');
  const { width, left, last, lines, across } = JSON.parse(chart.querySelector('script').textContent);
  const steps = [...new Set(lines.flatMap(l => l.points.map(p => p[0])))].sort((a, b) => a - b);
  const nearest = (sorted, x) => sorted.reduce((a, b) => Math.abs(b - x) < Math.abs(a - x) ? b : a);
  let at = steps.length - 1;
  const show = step => {
    at = steps.indexOf(step);
    const x = step / last * width;
    cursor.setAttribute('x1', x); cursor.setAttribute('x2', x);
    const values = lines.map(l => l.points.find(p => p[0] === step)).map((p, i) => p && `${lines[i].name} ${p[1]}`);
    tip.textContent = [`${across} ${+step.toPrecision(4)}`, ...values.filter(Boolean)].join('\n');
    chart.classList.add('on');
    const place = (x + left) / svg.viewBox.baseVal.width * svg.clientWidth;
    tip.style.left = Math.max(0, Math.min(place + 8, svg.clientWidth - tip.offsetWidth)) + 'px';
  };
  const hide = () => chart.classList.remove('on');
  svg.addEventListener('pointermove', e => {
    const box = svg.getBoundingClientRect();
    show(nearest(steps, ((e.clientX - box.left) / box.width * svg.viewBox.baseVal.width - left) / width * last));
  });
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('blur', hide);
  svg.addEventListener('keydown', e => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity }[e.key];
    if (move === undefined) return;
    e.preventDefault();
    show(steps[Math.min(Math.max(at + move, 0), steps.length - 1)]);
  });
}

// Sliders: the share of a pair that shows the rendered image.
const slide = (pair, at) => pair.style.setProperty('--at', at + '%');
document.addEventListener('input', e => {
  if (e.target.matches('.pairs input')) slide(e.target.closest('figure').querySelector('.pair'), e.target.value);
  if (!e.target.matches('.slider input')) return;
  for (const one of document.querySelectorAll('.pairs input')) {
    one.value = e.target.value;
    slide(one.closest('figure').querySelector('.pair'), one.value);
  }
});

// Zoom: a click on a picture, or Enter, shows it large.
const zoom = document.getElementById('zoom');
document.addEventListener('click', e => {
  const button = e.target.closest('.zoom');
  if (!button) return;
  const shown = zoom.querySelector('img'), from = button.querySelector('img');
  shown.src = from.src; shown.alt = from.alt;
  zoom.showModal();
});

// A page of a run that trains loads itself again, unless it is being used.
const pause = 20000;
if ('live' in document.body.dataset) {
  let used = 0;
  for (const kind of ['pointerdown', 'keydown', 'input']) document.addEventListener(kind, () => { used = Date.now(); });
  setInterval(() => { if (!zoom.open && Date.now() - used > pause) location.reload(); }, pause);
}
