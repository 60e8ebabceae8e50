// Draws the page's charts. The studio sends each line in buckets; new points are appended as they come and drawn at most four times a second.
const drawEvery = 250;
const charts = new Set();
let loading;

function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "_content/Plotly.Blazor/plotly-basic-3.7.0.min.js";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = undefined;
      reject(new Error("The chart library could not be loaded."));
    };
    document.head.append(script);
  });
  return loading;
}

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const number = new Intl.NumberFormat("en-US");

function smoothed(values, weight) {
  let mean = 0;
  let share = 0;
  return values.map(value => {
    mean = mean * weight + value * (1 - weight);
    share = share * weight + 1 - weight;
    return mean / share;
  });
}

class Chart {
  constructor(element, count, page, title, series, view, picks) {
    Object.assign(this, { element, count, page, title, series, view, picks, lines: new Map(), range: null, dirty: false, visible: false, version: 0 });
    this.sight = new IntersectionObserver(entries => {
      this.visible = entries[entries.length - 1].isIntersecting;
      if (this.visible && !this.started) {
        this.started = true;
        this.read();
      } else if (this.visible) {
        this.draw();
      }
    }, { rootMargin: "300px" });
    this.sight.observe(element);
    this.size = new ResizeObserver(() => this.drawn && this.visible && window.Plotly.Plots.resize(element));
    this.size.observe(element);
    charts.add(this);
  }

  get buckets() {
    return Math.max(200, Math.min(1000, Math.round(this.element.clientWidth * 1.2)));
  }

  // Reads the range in view from the store. Of two answers only the later question's counts.
  async read() {
    const version = ++this.version;
    const steps = this.range ?? [null, null];
    const lines = await this.page.invokeMethodAsync("ReadAsync", steps[0], steps[1], this.buckets);
    if (version !== this.version || this.disposed) {
      return;
    }
    this.lines = new Map(lines.map(line => [line.key, line]));
    this.draw();
  }

  append(points) {
    if (!this.started) {
      return;
    }
    for (const { key, step, value, at } of points) {
      const line = this.lines.get(key);
      if (!line) {
        continue;
      }
      const end = line.steps.length - 1;
      if (end >= 0 && step <= line.steps[end]) {
        // A resumed run repeats steps: the store knows what holds.
        this.stale ||= step < line.steps[end];
        continue;
      }
      line.total++;
      if (this.range && step > this.range[1]) {
        continue;
      }
      line.steps.push(step);
      line.last.push(value);
      line.minimum.push(value);
      line.maximum.push(value);
      line.at.push(at);
    }
    this.dirty = true;
    if (this.stale || [...this.lines.values()].some(line => line.steps.length > 2 * this.buckets)) {
      this.stale = false;
      this.read();
    }
  }

  update(series, view) {
    const keys = list => list.map(line => line.key).join();
    const other = keys(series) !== keys(this.series);
    if (view.axis !== this.view.axis) {
      this.range = null;
      this.fresh = true;
    }
    Object.assign(this, { series, view });
    if (!this.started) {
      return;
    }
    if (other || this.fresh) {
      this.read();
    } else {
      this.draw();
    }
  }

  // Positions on the axis that is chosen.
  positions(line, series) {
    switch (this.view.axis) {
      case "epoch":
        return line.steps.map(step => step / series.stepsPerEpoch);
      case "time": {
        const start = Date.parse(series.startedAt);
        return line.at.map(at => (at - start) / 60000);
      }
      default:
        return line.steps;
    }
  }

