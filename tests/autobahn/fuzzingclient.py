"""Starts the suite's client, for Python 2.7, from the folder that tests/setup has installed it into: FOLDER SPEC."""

import site
import sys

site.addsitedir(sys.argv[1])
sys.argv = ["wstest", "-m", "fuzzingclient", "-s", sys.argv[2]]

from autobahntestsuite.wstest import run

run()
