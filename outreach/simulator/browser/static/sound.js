// Loudspeaker and microphone as the page uses them: mu-law bytes in, mu-law bytes out.

const WORKLET = "/phone/static/mulaw-worklet.js";

export class Loudspeaker {
  #context;
  #node = null;
  #early = [];

  // Must be called from a click or key press: browsers start no sound without one.
  async open() {
    this.#context ??= new AudioContext({ sampleRate: 8000, latencyHint: "interactive" });
    await this.#context.resume();
    if (this.#node) return;
    await this.#context.audioWorklet.addModule(WORKLET);
    this.#node = new AudioWorkletNode(this.#context, "loudspeaker", { numberOfInputs: 0, outputChannelCount: [1] });
    this.#node.connect(this.#context.destination);
    this.#early.splice(0).forEach((bytes) => this.play(bytes));
  }

  play(bytes) {
    if (this.#node) this.#node.port.postMessage(bytes);
    else this.#early.push(bytes);
  }

  clear() {
    this.#early = [];
    this.#node?.port.postMessage("clear");
  }
}

export class Microphone {
  #context = null;
  #tracks = [];

  get on() {
    return this.#context !== null;
  }

  // Throws what getUserMedia throws, or TypeError where there is none (no HTTPS, no device).
  async open(heard) {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    this.#tracks = stream.getTracks();
    // The device's own rate: Firefox joins no microphone to a context of another rate.
    this.#context = new AudioContext();
    await this.#context.audioWorklet.addModule(WORKLET);
    const node = new AudioWorkletNode(this.#context, "microphone", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => heard(data);
    this.#context.createMediaStreamSource(stream).connect(node);
  }

  async close() {
    this.#tracks.splice(0).forEach((track) => track.stop());
    const context = this.#context;
    this.#context = null;
    await context?.close();
  }
}

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
