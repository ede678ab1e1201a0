// Uploads that are answered before they are through, and prints the statuses that came as JSON: URL BYTES PATH. The scheme h2c: is HTTP/2.
"use strict";

const http = require("node:http");
const http2 = require("node:http2");

const [url, bytes, path] = process.argv.slice(2);
const body = Buffer.alloc(Number(bytes), "x");

function overHttp1() {
  return new Promise((resolve) => {
    const request = http.request(url + path, { method: "POST", headers: { "content-length": body.length } });
    request.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
      response.on("error", (error) => resolve(error.message));
    });
    request.on("error", (error) => resolve(error.message));
    request.end(body);
  });
}

function overHttp2() {
  return new Promise((resolve) => {
    const session = http2.connect(url.replace("h2c:", "http:"));
    session.on("error", (error) => resolve(error.message));
    const stream = session.request({ ":method": "POST", ":path": path, "content-length": body.length });
    let status = null;
    stream.on("response", (fields) => { status = fields[":status"]; });
    stream.on("end", () => resolve(status));
    stream.on("error", (error) => resolve(error.message));
    stream.on("close", () => { resolve(status ?? "closed"); session.destroy(); });
    stream.resume();
    stream.end(body);
  });
}

async function main() {
  const found = {};
  for (let number = 0; number < 20; number += 1) {
    const status = await (url.startsWith("h2c:") ? overHttp2() : overHttp1());
    found[status] = (found[status] ?? 0) + 1;
  }
  console.log(JSON.stringify(found));
}

main();
