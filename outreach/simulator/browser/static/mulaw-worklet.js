// The two ends of the telephone line, on the audio thread: G.711 mu-law at 8 kHz to loudspeaker and from microphone.

const RATE = 8000;
const FRAME = 160; // 20 ms
const FIRST = 4 * FRAME; // 80 ms are gathered before sound begins: a browser's messages come unevenly
const MOST = 40 * FRAME; // two clocks drift apart; beyond 800 ms the oldest sound is dropped

// G.711 (11/88), table 2: eight segments, bias 33, here scaled to 16-bit samples and then to -1…1.
const DECODED = Float32Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 15) << 1) + 33) << ((code >> 4) & 7)) - 33;
  return ((code & 128 ? -magnitude : magnitude) << 2) / 32768;
});

function encode(sample) {
  const magnitude = Math.min(Math.round(Math.abs(sample) * 8192), 8158) + 33;
  const segment = Math.max(0, 31 - Math.clz32(magnitude) - 5);
  const code = (segment << 4) | ((magnitude >> (segment + 1)) & 15);
  return ~(sample < 0 ? code | 128 : code) & 0xff;
}

// Runs in a context of 8 kHz; the browser brings its output to the device's rate.
class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.waiting = [];
    this.length = 0;
    this.playing = false;
    this.port.onmessage = ({ data }) => (data === "clear" ? this.clear() : this.add(data));
  }

  clear() {
    this.waiting = [];
    this.length = 0;
    this.playing = false;
  }

  add(mulaw) {
    for (const byte of mulaw) this.waiting.push(byte);
    if (this.waiting.length > MOST) this.waiting.splice(0, this.waiting.length - FIRST);
    this.playing ||= this.waiting.length >= FIRST;
  }

  process(_inputs, [[out]]) {
    if (!this.playing) return true;
    const bytes = this.waiting.splice(0, out.length);
    bytes.forEach((byte, at) => (out[at] = DECODED[byte]));
    this.playing = bytes.length === out.length; // run dry: gather again
    return true;
  }
}

// From whatever rate the microphone has: low-pass (windowed sinc, Hann) evaluated only where an output sample falls.
const CUTOFF = 3400;
const REACH = 64; // input samples to each side
const PHASES = 32; // positions between two input samples

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.kernels = Array.from({ length: PHASES }, (_, phase) => kernel(phase / PHASES));
    this.input = new Float32Array(2 * REACH);
    this.at = REACH; // of the next output sample, in input samples
    this.frame = new Uint8Array(FRAME);
    this.filled = 0;
  }

  process([[heard]]) {
    if (!heard) return true;
    const input = new Float32Array(this.input.length + heard.length);
    input.set(this.input);
    input.set(heard, this.input.length);
    while (Math.ceil(this.at) + REACH < input.length) {
      this.put(encode(this.sample(input)));
      this.at += sampleRate / RATE;
    }
    const used = Math.max(0, Math.floor(this.at) - REACH);
    this.input = input.slice(used);
    this.at -= used;
    return true;
  }

  sample(input) {
    const whole = Math.floor(this.at);
    const weights = this.kernels[Math.floor((this.at - whole) * PHASES)];
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k] * input[whole - REACH + k];
    return sum;
  }

  put(byte) {
    this.frame[this.filled++] = byte;
    if (this.filled === FRAME) {
      this.port.postMessage(this.frame.slice());
      this.filled = 0;
    }
  }
}

function kernel(offset) {
  const turns = (2 * CUTOFF) / sampleRate;
  const weights = Float32Array.from({ length: 2 * REACH + 1 }, (_, k) => {
    const x = k - REACH - offset;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * turns * x) / (Math.PI * turns * x);
    return turns * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / (REACH + 1)));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

registerProcessor("loudspeaker", Loudspeaker);
registerProcessor("microphone", Microphone);
