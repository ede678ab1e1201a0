"""Runs a command on a terminal of its own, and copies what it shows to standard output.

Usage: tests/cli/terminal.py COMMAND...
"""

import os
import pty
import signal
import sys

process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(process, signal.SIGTERM))
while True:
    try:
        shown = os.read(terminal, 65536)
    except OSError:
        # The other end is closed.
        break
    if not shown:
        break
    os.write(1, shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
