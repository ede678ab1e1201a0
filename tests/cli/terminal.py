"""Runs a command on a terminal of its own, copies what it shows to standard output, and has it read standard input as if it were typed.

Usage: [TERMINAL_SIZE=ROWSxCOLUMNS] tests/cli/terminal.py COMMAND...

Exits as the command does, or with 99 if the command leaves a terminal that does not show what is typed.
"""

import os
import pty
import select
import signal
import sys
import termios

process, terminal = pty.fork()
if process == 0:
    if size := os.environ.get("TERMINAL_SIZE"):
        termios.tcsetwinsize(0, tuple(map(int, size.split("x"))))
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(process, signal.SIGTERM))
sources = [terminal, 0]
while True:
    ready, _, _ = select.select(sources, [], [])
    if 0 in ready:
        typed = os.read(0, 65536)
        if typed:
            os.write(terminal, typed)
        else:
            sources.remove(0)
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            # The other end is closed.
            break
        if not shown:
            break
        os.write(1, shown)
code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
modes = termios.tcgetattr(terminal)[3]
usual = termios.ICANON | termios.ECHO | termios.ISIG
sys.exit(code if modes & usual == usual else 99)
