// A WebSocket server that sends every message back. It prints the port that it has got.
'use strict'

const { WebSocketServer } = require('ws')

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: true,
  // Some cases send messages of 16 MiB, or 4 MiB in frames of 64 bytes.
  maxPayload: 32 * 1024 * 1024,
  maxBufferedChunks: 0,
  maxFragments: 0
})
server.on('connection', (socket) => {
  // What is wrong with a client is what the suite asks about.
  socket.on('error', () => {})
  socket.on('message', (data, binary) => socket.send(data, { binary }))
})
server.on('listening', () => console.log(server.address().port))
