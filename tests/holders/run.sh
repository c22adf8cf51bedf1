#!/bin/sh
# Starts a network of its own from the program that ALTHING_BIN names, and lets holders of coins use it with viem and cast.
# Exit code: 0 when every case passes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${ALTHING_BIN:-$here/../../target/debug/althing}
[ -x "$program" ] || { echo "$0: there is no program $program: name it, ALTHING_BIN=target/debug/althing $0" >&2; exit 2; }
ALTHING_BIN=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
export ALTHING_BIN

cd "$here/../compat"
. ./install.sh
install_clients
# Programs look for packages in the folders above their own.
ln -sfn ../compat/node_modules "$here/node_modules"

cd "$here"
exec node run.mjs
