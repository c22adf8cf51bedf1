// Where the suite lives and where it may write.

import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
export const OUT = `${ROOT}/.out`;
