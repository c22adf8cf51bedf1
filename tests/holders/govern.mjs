// Stakes govern: proposals from their bond to their effect, as somebody does it who knows OpenZeppelin's governors and no more than `support`
// besides. A policy changes rewards from an announced epoch on, an upgrade and a payment are made by two thirds, the rules of the protocol
// change without a stop, and all else ends as it should.
// Its candidate: node0. Accounts 2 to 4 of the development mnemonic have the votes that decide.

import { readFileSync } from "node:fs";
import { decodeErrorResult, getAddress, hexToBigInt, parseEther, parseEventLogs, size, slice, toFunctionSelector, toHex, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { assert, failure, finish, rpc, same, settings, test, until } from "../compat/lib/cases.mjs";
import { compile, inputOf } from "../compat/lib/compile.mjs";
import { reader, walletOf } from "../compat/lib/viem.mjs";
import { ask, developer, event, holders, mined, refusal, refusalOfCast, send, sendInSpite, write } from "./lib/acts.mjs";
import { calendar, contracts, firstBlockAt, moved, openzeppelin, param, reach, reachTime, read } from "./lib/chain.mjs";
import { ABSTAIN, NO, Proposal, STATE, YES, call, pays, sets } from "./lib/governor.mjs";

const [alice, bob, carol] = holders;
const [north, east, west] = [2, 3, 4].map(developer);
const { address: governance } = contracts.Governance;
const stranger = privateKeyToAccount(generatePrivateKey());
const coins = (number) => parseEther(String(number));
/** The longest of the cases that wait for a stage or for epochs, in milliseconds. */
const STAGES_MS = 200_000;

const bond = await param("proposalBond");
const seconds = async (days) => (await param(days)) * (await param("daySeconds"));
const timeOf = async (blockNumber = undefined) => (await reader.getBlock({ blockNumber })).timestamp;
/** Where bonds lie. */
const BONDS = "0x00000000000000000000000000000000A1740007";
const treasury = (blockNumber) => read("Governance", "treasury", [], blockNumber);
const votesThen = (account, time) => read("Governor", "getPastVotes", [account.address, time]);

/** Alice submits it, with the bond. */
async function submit(proposal) {
  const receipt = await write(alice, "Governor", "propose", proposal.args);
  proposal.number = event(receipt, "Governance", "Submitted").number;
  return receipt;
}

/** It is supported, and two vote on it; what is left is to wait. */
async function decide(proposal, ballots) {
  await submit(proposal);
  await write(north, "Governance", "support", [proposal.number]);
  for (const [voter, choice] of ballots) await write(voter, "Governor", "castVote", [proposal.id, choice]);
}

/** Waits until a proposal that was voted on can be executed. */
async function due(proposal) {
  await reachTime((await proposal.shown()).voteUntil + 1n);
  await reachTime(await read("Governor", "proposalEta", [proposal.id]));
}

let buckets;
await test("viem and cast: two accounts stake, and have the votes of their stakes", async () => {
  const staked = await write(bob, "Staking", "stake", ["node0", 91, true], coins(50_000));
  const sent = await send(alice, "Staking", "stake(string,uint32,bool)", "node0", 7, true, "--value", coins(100_000));
  buckets = [sent, staked].map((receipt) => event(receipt, "Staking", "Staked").bucketIndex);
  for (const [account, bucket, { blockNumber }] of [[alice, buckets[0], sent], [bob, buckets[1], staked]]) {
    const time = await timeOf(blockNumber);
    await reachTime(time + 1n);
    const votes = await read("Staking", "votesOfBucket", [bucket]);
    same([await votesThen(account, time - 1n), await votesThen(account, time)], [0n, votes], "votes before and after");
    same(await read("Governor", "getVotes", [account.address]), votes, "present votes");
    same(await read("Governor", "getVotes", [account.address, time]), votes, "as governors are asked");
  }
});

await test("viem: who asks by ERC-165 finds OpenZeppelin's IGovernor, IVotes and IERC6372", async () => {
  const selectors = (name) => openzeppelin(name).abi.filter(({ type }) => type === "function").map(toFunctionSelector);
  const [erc165, clock] = [["0x01ffc9a7"], selectors("IERC6372")];
  const own = selectors("IGovernor").filter((selector) => ![...erc165, ...clock].includes(selector));
  const idOf = (list) => toHex(list.reduce((id, selector) => id ^ hexToBigInt(selector), 0n), { size: 4 });
  const known = (id) => read("Governor", "supportsInterface", [id]);
  for (const list of [erc165, own, selectors("IVotes"), clock]) assert(await known(idOf(list)), `${idOf(list)} is not there`);
  same(await known("0xffffffff"), false, "what no contract has");
});

await test("cast: name, version, counting, clock and periods, as a governor's page shows them", async () => {
  const told = (signature) => ask("Governor", signature);
  const texts = await Promise.all(["name()(string)", "version()(string)", "COUNTING_MODE()(string)", "CLOCK_MODE()(string)"].map(told));
  same(texts.map(JSON.parse), ["Althing", "1", "support=bravo&quorum=for,against,abstain", "mode=timestamp"], "texts");
  same((await ask("Governance", "token()(address)")).toLowerCase(), governance, "whose votes count");
  const blockNumber = await reader.getBlockNumber();
  const now = await timeOf(blockNumber);
  same(BigInt(await read("Governor", "clock", [], blockNumber)), now, "clock");
  same(BigInt((await told("votingPeriod()(uint256)")).split(" ")[0]), await seconds("voteDays"), "period");
  same(BigInt((await told("votingDelay()(uint256)")).split(" ")[0]), await seconds("supportDays"), "delay");
  same(await told("proposalThreshold()(uint256)"), "0", "threshold");
});

await test("viem: all votes are those of the candidates, and a fifth of them, rounded up, is a quorum", async () => {
  const next = await firstBlockAt((await timeOf()) + 1n);
  const [time, all] = await Promise.all([timeOf(next - 1n), read("Staking", "candidatesV3", [0, 100], next - 1n)]);
  const sum = all.reduce((total, { totalWeightedVotes }) => total + totalWeightedVotes, 0n);
  same(await read("Governor", "getPastTotalSupply", [time]), sum, "all votes");
  same(await read("Governor", "quorum", [time]), (sum * (await param("quorumBps")) + 9_999n) / 10_000n, "quorum");
});

/** What is refused when it is submitted: by whom, with which acts, the typed error, and its arguments. */
const IMPOSSIBLE = [
  ["without the coins of the bond", stranger, [], "InsufficientBalance", [stranger.address, 0n, bond]],
  ["with a call of the contract of proposals itself", alice, [pays(carol.address, 1n), pays(governance, 1n)], "CallsGovernance", [1n]],
  ["with a number out of its bounds", alice, [sets("quorumBps", 9_001n)], "OutOfBounds", ["quorumBps", 9_001n, 100n, 9_000n]],
  ["with a number that stays what it is", alice, [sets("daySeconds", 5n)], "Unchangeable", ["daySeconds"]],
];
for (const [what, account, acts, name, args] of IMPOSSIBLE) {
  await test(`viem: a proposal is refused with ${name}: ${what}`, async () => {
    const { args: given } = new Proposal("It cannot be", acts);
    same(await refusal(account, "Governance", "propose", given), { name, args }, "error");
    if (account === stranger) return;
    const receipt = await sendInSpite(account, "Governor", "propose", given);
    await moved(account.address, receipt, 0n, "the account");
  });
}

await test("cast: nobody sets a number without a proposal", async () => {
  const told = await refusalOfCast(alice, "Params", "set(string,uint256)", "quorumBps", 500);
  same(told, { name: "OnlyGovernance", args: [alice.address] }, "refusal");
});

const ignored = new Proposal("Nobody reads this");
const spam = new Proposal("Buy coins of mine, cheap");
await test("viem and cast: a text and spam take their bonds; votes call the spam what it is", async () => {
  for (const proposal of [ignored, spam]) {
    const receipt = await submit(proposal);
    await moved(alice.address, receipt, -bond, "the proposer");
    const { proposalId, proposer, voteStart } = event(receipt, "Governor", "ProposalCreated");
    same([proposalId, proposer], [proposal.id, alice.address], "event");
    same(voteStart, (await timeOf(receipt.blockNumber)) + (await seconds("supportDays")), "last time for support");
    same(await read("Governor", "hashProposal", proposal.hashed), proposal.id, "id");
    same(await proposal.state(), STATE.pending, "state");
  }
  await send(north, "Governance", "markSpam(uint64)", spam.number);
  same((await refusal(alice, "Governance", "settleBond", [spam.number])).name, "NoBond", "before its time");
  same((await refusal(alice, "Governance", "propose", spam.args)).name, "ProposalExists", "the same again");
});

await test("viem and cast: only its proposer cancels a proposal, and has the bond back", async () => {
  const mistake = new Proposal("A mistake");
  await submit(mistake);
  const foreign = await refusal(bob, "Governance", "cancel", mistake.hashed);
  same(foreign, { name: "GovernorUnableToCancel", args: [mistake.id, bob.address] }, "refusal");
  const receipt = await send(alice, "Governor", "cancel(address[],uint256[],bytes[],bytes32)", ...mistake.castHashed);
  await moved(alice.address, receipt, bond, "the proposer");
  same(await mistake.state(), STATE.canceled, "state");
});

const split = { blockRewardPerDay: coins(288_240), epochRewardPerDay: coins(300_000) };
const policy = new Proposal("More for blocks, less for epochs", Object.entries(split).map((entry) => sets(...entry)));
await test("viem and cast: a policy is proposed, and the vote opens with enough support", async () => {
  const unknown = await refusal(alice, "Governor", "state", [policy.id]);
  same(unknown, { name: "GovernorNonexistentProposal", args: [policy.id] }, "before");
  await submit(policy);
  const receipt = await send(north, "Governance", "support(uint64)", policy.number);
  const height = receipt.blockNumber;
  same([await policy.state(height - 1n), await policy.state(height)], [STATE.pending, STATE.active], "state");
  await moved(alice.address, receipt, bond, "the bond");
  const now = await timeOf(height);
  const [from, to] = await Promise.all(["proposalSnapshot", "proposalDeadline"].map((name) => read("Governor", name, [policy.id])));
  same([from, to], [now - 1n, now + (await seconds("voteDays"))], "snapshot and deadline");
  same((await policy.shown()).kind, 1, "kind");
});

/** A ballot in a receipt is the voter's, with the votes of the snapshot. */
async function counted(receipt, voter, support, name = "VoteCast") {
  const ballot = event(receipt, "Governor", name);
  const weight = await votesThen(voter, await read("Governor", "proposalSnapshot", [policy.id]));
  same([ballot.voter, ballot.support, ballot.weight], [voter.address, support, weight], name);
  assert(weight > 0n && (await read("Governor", "hasVoted", [policy.id, voter.address])), "no vote");
  return weight;
}

const weights = {};
await test("viem and cast: ballots with a reason, plain, and signed for somebody else to bring; one is changed", async () => {
  weights.north = await counted(await write(north, "Governor", "castVoteWithReason", [policy.id, YES, "blocks are work"]), north, YES);
  weights.east = await counted(await send(east, "Governor", "castVote(uint256,uint8)", policy.id, NO), east, NO);
  weights.alice = await counted(await send(alice, "Governor", "castVote(uint256,uint8)", policy.id, NO), alice, NO);
  const { fields: parts, domain: { salt, ...domain } } = await reader.getEip712Domain({ address: governance });
  same([parts, hexToBigInt(salt)], ["0x0f", 0n], "what the domain consists of: no salt");
  const fields = { proposalId: "uint256", support: "uint8", voter: "address", nonce: "uint256" };
  const types = { Ballot: Object.entries(fields).map(([name, type]) => ({ name, type })) };
  const message = { proposalId: policy.id, support: ABSTAIN, voter: bob.address, nonce: await read("Governance", "nonces", [bob.address]) };
  const signature = await bob.signTypedData({ domain, types, primaryType: "Ballot", message });
  const brought = [policy.id, ABSTAIN, bob.address, signature];
  const other = await refusal(alice, "Governor", "castVoteBySig", [policy.id, YES, bob.address, signature]);
  same(other, { name: "GovernorInvalidSignature", args: [bob.address] }, "another choice than was signed");
  weights.bob = await counted(await write(alice, "Governor", "castVoteBySig", brought), bob, ABSTAIN);
  same((await refusal(alice, "Governor", "castVoteBySig", brought)).name, "GovernorInvalidSignature", "a second time");
  same(await policy.votes(), [weights.east + weights.alice, weights.north, weights.bob], "sums");
  const changed = await write(east, "Governor", "castVoteWithReasonAndParams", [policy.id, YES, "after all", "0x01"]);
  await counted(changed, east, YES, "VoteCastWithParams");
  same(await policy.votes(), [weights.alice, weights.north + weights.east, weights.bob], "sums after the change");
});

await test("viem: neither who has no stake votes, nor who got one after the vote had opened", async () => {
  const before = await refusal(carol, "Governance", "castVote", [policy.id, YES]);
  const snapshot = (await policy.shown()).openedAt - 1n;
  same(before, { name: "NoVotes", args: [carol.address, snapshot] }, "without a stake");
  await write(bob, "Staking", "transferStake", [carol.address, buckets[1], []]);
  const [his, hers] = await Promise.all([bob, carol].map(({ address }) => read("Governor", "getVotes", [address])));
  same([his, hers], [0n, await read("Staking", "votesOfBucket", [buckets[1]])], "present votes");
  same((await refusal(carol, "Governance", "castVote", [policy.id, YES])).name, "NoVotes", "with a stake that has voted");
  await sendInSpite(carol, "Governor", "castVote", [policy.id, YES]);
  same(await policy.votes(), [weights.alice, weights.north + weights.east, weights.bob], "sums");
});

const boxes = compile(inputOf({ "Box.sol": readFileSync(new URL("contracts/Box.sol", import.meta.url), "utf8") }));
const box = { abi: [...boxes.BoxV1.abi, ...openzeppelin("TransparentUpgradeableProxy").abi] };
const ADMIN_SLOT = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";
const deploy = async ({ abi, bytecode }, args = []) =>
  (await mined(await walletOf(alice).deployContract({ abi, bytecode, args }))).contractAddress;
const ofBox = (functionName) => reader.readContract({ ...box, functionName });
const rescued = privateKeyToAccount(generatePrivateKey()).address;
let upgrade;

await test("viem: a proxy of OpenZeppelin's is deployed that governance owns", async () => {
  const first = await deploy(boxes.BoxV1);
  const keep = call(boxes.BoxV1.abi, "keep", [42n]);
  box.address = await deploy(openzeppelin("TransparentUpgradeableProxy"), [first, governance, keep]);
  const admin = getAddress(slice(await reader.getStorageAt({ address: box.address, slot: ADMIN_SLOT }), 12));
  const { abi } = openzeppelin("ProxyAdmin");
  same((await reader.readContract({ address: admin, abi, functionName: "owner" })).toLowerCase(), governance, "owner");
  same([await ofBox("release"), await ofBox("kept")], [1n, 42n], "first version");
  upgrade = (to) => [admin, 0n, call(abi, "upgradeAndCall", [box.address, to, "0x"])];
  const foreign = { address: admin, abi, functionName: "upgradeAndCall", args: [box.address, first, "0x"] };
  await failure(reader.simulateContract({ ...foreign, account: alice }), "an upgrade by another");
});

await test("cast: coins that anybody sends are the treasury's", async () => {
  const receipt = await mined(await walletOf(carol).sendTransaction({ to: governance, value: coins(100) }));
  const [before, after] = await Promise.all([treasury(receipt.blockNumber - 1n), treasury(receipt.blockNumber)]);
  same(after - before, coins(100), "treasury");
  const [bonds] = (await ask("Governance", "bonds()(uint256)")).split(" ");
  same(await reader.getBalance({ address: governance }), await treasury(), "balance");
  same(await reader.getBalance({ address: BONDS }), BigInt(bonds), "bonds");
});

let weak;
let strong;
let broken;
await test("viem: three technical proposals are voted on: by half, by two thirds, and one that cannot be carried out", async () => {
  const acts = [pays(rescued, coins(40)), upgrade(await deploy(boxes.BoxV2))];
  weak = new Proposal("Upgrade the box, by half", acts);
  strong = new Proposal("Upgrade the box, by two thirds", acts);
  broken = new Proposal("Upgrade the box to nothing", [pays(rescued, coins(5)), upgrade(stranger.address)]);
  await decide(weak, [[north, YES], [west, NO]]);
  await decide(strong, [[north, YES], [east, YES], [west, NO]]);
  await decide(broken, [[north, YES], [east, YES]]);
  for (const proposal of [weak, strong, broken]) same([(await proposal.shown()).kind, await proposal.state()], [2, STATE.active], "stage");
  const part = async (proposal) => {
    const [no, yes] = await proposal.votes();
    return Number((yes * 10_000n) / (yes + no));
  };
  const needed = Number(await param("technicalMajorityBps"));
  assert((await part(weak)) > 5_000 && (await part(weak)) < needed, `the weak one has ${await part(weak)}`);
  assert((await part(strong)) > needed, `the strong one has ${await part(strong)}`);
});

/** What a contract of 30,000 bytes is created by, more than the first rules allow, and gas that is enough for it. */
const LARGE = { abi: [], bytecode: "0x6175305ff3", gas: 10_000_000n };
const HARDFORK = 1n;
const RELEASE = "v2.0.0-rehearsal";
const ARTIFACT = `0x${"5a".repeat(32)}`;
/** The hardfork in force, and the upgrade that comes, as cast prints them. */
const inForce = async () => BigInt(await ask("Upgrades", "hardfork()(uint64)"));
async function coming() {
  const printed = await ask("Upgrades", "pending()(bool,(string,bytes32,uint64,uint64,bool,uint64,uint64))");
  const [exists, upgrade] = printed.split("\n");
  return exists === "true" ? upgrade : null;
}
/** A contract that is too large is refused before it is sent, and in a block it reverts; gives the height. */
async function tooLarge() {
  const { message } = await failure(reader.estimateGas({ account: alice, data: LARGE.bytecode }), "an estimate");
  assert(/size/i.test(message), `the estimate fails, but not for the size: ${message}`);
  return (await mined(await walletOf(alice).deployContract(LARGE), "reverted")).blockNumber;
}

let hardfork;
let upgradesFrom;
await test("viem and cast: new rules of the protocol are proposed, for an epoch after the vote and the notice", async () => {
  same([await inForce(), await coming()], [0n, null], "before");
  await tooLarge();
  const { blockIntervalMs, epochBlocks } = (await rpc("althing_chainSpec")).spec;
  const wait = (await seconds("voteDays")) + (await seconds("timeLockDays"));
  const epochs = (wait * 1_000n) / BigInt(blockIntervalMs * epochBlocks) + 1n;
  // Two epochs for the decision and its notice, and one for whatever takes long.
  upgradesFrom = (await calendar.epoch()) + epochs + 3n;
  const { abi, address } = contracts.Upgrades;
  const schedule = (epoch) => [address, 0n, call(abi, "schedule", [RELEASE, ARTIFACT, HARDFORK, epoch])];
  const foreign = await refusal(alice, "Upgrades", "schedule", [RELEASE, ARTIFACT, HARDFORK, upgradesFrom]);
  same(foreign, { name: "OnlyGovernance", args: [alice.address] }, "without a proposal");
  hardfork = new Proposal("Larger contracts", [schedule(upgradesFrom)]);
  await decide(hardfork, [[north, YES], [east, YES]]);
  same((await hardfork.shown()).kind, 2, "kind");
});

await test("viem: the vote ends by the clock, and what has passed waits for its time", async () => {
  const { voteUntil } = await policy.shown();
  const end = await firstBlockAt(voteUntil + 1n);
  same([await policy.state(end - 1n), await policy.state(end)], [STATE.active, STATE.queued], "state");
  const late = await refusal(north, "Governor", "castVote", [policy.id, NO], { blockNumber: end });
  same(late, { name: "GovernorUnexpectedProposalState", args: [policy.id, STATE.queued, toHex(2n, { size: 32 })] }, "a late ballot");
  same((await sendInSpite(alice, "Governor", "castVote", [policy.id, YES])).logs, [], "logs");
  const eta = await read("Governor", "proposalEta", [policy.id]);
  same(eta, voteUntil + (await seconds("timeLockDays")) + 1n, "when it can be executed");
  const early = await refusal(carol, "Governance", "execute", policy.hashed, { blockNumber: end });
  same(early, { name: "TooEarly", args: [policy.number, eta] }, "before that");
  same((await refusal(carol, "Governance", "queue", policy.hashed)).name, "GovernorQueueNotImplemented", "queue");
}, STAGES_MS);

let changesFrom;
await test("cast: anybody executes the policy, once; the change is announced for an epoch", async () => {
  await due(policy);
  const receipt = await send(carol, "Governor", "execute(address[],uint256[],bytes[],bytes32)", ...policy.castHashed);
  const height = receipt.blockNumber;
  same([await policy.state(height - 1n), await policy.state(height)], [STATE.queued, STATE.executed], "state");
  same(event(receipt, "Governor", "ProposalExecuted").proposalId, policy.id, "event");
  changesFrom = (await calendar.epochOf(height)) + 1n + (await param("noticeEpochs"));
  const expected = Object.entries(split).map(([name, value]) => ({ name, value, fromEpoch: changesFrom }));
  const decided = parseEventLogs({ ...contracts.Params, logs: receipt.logs, eventName: "ChangeDecided" });
  same(decided.map(({ args: { name, value, fromEpoch } }) => ({ name, value, fromEpoch })), expected, "events");
  same(await read("Params", "changes", [], height), expected, "changes");
  const again = await refusalOfCast(carol, "Governance", "execute(address[],uint256[],bytes[],bytes32)", ...policy.castHashed);
  same(again.name, "GovernorUnexpectedProposalState", "a second time");
}, STAGES_MS);

await test("viem and cast: nobody supported the text: it expires, and its bond goes back; that of spam is burned", async () => {
  const until = Math.max(...(await Promise.all([ignored, spam].map(async (proposal) => Number((await proposal.shown()).supportUntil)))));
  await reachTime(BigInt(until + 1));
  same([await ignored.state(), await spam.state()], [STATE.expired, STATE.defeated], "state");
  const late = await refusal(north, "Governance", "support", [ignored.number]);
  same(late, { name: "WrongStage", args: [ignored.number, 7] }, "late support");
  for (const [proposal, to] of [[ignored, alice.address], [spam, zeroAddress]]) {
    const receipt = await send(carol, "Governance", "settleBond(uint64)", proposal.number);
    same(event(receipt, "Governance", "BondSettled"), { number: proposal.number, to, amount: bond }, "event");
    await moved(to, receipt, bond, "whose bond it is now");
    same((await refusal(carol, "Governance", "settleBond", [proposal.number])).name, "NoBond", "a second time");
  }
}, STAGES_MS);

await test("viem: half is too little for a technical proposal: it is defeated, and nobody executes it", async () => {
  await reachTime((await weak.shown()).voteUntil + 1n);
  same(await weak.state(), STATE.defeated, "state");
  same((await refusal(carol, "Governance", "execute", weak.hashed)).name, "GovernorUnexpectedProposalState", "execution");
  await sendInSpite(carol, "Governor", "execute", weak.hashed);
  same(await ofBox("release"), 1n, "version");
}, STAGES_MS);

await test("viem: two thirds upgrade the contract and pay out of the treasury, both with one execution", async () => {
  await due(strong);
  const receipt = await write(carol, "Governor", "execute", strong.hashed);
  const height = receipt.blockNumber;
  same((await treasury(height - 1n)) - (await treasury(height)), coins(40), "treasury");
  same(await reader.getBalance({ address: rescued }), coins(40), "the account that was paid");
  same([await ofBox("release"), await ofBox("kept")], [2n, 42n], "second version, with what the first kept");
  same(await strong.state(), STATE.executed, "state");
}, STAGES_MS);

await test("viem: a call that fails undoes all of its proposal, says why, and lets it be tried again", async () => {
  await due(broken);
  const { name, args } = await refusal(carol, "Governance", "execute", broken.hashed);
  same([name, args[0]], ["CallFailed", 1n], "error");
  const { errorName, args: reason } = decodeErrorResult({ abi: openzeppelin("ERC1967Utils").abi, data: args[1] });
  same([errorName, reason], ["ERC1967InvalidImplementation", [stranger.address]], "the error of the call");
  const receipt = await sendInSpite(carol, "Governor", "execute", broken.hashed);
  await moved(rescued, receipt, 0n, "the account that was to be paid");
  same([await broken.state(), (await broken.shown()).stage], [STATE.queued, 3], "state");
  same(await ofBox("release"), 2n, "version");
}, STAGES_MS);

await test("viem and cast: executed, the upgrade is announced, and the seats that know it are counted", async () => {
  await due(hardfork);
  const receipt = await write(carol, "Governor", "execute", hardfork.hashed);
  const scheduled = { hardfork: HARDFORK, epoch: upgradesFrom, release: RELEASE, artifactHash: ARTIFACT };
  same(event(receipt, "Upgrades", "Scheduled"), scheduled, "event");
  const announced = await coming();
  assert(announced.startsWith(`("${RELEASE}", ${ARTIFACT}, ${HARDFORK}, ${upgradesFrom}, false, `), `cast says ${announced}`);
  same(await inForce(), 0n, "hardfork in force");
}, STAGES_MS);

await test("viem and cast: a decided upgrade gives notice for an epoch, in which the old rules are those in force", async () => {
  const decided = async () => (await read("Upgrades", "pending")).at(1).decided;
  await until(decided, "enough seats know it", STAGES_MS);
  const height = await tooLarge();
  const [, { epoch }] = await read("Upgrades", "pending", [], height);
  // The seats of the committee that decided it, at its end; those of the next one are counted anew.
  const end = await calendar.lastBlock(upgradesFrom - 2n);
  const range = { fromBlock: end, toBlock: end };
  const [{ args: { ready, seats } }] = await reader.getContractEvents({ ...contracts.Upgrades, eventName: "Decided", ...range });
  const needed = await param("upgradeReadyBps");
  assert(ready * 10_000n >= seats * needed, `${ready} of ${seats} seats know it`);
  same([epoch, await calendar.epochOf(height)], [upgradesFrom, upgradesFrom - 1n], "its epoch, and that of the refusal");
}, STAGES_MS);

await test("viem and cast: with its epoch the new rules are in force on every node, and the large contract is deployed", async () => {
  const last = await calendar.lastBlock(upgradesFrom - 1n);
  await reach(last + 1n);
  const at = (height) => read("Upgrades", "hardfork", [], height);
  same([await at(last - 1n), await at(last)], [0n, HARDFORK], "hardfork before and after the last block of the notice");
  same([await inForce(), await coming()], [HARDFORK, null], "what cast reads");
  const { contractAddress, blockNumber } = await mined(await walletOf(alice).deployContract(LARGE));
  const asked = ["eth_getCode", [contractAddress, toHex(blockNumber)]];
  for (const node of settings.urls) {
    // A node that leaves consensus, because others were elected, starts anew: meanwhile nobody answers.
    const code = () => rpc(...asked, node).catch(() => "0x");
    await until(async () => size(await code()) === 30_000, `${node} has the contract`, STAGES_MS);
  }
}, STAGES_MS);

await test("viem: parameters change in exactly the announced epoch, and rewards follow", async () => {
  const last = await calendar.lastBlock(changesFrom);
  await reach(last + 1n);
  const { blockIntervalMs, epochBlocks } = (await rpc("althing_chainSpec")).spec;
  const day = (await param("daySeconds")) * 1_000n;
  const part = (perDay, blocks) => (perDay * BigInt(blockIntervalMs) * BigInt(blocks)) / day;
  const valuesAt = async (height) =>
    Promise.all(Object.keys(split).map((name) => read("Params", "valueOf", [name], height)));
  const before = await valuesAt((await calendar.firstBlock(changesFrom)) - 2n);
  const after = await valuesAt(await calendar.firstBlock(changesFrom));
  same(after, Object.values(split), "values");
  assert(before.every((value, index) => value !== after[index]), "values did not change");
  same(await read("Params", "changes", [], last), [], "changes to come");
  for (const [epoch, [perBlock, perEpoch]] of [[changesFrom - 1n, before], [changesFrom, after]]) {
    const paid = await read("Rewards", "epochRewards", [epoch]);
    same(paid.blockRewards, part(perBlock, 1) * BigInt(epochBlocks), `block rewards of epoch ${epoch}`);
    const missing = part(perEpoch, epochBlocks) - paid.epochRewards;
    assert(missing >= 0n && missing < 100n, `epoch ${epoch}: ${missing} Rau of the epoch reward are missing`);
  }
}, STAGES_MS);

finish();
