// A recording proxy for JSON-RPC over HTTP and WebSocket on one port.
// The first segment of the path names the client, the second the node: http://127.0.0.1:PORT/viem/0. It never changes what passes through.

import http from "node:http";
import https from "node:https";
import { WebSocket, WebSocketServer } from "ws";

/** The longest request body it takes, in bytes. */
const MAX_BODY = 16 * 1024 * 1024;

/** JSON-RPC's code for an unknown method. */
const METHOD_NOT_FOUND = -32601;

export class Recorder {
  #calls = new Map();

  note(client, request, response) {
    const error = response?.error;
    const outcome = !error ? "ok" : error.code === METHOD_NOT_FOUND ? "unknown" : "error";
    const key = `${label(request)}\n${client}`;
    if (!this.#calls.has(key)) this.#calls.set(key, new Set());
    this.#calls.get(key).add(outcome);
  }

  /** Sorted rows: {method, client, outcomes}. */
  rows() {
    return [...this.#calls.entries()]
      .map(([key, outcomes]) => ({ method: key.split("\n")[0], client: key.split("\n")[1], outcomes }))
      .sort((a, b) => (a.method < b.method ? -1 : a.method > b.method ? 1 : a.client < b.client ? -1 : 1));
  }
}

/** The method, with the kind of subscription or tracer that was asked for: these differ as much as methods do. */
function label({ method, params }) {
  if (method === "eth_subscribe" && Array.isArray(params)) return `eth_subscribe ${params[0]}`;
  if (/^debug_trace/.test(method) && Array.isArray(params)) {
    const options = params.find((param) => param && typeof param === "object" && "tracer" in param);
    return `${method} ${options?.tracer ?? "structLogs"}`;
  }
  return method;
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return [];
  }
}

function recordExchange(recorder, client, requestText, responseText) {
  const answers = new Map(parse(responseText).map((answer) => [answer?.id, answer]));
  for (const request of parse(requestText)) {
    if (typeof request?.method === "string" && answers.has(request.id)) {
      recorder.note(client, request, answers.get(request.id));
    }
  }
}

function route(path, upstreams) {
  const found = /^\/([\w.-]+)\/(\d+)\/?$/.exec(path);
  const upstream = found && upstreams[Number(found[2])];
  return upstream ? { client: found[1], upstream } : null;
}

function forwardHttp(request, response, { upstreams, recorder }) {
  const target = route(request.url, upstreams);
  if (!target) {
    response.writeHead(404).end();
    return;
  }
  const chunks = [];
  let size = 0;
  request.on("data", (chunk) => {
    size += chunk.length;
    if (size > MAX_BODY) request.destroy();
    else chunks.push(chunk);
  });
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const headers = { ...request.headers, host: target.upstream.host };
    delete headers["accept-encoding"];
    delete headers["transfer-encoding"];
    if (body.length > 0) headers["content-length"] = String(body.length);
    const send = target.upstream.protocol === "https:" ? https.request : http.request;
    const out = send(target.upstream, { method: request.method, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const text = Buffer.concat(parts);
        recordExchange(recorder, target.client, body.toString(), text.toString());
        const passed = { ...answer.headers };
        delete passed["transfer-encoding"];
        delete passed.connection;
        passed["content-length"] = String(text.length);
        response.writeHead(answer.statusCode, passed).end(text);
      });
      answer.on("error", () => response.destroy());
    });
    out.on("error", (error) => {
      if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain" });
      response.end(`the node at ${target.upstream.origin} does not answer: ${error.message}`);
    });
    out.end(body);
  });
}

function forwardSocket(local, target, recorder) {
  const url = new URL(target.upstream);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const remote = new WebSocket(url, { maxPayload: MAX_BODY });
  const waiting = [];
  const asked = new Map();
  local.on("message", (data) => {
    const text = data.toString();
    for (const request of parse(text)) if (request?.id !== undefined) asked.set(request.id, request);
    if (remote.readyState === WebSocket.OPEN) remote.send(text);
    else waiting.push(text);
  });
  remote.on("open", () => waiting.splice(0).forEach((text) => remote.send(text)));
  remote.on("message", (data) => {
    const text = data.toString();
    for (const answer of parse(text)) {
      const request = asked.get(answer?.id);
      if (request) recorder.note(target.client, request, answer);
      if (request) asked.delete(answer.id);
    }
    local.send(text);
  });
  for (const [one, other] of [[local, remote], [remote, local]]) {
    one.on("close", () => other.close());
    one.on("error", () => other.terminate());
  }
}

/** Starts the proxy on a free port of the loopback address. */
export async function startProxy(urls) {
  const recorder = new Recorder();
  const upstreams = urls.map((url) => new URL(url));
  const server = http.createServer((request, response) => forwardHttp(request, response, { upstreams, recorder }));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY });
  server.on("upgrade", (request, socket, head) => {
    const target = route(request.url, upstreams);
    if (!target) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (local) => forwardSocket(local, target, recorder));
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const close = () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  };
  return { port: server.address().port, recorder, close };
}
