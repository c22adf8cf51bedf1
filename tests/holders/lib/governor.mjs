// Proposals as OpenZeppelin's governors know them: what they consist of, their id, and how viem and cast name them.

import { encodeAbiParameters, encodeFunctionData, keccak256, toHex } from "viem";
import { contracts, read } from "./chain.mjs";

const PARTS = ["address[]", "uint256[]", "bytes[]", "bytes32"].map((type) => ({ type }));

/** States of OpenZeppelin's interface. */
export const STATE = { pending: 0, active: 1, canceled: 2, defeated: 3, succeeded: 4, queued: 5, expired: 6, executed: 7 };
/** Choices of a ballot. */
export const [NO, YES, ABSTAIN] = [0, 1, 2];

const list = (parts) => `[${parts.join(",")}]`;

export class Proposal {
  /** The number that Althing gives it, once it is submitted. */
  number;

  /** Acts are calls: whom, how many Rau, which data. */
  constructor(description, acts = []) {
    this.calls = [0, 1, 2].map((part) => acts.map((act) => act[part]));
    this.args = [...this.calls, description];
    this.hashed = [...this.calls, keccak256(toHex(description))];
    /** The id as OpenZeppelin's contracts compute it. */
    this.id = BigInt(keccak256(encodeAbiParameters(PARTS, this.hashed)));
  }

  /** What cast takes after a signature: with the description, or with its hash. */
  get castArgs() {
    return [...this.calls.map(list), this.args[3]];
  }
  get castHashed() {
    return [...this.calls.map(list), this.hashed[3]];
  }

  state = (blockNumber) => read("Governor", "state", [this.id], blockNumber);
  shown = (blockNumber) => read("Governance", "proposal", [this.number], blockNumber);
  /** Votes against it, for it, and abstentions. */
  votes = (blockNumber) => read("Governance", "proposalVotes", [this.id], blockNumber);
}

/** The data of a call. */
export const call = (abi, functionName, args) => encodeFunctionData({ abi, functionName, args });

/** The act that sets a parameter. */
export const sets = (name, value) => [contracts.Params.address, 0n, call(contracts.Params.abi, "set", [name, value])];

/** The act that pays out of the treasury. */
export const pays = (to, amount) => [to, amount, "0x"];
