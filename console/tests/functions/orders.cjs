// The function `orders`: functions-framework for Node.js.
const functions = require("@google-cloud/functions-framework");

functions.http("orders", (request, response) => {
  if (request.path.endsWith("/broken")) return response.status(500).json({ error: "the order is broken" });
  return response.json({ function: "orders", path: request.path });
});
