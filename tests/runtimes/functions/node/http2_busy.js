// Many small calls over one HTTP/2 connection, some of them cancelled, and prints what came of it as JSON: URL.
"use strict";

const http2 = require("node:http2");

const session = http2.connect(process.argv[2]);
const ends = [];
session.on("goaway", (code) => ends.push(`goaway ${code}`));
session.on("error", (error) => ends.push(error.message));
session.on("close", () => ends.push("closed"));

function call(cancel) {
  return new Promise((resolve) => {
    const stream = session.request({ ":path": "/" });
    stream.on("response", (fields) => resolve(fields[":status"]));
    stream.on("error", (error) => resolve(error.message));
    stream.on("close", () => resolve("closed"));
    stream.resume();
    if (cancel) stream.close(http2.constants.NGHTTP2_CANCEL);
  });
}

async function main() {
  let answered = 0;
  for (let round = 0; round < 100; round += 1) {
    const calls = Array.from({ length: 60 }, () => call(false));
    const cancelled = Array.from({ length: 10 }, () => call(true));
    answered += (await Promise.all(calls)).filter((status) => status === 200).length;
    await Promise.all(cancelled);
  }
  console.log(JSON.stringify({ answered, ends }));
  session.destroy();
}

main();
