#!/bin/sh
# Installs the clients at their pinned versions and runs them against the network that ALTHING_RPC_URLS names.
# The second run installs nothing. Exit code: 0 when every case passes.
set -eu
cd "$(dirname "$0")"

# The oldest Node that Hardhat 3 takes.
NODE_MAJOR=22
NODE_MINOR=13

. ./install.sh

install_python() {
  echo "# installing the pinned packages of requirements.txt" >&2
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "python3 has no venv; install it: apt-get install python3-venv"
    apt-get update -q >&2 && apt-get install -q -y python3-venv >&2
  fi
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
}

[ -n "${ALTHING_RPC_URLS:-}" ] || fail "name the network: ALTHING_RPC_URLS=http://127.0.0.1:8545,http://127.0.0.1:8546 $0"
command -v python3 >/dev/null || fail "python3 is needed, version 3.11 or newer"
install_clients

recent="const [a, b] = process.versions.node.split('.').map(Number); process.exit(a > $NODE_MAJOR || (a === $NODE_MAJOR && b >= $NODE_MINOR) ? 0 : 1)"
if ! node -e "$recent"; then
  once runtime/package-lock.json runtime/node_modules/.installed install_packages runtime
  for bin in runtime/node_modules/node-*/bin; do PATH="$PWD/$bin:$PATH"; done
  export PATH
  node -e "$recent" || fail "Node $NODE_MAJOR.$NODE_MINOR or newer is needed on this platform"
fi
once requirements.txt .venv/.installed install_python

exec node run.mjs
