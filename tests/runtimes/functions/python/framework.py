"""The function for the Functions Framework for Python: one entry point for every path."""

import functions_framework
from flask import Response

import calls


@functions_framework.http
def handle(request):
    match request.path.split("/")[1]:
        case "json":
            return calls.called(request.get_json())
        case "upload":
            return calls.digest(request.get_data())
        case "download":
            body = calls.download(int(request.args["size"]))
            return Response(body, headers={"X-Sha256": calls.digest(body)["sha256"]}, mimetype="application/octet-stream")
        case "slow":
            return calls.sleep(request.args["seconds"])
        case "headers":
            return calls.wsgi_fields(request.environ)
        case _:
            return "not found", 404
