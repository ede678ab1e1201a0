// Reads targets, one a line, and answers each with the paths that programs in Node.js see: what Express matches and decodes,
// `new URL(req.url, base)`, `url.parse(req.url)`, and the file that `express.static` would look for.
//
// A path is written with its segments escaped, so that a decoded slash in a segment differs from a slash between two.
'use strict'

const path = require('node:path')
const readline = require('node:readline')
const url = require('node:url')
const express = require('express')
const parseurl = require('parseurl')

let decoded
const app = express()
app.disable('x-powered-by')
app.all('/{*path}', (request) => {
  decoded = request.params.path ?? ['']
})

const escaped = (segments) => '/' + segments.map(encodeURIComponent).join('/')
const whole = (text) => escaped(text.replace(/^\//, '').split('/'))

// What Express gives to a handler: segments, decoded one by one. Nothing when it answers 400 itself.
function express_view (target) {
  decoded = undefined
  let failed = false
  app.handle({ url: target, method: 'GET', headers: {} }, {}, (error) => { failed = error !== undefined })
  return failed ? undefined : decoded
}

function attempt (read) {
  try {
    return read()
  } catch {
    return undefined
  }
}

function add (views, pathname) {
  if (pathname === undefined || pathname === null) return
  const segments = attempt(() => pathname.replace(/^\//, '').split('/').map(decodeURIComponent))
  if (segments === undefined) return
  views.add(escaped(segments))
  views.add(whole(segments.join('/')))
}

function views (target) {
  const found = new Set()
  const segments = express_view(target)
  if (segments !== undefined) {
    found.add(escaped(segments))
    found.add(whole(segments.join('/')))
    const file = decodeURIComponent(parseurl({ url: target }).pathname)
    if (!file.includes('\0')) found.add(whole(path.posix.normalize(file)))
  }
  add(found, attempt(() => new URL(target, 'http://localhost').pathname))
  add(found, attempt(() => url.parse(target).pathname))
  return found.size === 0 ? '!' : [...found].join(' ')
}

const lines = readline.createInterface({ input: process.stdin })
let answers = []
lines.on('line', (line) => {
  answers.push(views(line.split('\t')[1]))
  if (answers.length === 100) {
    process.stdout.write(answers.join('\n') + '\n')
    answers = []
  }
})
