exports.handle = (request, response) => {
  response.json({
    runtime: "node",
    method: request.method,
    path: request.path,
    function: request.get("X-Scf-Name"),
    parameters: request.get("X-Scf-Path-Parameters"),
    request: request.get("X-Scf-Request-Id"),
  });
};
