// Recomputes a block's hash from the header's fields as JSON-RPC gives them: what a light client does.

import { keccak256, toRlp, trim } from "viem";

const hex = (value) => value;
const number = (value) => {
  const short = trim(value.length % 2 ? `0x0${value.slice(2)}` : value);
  return short === "0x00" || short === "0x" ? "0x" : short;
};

/** Ethereum's header, in order; the later fields are there from their fork on. */
const FIELDS = [
  ["parentHash", hex], ["sha3Uncles", hex], ["miner", hex], ["stateRoot", hex], ["transactionsRoot", hex], ["receiptsRoot", hex],
  ["logsBloom", hex], ["difficulty", number], ["number", number], ["gasLimit", number], ["gasUsed", number], ["timestamp", number],
  ["extraData", hex], ["mixHash", hex], ["nonce", hex], ["baseFeePerGas", number], ["withdrawalsRoot", hex], ["blobGasUsed", number],
  ["excessBlobGas", number], ["parentBeaconBlockRoot", hex], ["requestsHash", hex],
];

export function headerHash(block) {
  const present = FIELDS.filter(([name]) => block[name] !== undefined && block[name] !== null);
  return keccak256(toRlp(present.map(([name, encode]) => encode(block[name]))));
}
