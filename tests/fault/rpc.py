"""JSON-RPC over HTTP with a deadline for each call, and polling with deadlines: no test sleeps and hopes."""

import http.client
import json
import socket
import time

CALL_SECONDS = 5
POLL_SECONDS = 0.1
BATCH = 100


class Down(Exception):
    """The node does not answer."""


class Refused(Exception):
    """The node answered with an error."""

    def __init__(self, error):
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.code, self.message = error.get("code"), str(error.get("message"))


class Late(Exception):
    """A deadline passed."""


def post(port, body, seconds=CALL_SECONDS, path="/"):
    """Status and body of one HTTP request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        try:
            connection.request("POST", path, body, {"content-type": "application/json"})
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server may refuse a body before it has read it; its answer is there all the same.
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Down(f"port {port}: {error!r}") from error
    finally:
        connection.close()


def get(port, path, seconds=CALL_SECONDS):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise Down(f"port {port}: {error!r}") from error
    finally:
        connection.close()


def _decode(port, status, body):
    try:
        return json.loads(body)
    except ValueError as error:
        raise Down(f"port {port}: HTTP {status} {body[:200]!r}") from error


def call(port, method, *params, seconds=CALL_SECONDS):
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    answer = _decode(port, *post(port, json.dumps(request), seconds))
    if "error" in answer:
        raise Refused(answer["error"])
    return answer["result"]


def batch(port, method, many_params, seconds=30):
    """Results in order; an error among them is raised."""
    results = []
    for start in range(0, len(many_params), BATCH):
        part = many_params[start : start + BATCH]
        requests = [{"jsonrpc": "2.0", "id": i, "method": method, "params": p} for i, p in enumerate(part)]
        answers = _decode(port, *post(port, json.dumps(requests), seconds))
        if isinstance(answers, dict):
            raise Refused(answers["error"])
        for answer in sorted(answers, key=lambda answer: answer["id"]):
            if "error" in answer:
                raise Refused(answer["error"])
            results.append(answer["result"])
    return results


def wait_for(what, condition, seconds):
    """Polls until `condition()` is true, and returns what it gave; `what` says what did not happen."""
    deadline, last = time.monotonic() + seconds, None
    while True:
        try:
            value = condition()
            if value:
                return value
        except Down as error:
            last = error
        if time.monotonic() >= deadline:
            hint = f" (last: {last})" if last else ""
            raise Late(f"{what() if callable(what) else what}: not within {seconds:.0f} s{hint}")
        time.sleep(POLL_SECONDS)


def raw_exchange(port, data, seconds=3, half_close=True):
    """Sends bytes and returns what comes back until the peer closes, or for so many seconds."""
    received = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
    except OSError:
        pass
    return received
