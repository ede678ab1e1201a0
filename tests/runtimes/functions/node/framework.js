// The function for the Functions Framework for Node.js: one entry point for every path.
'use strict';

const calls = require('./calls.js');

exports.handle = (request, response) => {
  switch (request.path.split('/')[1]) {
    case 'json':
      return response.json(calls.called(request.body));
    case 'upload':
      return response.json(calls.digest(request.rawBody));
    case 'download':
      return calls.sendDownload(request, response);
    case 'slow':
      return calls.sendSlowly(request, response);
    case 'headers':
      return response.json(calls.fields(request));
    default:
      return response.status(404).end();
  }
};
