// A small line of the newest numbers, on a canvas, in the colour that the style sheet gives the canvas.

export class Sparkline {
  #canvas;
  #length;
  #values = [];
  #isDue = false;

  constructor(canvas, length) {
    this.#canvas = canvas;
    this.#length = length;
    // The canvas keeps its pixels when its size or the colours change, so it has to be drawn again.
    new ResizeObserver(() => this.#draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  add(value) {
    this.#values.push(value);
    if (this.#values.length > this.#length) {
      this.#values.shift();
    }
    this.#draw();
  }

  replaceLast(value) {
    this.#values[Math.max(0, this.#values.length - 1)] = value;
    this.#draw();
  }

  // However many numbers come between two frames, there is one drawing; in a tab that nobody sees there is none.
  #draw() {
    if (this.#isDue) {
      return;
    }
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#drawNow();
    });
  }

  #drawNow() {
    const scale = devicePixelRatio;
    const width = this.#canvas.clientWidth;
    const height = this.#canvas.clientHeight;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    if (this.#values.length < 2) {
      return;
    }

    const low = Math.min(...this.#values);
    const high = Math.max(...this.#values);
    const x = (i) => width - 3 - (this.#values.length - 1 - i) * ((width - 6) / (this.#length - 1));
    const y = (value) => (high === low ? height / 2 : 3 + (height - 6) * (1 - (value - low) / (high - low)));
    const pen = this.#canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.strokeStyle = pen.fillStyle = getComputedStyle(this.#canvas).color;
    pen.lineWidth = 1.5;
    pen.lineJoin = "round";
    pen.beginPath();
    this.#values.forEach((value, i) => pen.lineTo(x(i), y(value)));
    pen.stroke();
    pen.beginPath();
    pen.arc(x(this.#values.length - 1), y(this.#values.at(-1)), 2.5, 0, 2 * Math.PI);
    pen.fill();
  }
}
