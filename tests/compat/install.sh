# What the suites that run published programs install, at pinned versions and beside this file; what is there is not installed again.
# Scripts read it with `.` in this folder.

fail() {
  echo "$0: $1" >&2
  exit 2
}

# Runs an installation when the file that pins it has changed since the last one.
once() {
  pins=$1 stamp=$2
  shift 2
  sum=$(cksum <"$pins")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && return
  "$@"
  echo "$sum" >"$stamp"
}

install_packages() {
  echo "# installing the pinned packages of $1" >&2
  # Not "npm ci": it refuses a lock file that lacks another platform's optional package, and not every registry has all of them.
  (cd "$1" && rm -rf node_modules && npm install --no-save --no-progress --loglevel=error >&2)
}

# The oldest Node that Hardhat 3 takes. npm leaves out packages that do not fit the Node it runs on, so this comes first.
NODE_MAJOR=22
NODE_MINOR=13

install_node() {
  command -v node >/dev/null && command -v npm >/dev/null || fail "node and npm are needed, version 20 or newer"
  recent="const [a, b] = process.versions.node.split('.').map(Number); process.exit(a > $NODE_MAJOR || (a === $NODE_MAJOR && b >= $NODE_MINOR) ? 0 : 1)"
  node -e "$recent" && return
  once runtime/package-lock.json runtime/node_modules/.installed install_packages runtime
  for bin in runtime/node_modules/node-*/bin; do PATH="$PWD/$bin:$PATH"; done
  export PATH
  node -e "$recent" || fail "Node $NODE_MAJOR.$NODE_MINOR or newer is needed on this platform"
}

# viem, cast, Hardhat and the other packages of npm.
install_clients() {
  install_node
  once package-lock.json node_modules/.installed install_packages .
}
