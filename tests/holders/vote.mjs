// Votes decide who is a delegate: a candidate without a seat is voted into the delegates, is drawn, makes blocks, and is voted out again,
// each in the epoch that the calendar names. What the Election contract says is compared with what the blocks show.

import { parseEther } from "viem";
import { assert, finish, same, test, until } from "../compat/lib/cases.mjs";
import { reader } from "../compat/lib/viem.mjs";
import { ask, event, holders, refusal, send, write } from "./lib/acts.mjs";
import { calendar, candidate, movedVotes, param, reach, read } from "./lib/chain.mjs";

const [voter] = holders;
/** The first epoch whose delegates are elected. */
const FIRST = 3n;
/** Epochs in which a delegate is drawn for certain: six delegates, four seats, and one chance in 3^12 that this fails. */
const PATIENCE = 12n;
/** The longest of the cases that wait for epochs, in milliseconds. */
const EPOCHS_MS = 300_000;
const STAKE = parseEther("1000000");

const names = (list) => list.map(({ name }) => name);
const delegates = async (epoch) => names((await read("Election", "draw", [epoch])).delegates);
/** The election is known once its ranking is fixed. */
const ranked = async (epoch) => reach(await calendar.rankingBlock(epoch));
/** The account that gets the tips of a block: its proposer's. */
const minerOf = async (blockNumber) => (await reader.getBlock({ blockNumber })).miner.toLowerCase();
async function minersOf(epoch) {
  const [first, last] = await Promise.all([calendar.firstBlock(epoch), calendar.lastBlock(epoch)]);
  const heights = [];
  // Nobody made genesis.
  for (let height = first || 1n; height <= last; height += 1n) heights.push(height);
  return Promise.all(heights.map(minerOf));
}

let seats;
/** The candidate that is voted in, and the one that has to go for it. */
let rising;
let falling;
/** The epochs from which on the votes count, and one in which the candidate serves. */
let risesIn;
let servesIn;
let fallsIn;
/** The bucket that decides, and the account that gets the tips of the candidate's blocks. */
let bucket;
let account;

await test("viem: of more candidates than seats those with the most votes are delegates", async () => {
  await ranked(FIRST);
  const ranking = await read("Election", "ranking", [FIRST]);
  seats = Number(await read("Election", "openSeats", [FIRST]));
  same(BigInt(seats), await param("delegateSeats"), "seats");
  assert(ranking.length > seats, `${ranking.length} candidates for ${seats} seats`);
  assert(ranking.every((entry, place) => place === 0 || ranking[place - 1].votes >= entry.votes), "the ranking is not in order");
  same(await delegates(FIRST), names(ranking.slice(0, seats)), "delegates");
  [falling, rising] = [ranking[seats - 1].name, ranking[seats].name];
});

await test("cast: IoTeX's contract of elections names the same", async () => {
  const signature = "BlockProducersByEpoch(uint256)((address,string,address,address,bytes,uint256)[],uint256)";
  const printed = await ask("Poll", signature, FIRST);
  same([...printed.matchAll(/\bnode\d+\b/g)].map(([name]) => name), await delegates(FIRST), "delegates");
});

await test("viem: an account's vote lifts a candidate over another", async () => {
  const receipt = await write(voter, "Staking", "createStake", [rising, STAKE, 14, true, []]);
  bucket = event(receipt, "Staking", "Staked").bucketIndex;
  same(await movedVotes(rising, receipt.blockNumber), await read("Staking", "votesOfBucket", [bucket]), "votes");
  const [up, down] = await Promise.all([candidate(rising), candidate(falling)]);
  assert(up.totalWeightedVotes > down.totalWeightedVotes, "the vote was not enough");
  risesIn = await calendar.countsFrom(receipt.blockNumber);
});

await test("viem: nobody knows an election before the block that the calendar says, and then everybody", async () => {
  const epoch = (await calendar.epoch()) + 4n;
  await ranked(epoch);
  const fixed = await calendar.rankingBlock(epoch);
  const before = await refusal(voter, "Election", "draw", [epoch], { blockNumber: fixed - 1n });
  same(before, { name: "UnknownEpoch", args: [epoch] }, "before");
  same((await read("Election", "draw", [epoch], fixed)).rankingHeight, fixed, "height");
});

