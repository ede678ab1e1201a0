/** A gateway with two real functions in a directory of its own. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const FUNCTIONS = join(import.meta.dirname, "functions");
export const BINARY = resolve(process.env.FNGATE ?? join(ROOT, "target/debug/fngate"));
const RUNTIMES = resolve(process.env.FNGATE_RUNTIMES ?? join(ROOT, "target/tests"));

/** Runtimes that import half of the world on a busy machine take seconds. */
const PATIENCE = 60_000;

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  patience = 15_000,
): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    const value = await attempt();
    if (value) return value;
    if (Date.now() > end) throw new Error(`it did not come about that ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

type Reply = { status: number; body: string };

/** A request to a listener on this host, for another `Host`. */
export function send(port: number, host: string, path: string, method = "GET"): Promise<Reply> {
  return new Promise((done, failed) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers: { Host: host }, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("end", () => done({ status: response.statusCode ?? 0, body }));
    });
    asked.on("error", failed).end();
  });
}

function configuration(directory: string, admin: number, data: number, orders: number, carts: number): string {
  return `# The gateway of the shop.
[[listener]]
address = "127.0.0.1:${data}"

[admin]
address = "127.0.0.1:${admin}"

[history]
directory = "${directory}/history"

[log]
level = "warn"

[[function]]
name = "orders" # takes orders
instances = ["http://127.0.0.1:${orders}"]

[[function]]
name = "carts"
instances = ["http://127.0.0.1:${carts}"]

[[service]]
name = "shop"
hosts = ["shop.example.com"]

[[service.api]]
path = "/orders/{id}"
function = "orders"
`;
}

export class Stand {
  private gateway: ChildProcess | null = null;

  private constructor(
    readonly directory: string,
    readonly admin: number,
    readonly data: number,
    readonly ports: { orders: number; carts: number },
    private readonly functions: ChildProcess[],
  ) {}

  /** Starts all of it. `more` goes to the end of the configuration. */
  static async start(more = ""): Promise<Stand> {
    const [admin, data, orders, carts] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const directory = mkdtempSync(join(tmpdir(), "fngate-console-"));
    mkdirSync(join(directory, "run"));
    const node = spawn(
      "node",
      [
        join(RUNTIMES, "node/node_modules/@google-cloud/functions-framework/build/src/main.js"),
        `--source=${join(FUNCTIONS, "orders.cjs")}`,
        "--target=orders",
        `--port=${orders}`,
      ],
      { stdio: "ignore", env: { ...process.env, NODE_PATH: join(RUNTIMES, "node/node_modules") } },
    );
    const python = spawn(
      join(RUNTIMES, "venv/bin/functions-framework"),
      ["--source", join(FUNCTIONS, "carts.py"), "--target", "carts", "--host", "127.0.0.1", "--port", String(carts)],
      { stdio: "ignore" },
    );
    const stand = new Stand(directory, admin, data, { orders, carts }, [node, python]);
    writeFileSync(stand.file, configuration(directory, admin, data, orders, carts) + more);
    await stand.run();
    for (const port of [orders, carts])
      await eventually(
        `the function on port ${port} answers`,
        () =>
          send(port, "localhost", "/").then(
            () => true,
            () => false,
          ),
        PATIENCE,
      );
    return stand;
  }

  get file(): string {
    return join(this.directory, "fngate.toml");
  }

  read(): string {
    return readFileSync(this.file, "utf8");
  }

  /** As an editor by hand does it; the gateway sees it by itself. */
  write(text: string): void {
    writeFileSync(this.file, text);
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, RUNTIME_DIRECTORY: join(this.directory, "run"), FNGATE_TOKEN: "" };
  }

  async run(): Promise<void> {
    const gateway = spawn(BINARY, ["run", "-c", this.file], {
      cwd: this.directory,
      env: this.environment,
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.gateway = gateway;
    const ready = () => {
      if (gateway.exitCode !== null) throw new Error(`the gateway ended with ${gateway.exitCode}`);
      return send(this.admin, "127.0.0.1", "/readyz").then(
        ({ status }) => status === 200,
        () => false,
      );
    };
    await eventually("the gateway is ready", ready, PATIENCE);
  }

  async end(): Promise<void> {
    const gateway = this.gateway;
    if (!gateway) return;
    this.gateway = null;
    const ended = new Promise((done) => gateway.once("exit", done));
    gateway.kill("SIGTERM");
    await ended;
  }

  async stop(): Promise<void> {
    await this.end();
    this.functions.forEach((one) => one.kill());
    rmSync(this.directory, { recursive: true });
  }

  /** A command against this gateway; what it prints. */
  command(...words: string[]): string {
    const [name, ...rest] = words as [string, ...string[]];
    return execFileSync(BINARY, [name, "-c", this.file, ...rest], {
      cwd: this.directory,
      env: this.environment,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** The address for one login. */
  login(...options: string[]): string {
    return this.command("console", ...options).trim();
  }

  get origin(): string {
    return `http://127.0.0.1:${this.admin}`;
  }

  call(path: string, method = "GET"): Promise<Reply> {
    return send(this.data, "shop.example.com", path, method);
  }
}
