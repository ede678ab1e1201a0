"""What a client has found, for the test that started it."""

import json
import os


def tell(found):
    """Prints it as JSON and ends the process: grpcio has been seen to hang while an interpreter ends that has nothing left to do."""
    print(json.dumps(found), flush=True)
    os._exit(0)
