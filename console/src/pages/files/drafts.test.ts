import { describe, expect, it, vi } from "vitest";

vi.mock("../../session", () => ({ person: { value: { name: "local" } } }));
const { isOutdated, rebased, withText } = await import("./drafts");

const file = { file: "/a.toml", role: "main" as const, read_only: null, etag: '"1"', text: "a = 1\n" };
const newer = { ...file, etag: '"2"', text: "a = 3\n" };

describe("drafts", () => {
  it("keeps the file that the text was made of", () => {
    const drafts = withText(withText(new Map(), file, "a = 2\n"), newer, "a = 22\n");
    expect(drafts.get("/a.toml")).toEqual({ file: "/a.toml", text: "a = 22\n", base: { etag: '"1"', text: "a = 1\n" } });
    expect(isOutdated(drafts.get("/a.toml"), newer)).toBe(true);
  });
  it("is none when the text is that of the file again", () => {
    expect(withText(withText(new Map(), file, "a = 2\n"), file, file.text).size).toBe(0);
  });
  it("becomes a change of the file as it is now", () => {
    const drafts = rebased(withText(new Map(), file, "a = 2\n"), newer);
    expect(drafts.get("/a.toml")?.base.etag).toBe('"2"');
    expect(isOutdated(drafts.get("/a.toml"), newer)).toBe(false);
  });
  it("is not outdated when the file has its very text", () => {
    const drafts = withText(new Map(), file, newer.text);
    expect(isOutdated(drafts.get("/a.toml"), newer)).toBe(false);
  });
});
