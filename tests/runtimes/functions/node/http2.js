// The function on Node.js's own HTTP/2 server: with TLS if there is a CERTIFICATE and a KEY, without otherwise. It listens on the port
// in the variable PORT.
'use strict';

const { readFileSync } = require('node:fs');
const http2 = require('node:http2');

const calls = require('./calls.js');

const answer = (response, body, fields = {}) => {
  response.writeHead(200, { 'content-type': 'application/json', ...fields });
  response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
};

const serve = async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://function');
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (pathname === '/json') {
    answer(response, calls.called(JSON.parse(body)));
  } else if (pathname === '/upload') {
    answer(response, calls.digest(body));
  } else if (pathname === '/download') {
    const bytes = calls.download(Number(searchParams.get('size')));
    const fields = { 'x-sha256': calls.digest(bytes).sha256, 'content-type': 'application/octet-stream' };
    answer(response, bytes, { ...fields, 'content-length': bytes.length });
  } else if (pathname === '/slow') {
    const seconds = searchParams.get('seconds');
    setTimeout(() => answer(response, { slept: seconds }), 1000 * Number(seconds));
  } else {
    const fields = calls.fields(request).map(([name, value]) => [name === ':authority' ? 'host' : name, value]);
    answer(response, fields.filter(([name]) => !name.startsWith(':')));
  }
};

const handle = (request, response) => serve(request, response).catch(() => response.stream.close());
const { CERTIFICATE, KEY, PORT } = process.env;
const server = CERTIFICATE
  ? http2.createSecureServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, handle)
  : http2.createServer(handle);
server.listen(Number(PORT), '127.0.0.1');
