"""Starts that must fail: with a clear message and a code other than 0, and nothing damaged."""

import re
import signal
import socket
import subprocess

from cluster import Broken
from rpc import wait_for

SECONDS = 60
# A message that helps is not a crash report.
CRASH = re.compile(r"panicked at|stack backtrace")


def fails(command, *expected):
    """The command ends by itself with a failure that says all that is expected."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Broken(f"{' '.join(command[1:4])} went on though it must fail ({expected})") from error
    text = done.stdout + done.stderr
    if done.returncode == 0:
        raise Broken(f"exit code 0 though it must fail ({expected}):\n{text[-800:]}")
    if crash := CRASH.search(text):
        raise Broken(f"code {done.returncode} and a crash instead of a message with {expected}:\n{text[crash.start() :][:300]}")
    missing = [word for word in expected if word.lower() not in text.lower()]
    if missing:
        raise Broken(f"the message does not say {missing}:\n{text[-800:]}")


def bad_start(context):
    cluster = context.cluster()
    problems = []

    def expect(label, command, *words):
        """All of them are tried: each is a message of its own."""
        try:
            fails(command, *words)
        except Broken as error:
            problems.append(f"[{label}] {error}")
        count.append(label)

    count = []
    node = cluster.nodes[0]
    run = [node.binary, "node", "run", "--dir", str(node.folder)]
    # The network runs: its folders are locked, its ports are in use.
    expect("second node in a folder", run, "in use by another process", str(node.folder))
    expect("devnet whose ports are in use", cluster.devnet_command(), str(cluster.first_rpc), "--port")
    before = cluster.agreed_blocks()
    for other in cluster.nodes:
        code = other.kill(signal.SIGTERM)
        if code != 0:
            problems.append(f"[SIGTERM] {other.name} ended with code {code}:\n{other.tail()}")
    second_devnet(cluster, expect)
    occupied_ports(expect, run, node)
    corrupt_files(expect, run, node)
    # Nothing was damaged: the network goes on from where it was.
    cluster.start(len(before) + 3)
    after = cluster.agreed_blocks()
    if after[: len(before)] != before:
        raise Broken("the blocks of before are not those of after")
    if problems:
        raise Broken(f"{len(problems)} of {len(count)}:\n" + "\n".join(problems))
    return f"{len(count)} bad starts refused; the network went on from block {len(before) - 1} to {len(after) - 1}"


def second_devnet(cluster, expect):
    """A second `althing devnet` on the folder of one that runs; the first goes on, and ends cleanly when it is told to."""
    with open(cluster.dir / "devnet.log", "ab") as log:
        first = subprocess.Popen(cluster.devnet_command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    cluster.processes.append(first)
    watched = cluster.nodes[1]
    height = wait_for("the devnet answers", watched.height, SECONDS)
    wait_for("the devnet makes blocks", lambda: watched.height() > height, SECONDS)
    expect("second devnet in a folder", cluster.devnet_command(), "locked", str(first.pid))
    expect("second devnet with --fresh", cluster.devnet_command("--fresh"), "locked", str(first.pid))
    height = watched.height()
    wait_for("the first devnet goes on", lambda: watched.height() > height, SECONDS)
    # Killed without a chance to say good-bye: its nodes must not stay.
    first.kill()
    first.wait(SECONDS)
    wait_for("the nodes end with their supervisor", lambda: all(cluster.free(node) for node in cluster.nodes), 30)
    with open(cluster.dir / "devnet.log", "ab") as log:
        first = subprocess.Popen(cluster.devnet_command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    cluster.processes[-1] = first
    wait_for("the devnet makes blocks again", lambda: watched.height() > height, SECONDS)
    first.send_signal(signal.SIGTERM)
    code = first.wait(SECONDS)
    cluster.processes.remove(first)
    if code != 0:
        raise Broken(f"althing devnet ended with code {code} when it was told to stop")


def occupied_ports(expect, run, node):
    for what, port in (("RPC", node.rpc), ("metrics", node.metrics), ("p2p", node.p2p)):
        with socket.create_server(("127.0.0.1", port)):
            expect(f"{what} port in use", run, str(port), "in use")


def corrupt_files(expect, run, node):
    """Each file is put back afterwards."""
    config, genesis = ((node.folder / name).read_bytes() for name in ("althing.toml", "genesis.json"))
    for label, name, text, *words in (
        ("configuration without syntax", "althing.toml", b"[rpc\nlisten = 7", "althing.toml"),
        ("unknown key", "althing.toml", config.replace(b"[rpc]", b"[rpc]\nlissten = 1"), "lissten"),
        ("value of another type", "althing.toml", config.replace(b"max_batch = 100", b'max_batch = "many"'), "max_batch"),
        ("spec without syntax", "genesis.json", b"{", "genesis.json"),
        ("half a spec", "genesis.json", genesis[: len(genesis) // 2], "genesis.json"),
        ("empty spec", "genesis.json", b"", "genesis.json"),
        ("another network's spec", "genesis.json", genesis.replace(b"930931", b"930932"), "another network"),
        ("wrong password", "password", b"wrong", "password"),
        ("damaged key", "keys/operator.json", b"{}", "operator.json", "damaged"),
        ("damaged index", "index.sqlite", b"not a database" * 100, "index.sqlite"),
    ):
        path = node.folder / name
        saved = path.read_bytes()
        path.write_bytes(text)
        try:
            expect(label, run, *words)
        finally:
            path.write_bytes(saved)
