// What the functions do, whatever runtime they run in. The Python functions do the same.
'use strict';

const { createHash } = require('node:crypto');

const PATTERN = Buffer.from(Array.from({ length: 251 }, (_, index) => index));

// The answer of a JSON call.
exports.called = (body) => ({ sum: body.numbers.reduce((sum, number) => sum + number, 0), text: body.text });

// What was uploaded.
exports.digest = (body) => ({ bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') });

// Bytes with a period that no buffer is a multiple of, so that a chunk lost or sent twice shows.
exports.download = (size) => Buffer.alloc(size, PATTERN);

// The header fields as they came, each line of its own.
exports.fields = (request) => {
  const raw = request.rawHeaders;
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index], raw[2 * index + 1]]);
};

exports.sendDownload = (request, response) => {
  const body = exports.download(Number(request.query.size));
  response.set('X-Sha256', exports.digest(body).sha256).type('application/octet-stream').send(body);
};

exports.sendSlowly = (request, response) => {
  const { seconds } = request.query;
  setTimeout(() => response.json({ slept: seconds }), 1000 * Number(seconds));
};
