"""The function as a Flask application, for gunicorn."""

from flask import Flask, Response, request

import calls

app = Flask(__name__)


@app.post("/json")
def json():
    return calls.called(request.get_json())


@app.post("/upload")
def upload():
    return calls.digest(request.get_data())


@app.get("/download")
def download():
    body = calls.download(int(request.args["size"]))
    return Response(body, headers={"X-Sha256": calls.digest(body)["sha256"]}, mimetype="application/octet-stream")


@app.get("/slow")
def slow():
    return calls.sleep(request.args["seconds"])


@app.get("/headers/<path:rest>")
def headers(rest):
    return calls.wsgi_fields(request.environ)
