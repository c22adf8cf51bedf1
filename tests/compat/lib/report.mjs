// Writes what the run showed as a page: versions, scenarios, and which client calls which method with what result.
// No times and no counts, so that a page changes only when the behaviour does.

import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OUT, ROOT } from "./paths.mjs";

const PAGE = resolve(ROOT, "../../docs/reference/compat.md");

/** The committed page speaks of Althing alone; a run against another network is written beside it. */
function target(version) {
  if (process.env.COMPAT_REPORT) return resolve(process.env.COMPAT_REPORT);
  return /^althing/i.test(version) ? PAGE : `${OUT}/compat.md`;
}

function mark(outcomes) {
  if (outcomes.has("ok")) return "✓";
  return outcomes.has("error") ? "error" : "none";
}

const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

function scenarios(clients, results) {
  const rows = clients.flatMap(({ name }) =>
    results
      .filter((result) => result.client === name)
      .map(({ scenario, ok }) => [name, scenario, ok ? "pass" : "**FAIL**"]),
  );
  return table(["client", "scenario", "result"], rows);
}

function methods(clients, rows) {
  const names = clients.map((client) => client.name);
  const cells = new Map();
  for (const { method, client, outcomes } of rows) {
    if (!cells.has(method)) cells.set(method, new Map());
    cells.get(method).set(client, mark(outcomes));
  }
  return table(
    ["method", ...names],
    [...cells].map(([method, found]) => [`\`${method}\``, ...names.map((name) => found.get(name) ?? "")]),
  );
}

export async function writeReport({ network, nodes, clients, results, rows }) {
  const passed = results.filter((result) => result.ok).length;
  const ordered = [...clients].sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = `# What Ethereum's clients can do here

Written by \`tests/compat/run.sh\`: change it by running that. The clients are the published ones, unchanged; \`tests/compat/README.md\` says how to run them.

Network: \`${network.version.replace(/[^\x20-\x7e]|\`/g, "")}\`, chain id ${network.chainId}, ${nodes} node${nodes === 1 ? "" : "s"}. ${passed} of ${results.length} scenarios pass.

## Clients
${table(["client", "is"], ordered.map(({ name, is }) => [name, is]))}

## Methods
✓ answered; *error* answered with an error each time; *none* refused as an unknown method (clients probe some that only development nodes have); empty means not called.

${methods(ordered, rows)}

## Scenarios
${scenarios(ordered, results)}
`;
  const path = target(network.version);
  mkdirSync(dirname(path), { recursive: true });
  let before = "";
  try {
    before = readFileSync(path, "utf8");
  } catch {
    // The first run has no page to compare with.
  }
  if (before !== page) writeFileSync(path, page);
  return path;
}
