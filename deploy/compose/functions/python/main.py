import functions_framework


@functions_framework.http
def handle(request):
    return {
        "runtime": "python",
        "method": request.method,
        "path": request.path,
        "function": request.headers.get("X-Scf-Name"),
        "parameters": request.headers.get("X-Scf-Path-Parameters"),
        "request": request.headers.get("X-Scf-Request-Id"),
    }
