#!/usr/bin/env bash
# A new machine becomes a delegate, on a network of this machine: what docs/guide/delegate.md explains, as it happens.
#
#   become-delegate.sh [FOLDER [PORT]]
#
# FOLDER  new or empty, and stays; without it a temporary one, which is removed when all went well
# PORT    first of the ports; PORT to PORT+8, PORT+100 to PORT+108 and PORT+200 to PORT+208 must be free (default 18545)
#
# The program is the one in the variable ALTHING, else `althing`. It takes some minutes, and ends all that it started.
set -euo pipefail

althing=${ALTHING:-althing}
port=${2:-18545}
rpc=http://127.0.0.1:$port
genesis_wait=180 # seconds until the network has its first block; making its keys takes most of them
turn_wait=900    # seconds until the new node has produced a block
epoch_wait=180   # seconds until that block's epoch is over

# Accounts 8 and 9 of a devnet run no node and own no candidate.
owner=8
voter=9
owner_address=0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f
voter_address=0xa0Ee7A142d267C1f36714E4a8F75612F20a79720

folder=${1:-} temporary='' network='' node=''

finish() {
  local code=$? process
  trap - EXIT
  for process in $node $network; do
    kill -TERM "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  [ $code = 0 ] || echo "failed; the logs: $folder/net.log, $folder/new.log, $folder/net/node-*/node.log" >&2
  if [ $code = 0 ] && [ -n "$temporary" ]; then rm -rf "$folder"; fi
  exit $code
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '\n== %s\n' "$*"; }

ask() { "$althing" "$@" --rpc "$rpc"; }

# field NAME: the first value of that name in the JSON on standard input.
field() { tr -d ' \n' | sed 's/"'"$1"'":/\n/' | sed -n '2s/^"\{0,1\}\([^",}]*\).*/\1/p'; }

# within SECONDS WHAT COMMAND...: repeats the command until it succeeds.
within() {
  local until=$((SECONDS + $1)) what=$2 process
  shift 2
  until "$@" >/dev/null 2>&1; do
    for process in $network $node; do
      kill -0 "$process" 2>/dev/null || { echo "a process has ended before $what" >&2; return 1; }
    done
    [ $SECONDS -lt $until ] || { echo "waited too long for $what" >&2; return 1; }
    sleep 1
  done
}

epoch() { ask chain epoch --json | field epoch; }

epoch_is_over() { [ "$(epoch)" -gt "$1" ]; }

# Looks at the final blocks from $next on; succeeds at the first one whose proposer's account is the new delegate's.
has_produced() {
  local block proposer
  while block=$(ask chain block "$next" --json); do
    proposer=$(field miner <<<"$block")
    if [ "${proposer,,}" = "${owner_address,,}" ]; then return 0; fi
    next=$((next + 1))
  done
  return 1
}

if [ -z "$folder" ]; then
  temporary=yes
  folder=$(mktemp -d)
fi
mkdir -p "$folder"
if [ -n "$(ls -A "$folder")" ]; then
  echo "$folder is not empty: choose another folder" >&2
  trap - EXIT
  exit 2
fi

say "a network of eight candidates; four of them are drawn for each epoch"
"$althing" devnet --candidates 8 --committee 4 --dir "$folder/net" \
  --port "$port" --p2p-port $((port + 100)) --metrics-port $((port + 200)) >"$folder/net.log" 2>&1 &
network=$!
within $genesis_wait "the first block" ask chain verify 1 --genesis "$folder/net/genesis.json"
ask chain epoch

say "the new machine: a folder with an operator key, and a node that follows the network"
(umask 077 && echo "a password for a test" >"$folder/password")
"$althing" node init --dir "$folder/new" --genesis "$folder/net/genesis.json" --follow "ws://127.0.0.1:$port" \
  --password-file "$folder/password" --scrypt-cost 10
# On a machine of its own the node has the ports of its configuration.
ALTHING_RPC__LISTEN=127.0.0.1:$((port + 8)) \
  ALTHING_P2P__LISTEN=127.0.0.1:$((port + 108)) \
  ALTHING_METRICS__LISTEN=127.0.0.1:$((port + 208)) \
  "$althing" node run --dir "$folder/new" >"$folder/new.log" 2>&1 &
node=$!
within 120 "the new node's JSON-RPC" "$althing" chain info --rpc "http://127.0.0.1:$((port + 8))"

say "its owner registers a candidate with a self-stake, and promises voters half of the rewards"
ask delegate register newcomer --node "$folder/new" --endpoint "127.0.0.1:$((port + 108))" \
  --self-stake 1200000 --dev-account $owner --yes
ask delegate plan set --block 5000 --epoch 5000 --dev-account $owner --yes

say "somebody votes for it"
ask stake create newcomer 4000000 --days 14 --auto --dev-account $voter --yes
ask delegate list

say "it is ranked, drawn, gets a key share, serves: now in epoch $(epoch), the earliest term is three epochs ahead"
next=$(ask chain info --json | field height)
within $turn_wait "a block of the new delegate" has_produced
# An epoch's number is its blocks' height divided by the blocks of an epoch.
at=$(ask chain epoch --json)
blocks=$(($(field last_height <<<"$at") - $(field first_height <<<"$at") + 1))
term=$((next / blocks))
echo "block $next of epoch $term is the new delegate's"
ask chain committee "$term" --verify --genesis "$folder/net/genesis.json"
"$althing" node status --rpc "http://127.0.0.1:$((port + 8))"
say "before the end of epoch $term the owner has"
ask account balance $owner_address

within $epoch_wait "the end of epoch $term" epoch_is_over "$term"
say "and after it, with the rewards that the protocol has paid"
ask account balance $owner_address
say "rewards of the last epochs, the turns of epoch $term, and what the voter may claim"
ask reward history --epochs 4
ask delegate productivity "$term"
ask reward pending $voter_address
ask reward claim --dev-account $voter --yes