await test("viem: it becomes a delegate exactly in the epoch that the calendar says, and the other goes", async () => {
  await ranked(risesIn);
  for (let epoch = FIRST; epoch < risesIn; epoch += 1n) {
    assert(!(await delegates(epoch)).includes(rising), `${rising} is a delegate in epoch ${epoch}, before its time`);
    assert((await delegates(epoch)).includes(falling), `${falling} is no delegate in epoch ${epoch}`);
  }
  const elected = await delegates(risesIn);
  same([elected.includes(rising), elected.includes(falling), elected.length], [true, false, seats], `delegates of epoch ${risesIn}`);
  const place = (await read("Election", "ranking", [risesIn])).find(({ name }) => name === rising);
  same(place.votes, (await candidate(rising, await calendar.rankingBlock(risesIn))).totalWeightedVotes, "votes that count");
});

await test("viem: it is drawn into a committee, serves in it and makes blocks", async () => {
  for (let epoch = risesIn; servesIn === undefined; epoch += 1n) {
    assert(epoch < risesIn + PATIENCE, `${rising} did not serve in ${PATIENCE} epochs`);
    await ranked(epoch);
    const drawn = await until(async () => {
      const draw = await read("Election", "draw", [epoch]);
      return draw.complete && draw.drawn.map((place) => draw.delegates[place].name);
    }, `the draw for epoch ${epoch}`);
    if (!drawn.includes(rising)) continue;
    await reach(await calendar.firstBlock(epoch));
    // A committee serves on when too few took part in making keys for the next.
    const { kept, members } = await read("Election", "committee", [epoch]);
    if (kept) continue;
    same(names(members).sort(), drawn.sort(), `members of epoch ${epoch}`);
    servesIn = epoch;
  }
  account = (await candidate(rising)).rewardAddress.toLowerCase();
  const last = await calendar.lastBlock(servesIn);
  let height = await calendar.firstBlock(servesIn);
  for (; height <= last; height += 1n) {
    await reach(height);
    if ((await minerOf(height)) === account) break;
  }
  assert(height <= last, `${rising} made no block in epoch ${servesIn}`);
}, EPOCHS_MS);

await test("cast: the vote goes to the other, and both change places in the epoch that the calendar says", async () => {
  const receipt = await send(voter, "Staking", "changeCandidate(string,uint64,uint8[])", falling, bucket, "[]");
  fallsIn = await calendar.countsFrom(receipt.blockNumber);
  await ranked(fallsIn);
  for (let epoch = risesIn; epoch < fallsIn; epoch += 1n) {
    assert((await delegates(epoch)).includes(rising), `${rising} is no delegate in epoch ${epoch}, before its time`);
  }
  const elected = await delegates(fallsIn);
  same([elected.includes(rising), elected.includes(falling), elected.length], [false, true, seats], `delegates of epoch ${fallsIn}`);
}, EPOCHS_MS);

await test("viem: before and after, it makes no block; every block is a member's, every member a delegate", async () => {
  await reach((await calendar.lastBlock(fallsIn)) + 1n);
  for (let epoch = 0n; epoch <= fallsIn; epoch += 1n) {
    const { kept, members } = await read("Election", "committee", [epoch]);
    const paid = members.map(({ reward }) => reward.toLowerCase());
    const miners = await minersOf(epoch);
    same(miners.filter((miner) => !paid.includes(miner)), [], `blocks of epoch ${epoch} by strangers`);
    if (kept || epoch < FIRST) continue;
    const elected = await delegates(epoch);
    same(names(members).filter((name) => !elected.includes(name)), [], `members of epoch ${epoch} that are no delegates`);
    if (epoch < risesIn || epoch >= fallsIn) assert(!miners.includes(account), `${rising} made a block in epoch ${epoch}`);
  }
}, EPOCHS_MS);

finish();
