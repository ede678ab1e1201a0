"""The function `carts`: functions-framework for Python."""

import functions_framework


@functions_framework.http
def carts(request):
    return {"function": "carts", "path": request.path}
