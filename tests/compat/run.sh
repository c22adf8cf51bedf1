#!/bin/sh
# Installs the clients at their pinned versions and runs them against the network that ALTHING_RPC_URLS names.
# The second run installs nothing. Exit code: 0 when every case passes.
set -eu
cd "$(dirname "$0")"

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
once requirements.txt .venv/.installed install_python

exec node run.mjs
