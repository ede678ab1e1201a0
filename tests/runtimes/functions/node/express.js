// The function as an Express application. It listens on the port in the variable PORT.
'use strict';

const express = require('express');

const calls = require('./calls.js');

const app = express();
app.post('/json', express.json(), (request, response) => response.json(calls.called(request.body)));
app.post('/upload', express.raw({ limit: '16mb', type: '*/*' }), (request, response) => {
  response.json(calls.digest(request.body));
});
app.get('/download', calls.sendDownload);
app.get('/slow', calls.sendSlowly);
app.get('/headers/{*rest}', (request, response) => response.json(calls.fields(request)));

app.listen(Number(process.env.PORT), '127.0.0.1', (error) => {
  if (error) {
    throw error;
  }
});
