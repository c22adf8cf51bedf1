// JSON-RPC over a WebSocket without a library's reconnects and caches.

import { WebSocket } from "ws";

/** The longest wait for an answer or a notification, in milliseconds. */
const DEADLINE = 20_000;

export async function createSocket(url) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const answers = new Map();
  const notes = [];
  let wake = () => {};
  let lastId = 0;
  socket.on("message", (data) => {
    const message = JSON.parse(data.toString());
    if (message.method === "eth_subscription") notes.push(message.params);
    else answers.set(message.id, message);
    wake();
  });
  const wait = async (take, what) => {
    const end = Date.now() + DEADLINE;
    for (;;) {
      const found = take();
      if (found !== undefined) return found;
      if (Date.now() >= end) throw new Error(`${what}: nothing within ${DEADLINE} ms`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, end - Date.now());
        wake = () => resolve(clearTimeout(timer));
      });
    }
  };
  return {
    async call(method, params = []) {
      const id = (lastId += 1);
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      const answer = await wait(() => answers.get(id), method);
      if (answer.error) throw Object.assign(new Error(`${method}: ${answer.error.message}`), answer.error);
      return answer.result;
    },
    /** The next notification of one subscription. */
    notification(subscription) {
      return wait(() => {
        const index = notes.findIndex((note) => note.subscription === subscription);
        return index < 0 ? undefined : notes.splice(index, 1)[0].result;
      }, "a notification");
    },
    close: () => socket.close(),
  };
}