  traces() {
    const traces = [];
    const banded = this.series.length <= 6;
    this.series.forEach((series, index) => {
      const line = this.lines.get(series.key);
      if (!line || line.steps.length === 0) {
        return;
      }
      const tone = colour(`--chart-${index % 8 + 1}`);
      const x = this.positions(line, series);
      const isBucketed = line.total > line.steps.length;
      if (isBucketed && banded) {
        const edge = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false, legendgroup: series.key };
        traces.push({ ...edge, y: line.minimum }, { ...edge, y: line.maximum, fill: "tonexty", fillcolor: fade(tone, 0.18) });
      }
      const smooth = this.view.smoothing > 0 && line.last.length > 2;
      if (smooth) {
        traces.push({ x, y: line.last, mode: "lines", line: { color: fade(tone, 0.3), width: 1 }, hoverinfo: "skip", showlegend: false, legendgroup: series.key });
      }
      traces.push({
        x,
        y: smooth ? smoothed(line.last, this.view.smoothing) : line.last,
        name: series.label,
        legendgroup: series.key,
        mode: line.steps.length === 1 ? "markers" : "lines",
        line: { color: tone, width: 1.8 },
        marker: { color: tone, size: 5 },
        hovertemplate: "%{y:.4g}",
        meta: series.key,
      });
    });
    return traces;
  }

  layout() {
    const text = colour("--mud-palette-text-secondary");
    const grid = colour("--mud-palette-lines-default");
    const titles = { step: "step", epoch: "epoch", time: "minutes since launch" };
    const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, tickfont: { color: text, size: 11 }, automargin: true };
    return {
      uirevision: `${this.view.axis} ${this.view.isLog}${this.fresh ? ` ${this.version}` : ""}`,
      margin: { l: 8, r: 8, t: 8, b: 8 },
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      font: { family: "system-ui, sans-serif", color: text },
      hovermode: "x unified",
      hoverlabel: { bgcolor: colour("--mud-palette-surface"), bordercolor: grid, font: { color: colour("--mud-palette-text-primary"), size: 12 } },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      showlegend: this.series.length > 1,
      legend: { orientation: "h", y: -0.2, font: { size: 11, color: text } },
      xaxis: { ...axis, title: { text: titles[this.view.axis], font: { size: 11, color: text }, standoff: 4 } },
      yaxis: { ...axis, type: this.view.isLog ? "log" : "linear", exponentformat: "power" },
    };
  }

  async draw() {
    this.dirty = false;
    if (!this.visible || this.disposed) {
      this.dirty = true;
      return;
    }
    const library = await plotly();
    if (this.disposed) {
      return;
    }
    const layout = this.layout();
    this.fresh = false;
    await library.react(this.element, this.traces(), layout, { displayModeBar: false, doubleClick: false, responsive: false });
    if (!this.drawn) {
      this.drawn = true;
      this.element.on("plotly_relayout", change => this.zoomed(change));
      this.element.on("plotly_doubleclick", () => this.reset());
      if (this.picks) {
        this.element.on("plotly_click", event => this.picked(event));
      }
    }
    this.tell();
  }

  tell() {
    let shown = 0;
    let total = 0;
    for (const line of this.lines.values()) {
      shown += line.steps.length;
      total += line.total;
    }
    this.count.textContent = total === 0 ? "" : shown === total ? `${number.format(total)} points` : `${number.format(shown)} of ${number.format(total)} points`;
    const now = this.series.flatMap(series => {
      const line = this.lines.get(series.key);
      return line?.last.length ? [`${series.label} ${line.last[line.last.length - 1].toPrecision(4)} at step ${line.steps[line.steps.length - 1]}`] : [];
    });
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", `${this.title}: ${now.join(", ") || "no points yet"}`);
  }

  zoomed(change) {
    const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (from === undefined) {
      return;
    }
    this.range = [this.step(from, Math.floor), this.step(to, Math.ceil)];
    this.read();
  }

  // The page hears which steps the clicked point stands for: those after the point before it.
  picked(event) {
    const point = event.points.find(candidate => candidate.data.meta);
    const line = point && this.lines.get(point.data.meta);
    const index = point?.pointNumber;
    if (line && index < line.steps.length) {
      this.page.invokeMethodAsync("PickAsync", point.data.meta, index > 0 ? line.steps[index - 1] + 1 : this.range?.[0] ?? null, line.steps[index]);
    }
  }

  // The steps in view.
  seen() {
    return this.range ?? [null, null];
  }

  // The step at a position of the axis.
  step(position, round) {
    const series = this.series[0];
    switch (this.view.axis) {
      case "epoch":
        return round(position * series.stepsPerEpoch);
      case "time": {
        const at = Date.parse(series.startedAt) + position * 60000;
        const line = [...this.lines.values()].find(candidate => candidate.at.length > 0);
        if (!line) {
          return 0;
        }
        const index = line.at.findIndex(moment => moment >= at);
        return line.steps[index < 0 ? line.steps.length - 1 : Math.max(0, index - (round === Math.floor ? 1 : 0))];
      }
      default:
        return round(position);
    }
  }

  reset() {
    this.range = null;
    this.fresh = true;
    this.read();
  }

  async save(format) {
    const name = this.title.replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase();
    if (format === "reset") {
      this.reset();
    } else if (format === "csv") {
      const rows = ["series,step,time,last,minimum,maximum"];
      for (const series of this.series) {
        const line = this.lines.get(series.key);
        line?.steps.forEach((step, index) => rows.push([
          quoted(series.label), step, new Date(line.at[index]).toISOString(), line.last[index], line.minimum[index], line.maximum[index],
        ].join()));
      }
      download(`${name}.csv`, [rows.join("\r\n")]);
    } else if (format === "points") {
      this.savePoints(name);
    } else {
      const library = await plotly();
      await library.downloadImage(this.element, { format, filename: name, width: 1200, height: 600, scale: format === "png" ? 2 : 1 });
    }
  }

  // Every point of every line, from the API's export: what is on the screen may be one bucket of many.
  async savePoints(name) {
    const parts = ["series,step,value,at\r\n"];
    try {
      for (const [index, series] of this.series.entries()) {
        this.count.textContent = `Reading every point, line ${index + 1} of ${this.series.length}…`;
        const reply = await fetch(`/api/v1/experiments/${series.experimentId}/metrics/points?format=csv&series=${encodeURIComponent(series.name)}`);
        if (reply.status === 404) {
          continue;
        }
        if (!reply.ok) {
          throw new Error(`the studio answered ${reply.status}`);
        }
        const label = quoted(series.label);
        const text = (await reply.text()).trimEnd();
        const rows = text.slice(text.indexOf("\n") + 1);
        if (text.includes("\n")) {
          parts.push(rows.replace(/^/gm, () => `${label},`).replaceAll("\n", "\r\n"), "\r\n");
        }
      }
      download(`${name}-every-point.csv`, parts);
      this.tell();
    } catch (error) {
      this.count.textContent = `The points could not be saved: ${error.message}. Try again.`;
    }
  }

  dispose() {
    this.disposed = true;
    charts.delete(this);
    this.sight.disconnect();
    this.size.disconnect();
    if (this.drawn) {
      window.Plotly.purge(this.element);
    }
  }
}

function quoted(text) {
  return `"${text.replaceAll("\"", "\"\"")}"`;
}

function download(name, parts) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function fade(tone, alpha) {
  const [red, green, blue] = [1, 3, 5].map(start => parseInt(tone.slice(start, start + 2), 16));
  return `rgba(${red},${green},${blue},${alpha})`;
}

setInterval(() => {
  for (const chart of charts) {
    if (chart.dirty && chart.visible) {
      chart.draw();
    }
  }
}, drawEvery);

document.addEventListener("studio-theme", () => charts.forEach(chart => chart.drawn && chart.draw()));

export function create(element, count, page, title, series, view, picks) {
  return new Chart(element, count, page, title, series, view, picks);
}
