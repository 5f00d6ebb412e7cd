// What all scripts do: read what is given, say what was found, catch what must be refused.
import { readFileSync } from "node:fs";

export const given = JSON.parse(readFileSync(0, "utf8"));

export function say(facts) {
  console.log(JSON.stringify(facts));
}

/** Give the refusal of `work` as facts; that it is not refused is a failure. */
export async function refusal(work) {
  let done;
  try {
    done = await work();
  } catch (error) {
    return {
      name: error.constructor.name,
      code: error.code ?? null,
      status: error.status ?? error.statusCode ?? null,
    };
  }
  throw new Error(`not refused: ${JSON.stringify(done)}`);
}
