// Writes the types of the admin API's objects, as docs/openapi.json describes them.
import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

const description = JSON.parse(await readFile(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
const { openapi: version, info, components } = description;
const schemas = { schemas: components.schemas };
const nodes = await openapi({ openapi: version, info, paths: {}, components: schemas }, { rootTypes: true, rootTypesNoSchemaPrefix: true });
await writeFile(new URL("../src/api/schema.ts", import.meta.url), astToString(nodes));
