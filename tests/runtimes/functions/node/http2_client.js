// Calls through the gateway over one HTTP/2 connection and prints what came of it, as JSON: URL CA.
"use strict";

const fs = require("node:fs");
const http2 = require("node:http2");

const [url, ca] = process.argv.slice(2);
const session = http2.connect(url, { ca: fs.readFileSync(ca) });

// Status, length and fields of one call.
function call(fields, body) {
  return new Promise((resolve, reject) => {
    const stream = session.request(fields);
    const reply = { bytes: 0 };
    stream.on("response", (headers) => Object.assign(reply, { status: headers[":status"], headers }));
    stream.on("data", (chunk) => {
      reply.bytes += chunk.length;
    });
    stream.on("end", () => resolve(reply));
    stream.on("error", reject);
    stream.end(body);
  });
}

async function main() {
  const many = await Promise.all(
    Array.from({ length: 100 }, (_, index) => call({ ":path": `/headers/${index}` })),
  );
  const json = await call(
    { ":method": "POST", ":path": "/json" },
    JSON.stringify({ numbers: [1, 2, 39], text: "x" }),
  );
  const large = await call({ ":path": "/download?size=5000000" });
  const missing = await call({ ":path": "/missing" });
  const left = session.request({ ":path": "/slow?seconds=15" });
  await new Promise((resolve) => setTimeout(resolve, 200));
  left.close(http2.constants.NGHTTP2_CANCEL);
  const after = await call({ ":path": "/headers/after" });
  console.log(JSON.stringify({
    many: many.filter((reply) => reply.status === 200).length,
    json: json.status,
    large: large.bytes,
    missing: missing.status,
    after: after.status,
    connection: json.headers.connection ?? null,
  }));
  session.close();
}

main();
