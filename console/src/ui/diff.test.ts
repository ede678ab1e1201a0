import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("localStorage", { getItem: () => "en" });
vi.stubGlobal("document", { documentElement: {}, addEventListener: () => undefined });
const { fullName, pair, parseDiff } = await import("./diff");

const hunks = (diff: string) =>
  parseDiff(diff).map(({ name, hunks }) => [name, hunks.map(({ lines }) => lines.map(({ kind, text }) => [kind, text]))]);

describe("a diff", () => {
  it("shows a file by its name, whether that begins at the root or at the directory of the gateway", () => {
    const [file] = parseDiff("--- a/./conf/legacy.toml\n+++ b/./conf/legacy.toml\n@@ -1 +1 @@\n-a\n+b\n");
    expect(file?.name).toBe("conf/legacy.toml");
    expect(fullName("conf/legacy.toml", ["fngate.toml", "./conf/legacy.toml"])).toBe("./conf/legacy.toml");
    expect(fullName("etc/fngate/fngate.toml", ["/etc/fngate/fngate.toml"])).toBe("/etc/fngate/fngate.toml");
    expect(fullName("fngate.toml", [])).toBe("fngate.toml");
    expect(fullName("v1/functions/default/users:$LATEST", [])).toBe("functions/default/users");
  });
  it("takes a removed line that looks like a header for a line", () => {
    const diff = ["--- a/x.toml", "+++ b/x.toml", "@@ -1,3 +1,3 @@", " a", "--- x", "+++ y", " b", ""].join("\n");
    expect(hunks(diff)).toEqual([
      [
        "x.toml",
        [
          [
            ["same", "a"],
            ["del", "-- x"],
            ["add", "++ y"],
            ["same", "b"],
          ],
        ],
      ],
    ]);
  });
  it("names a file that is new, and one that is gone", () => {
    expect(hunks("--- /dev/null\n+++ b/new.toml\n@@ -0,0 +1 @@\n+a\n")).toEqual([["new.toml", [[["add", "a"]]]]]);
    expect(hunks("--- a/old.toml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n")).toEqual([["old.toml", [[["del", "a"]]]]]);
  });
  it("has any number of files and hunks, and the numbers of their lines", () => {
    const first = ["--- a/x", "+++ b/x", "@@ -1,2 +1,1 @@", " a", "-b", "@@ -9 +8,2 @@", " c", "+d", "\\ No newline at end of file"];
    const files = parseDiff([...first, "--- a/y", "+++ b/y", "@@ -3 +3 @@", "-e", "+f", ""].join("\n"));
    expect(files.map(({ name, hunks }) => [name, hunks.length])).toEqual([
      ["x", 2],
      ["y", 1],
    ]);
    expect(files[0]?.hunks[1]?.lines).toEqual([
      { kind: "same", text: "c", before: 9, after: 8 },
      { kind: "add", text: "d", before: null, after: 9 },
    ]);
  });
  it("is none where nothing differs", () => {
    expect(parseDiff("")).toEqual([]);
  });
  it("has removed lines beside those that replace them", () => {
    const lines = parseDiff("--- a/x\n+++ b/x\n@@ -1,4 +1,3 @@\n a\n-b\n-c\n+d\n e\n")[0]?.hunks[0]?.lines ?? [];
    expect(pair(lines).map((row) => row.map((line) => line?.text ?? null))).toEqual([
      ["a", "a"],
      ["b", "d"],
      ["c", null],
      ["e", "e"],
    ]);
  });
});
