"""What the functions do, whatever runtime they run in. The Node functions do the same."""

import hashlib
import time

PATTERN = bytes(range(251))


def called(body: dict) -> dict:
    """The answer of a JSON call."""
    return {"sum": sum(body["numbers"]), "text": body["text"]}


def digest(body: bytes) -> dict:
    """What was uploaded."""
    return {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def download(size: int) -> bytes:
    """Bytes with a period that no buffer is a multiple of, so that a chunk lost or sent twice shows."""
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


def sleep(seconds: str) -> dict:
    time.sleep(float(seconds))
    return {"slept": seconds}


def wsgi_fields(environ: dict) -> list:
    """The header fields as a WSGI application sees them, `HTTP_X_NAME`, one value for each; and where its path begins."""
    path = ("SCRIPT_NAME", "PATH_INFO")
    return [[name, value] for name, value in environ.items() if name.startswith("HTTP_") or name in path]
