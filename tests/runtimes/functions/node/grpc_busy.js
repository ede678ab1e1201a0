// Calls as often as it can over one connection, and prints what came of it as JSON: ADDRESS.
"use strict";

const grpc = require("@grpc/grpc-js");

const [address] = process.argv.slice(2);
const same = (bytes) => bytes;
const definition = { path: "/test.Service/Unary", requestStream: false, responseStream: false,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const Client = grpc.makeGenericClientConstructor({ unary: definition }, "Service");
const client = new Client(address, grpc.credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });

function call() {
  return new Promise((resolve) => {
    const deadline = Date.now() + 20_000;
    client.unary(Buffer.from("hello"), { deadline }, (error, reply) => {
      resolve(error ? error.message : String(reply) === "olleh" ? null : "another answer");
    });
  });
}

async function main() {
  const failed = [];
  const note = (result) => result && failed.push(result);
  for (let number = 0; number < 1000; number += 1) note(await call());
  for (let round = 0; round < 60; round += 1) {
    (await Promise.all(Array.from({ length: 50 }, call))).forEach(note);
  }
  console.log(JSON.stringify({ failed: failed.slice(0, 5), count: failed.length }));
  client.close();
}

main();
