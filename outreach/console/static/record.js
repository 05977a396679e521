// Records in the browser what else would be a file to choose: speech becomes a WAV file in the form's own field.
// Without this script, or without a microphone, a file is chosen.

const RATE = 16000;

for (const button of document.querySelectorAll("button[data-record]")) {
  const input = document.getElementById(button.dataset.record);
  const status = document.getElementById(button.dataset.status);
  let recorder = null;
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) continue;
  button.hidden = false;
  button.textContent = button.dataset.start;
  button.addEventListener("click", async () => {
    if (recorder) {
      recorder.stop();
      return;
    }
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      status.textContent = status.dataset.refused;
      return;
    }
    const pieces = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = async () => {
      recorder = null;
      stream.getTracks().forEach((track) => track.stop());
      button.textContent = button.dataset.start;
      const context = new AudioContext({ sampleRate: RATE });
      const sound = await context.decodeAudioData(await new Blob(pieces).arrayBuffer());
      context.close();
      const files = new DataTransfer();
      files.items.add(new File([wav(sound.getChannelData(0))], "recording.wav", { type: "audio/wav" }));
      input.files = files.files;
      status.textContent = status.dataset.done.replace("{n}", Math.round(sound.duration));
    };
    recorder.start();
    button.textContent = button.dataset.stop;
    status.textContent = "";
  });
}

// 16 bit, mono: what the server reads.
function wav(samples) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, index) => view.setInt16(44 + index * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return view;
}
