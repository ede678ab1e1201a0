/** Keys of the editor: Tab indents, Esc and then Tab leaves, Ctrl+S reviews. */
import { useRef } from "preact/hooks";
import type { JSX } from "preact";

const INDENT = "    ";

/** In a way that Ctrl+Z takes back. */
function insert(area: HTMLTextAreaElement, text: string): void {
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

export function useEditorKeys(onReview: () => void): JSX.HTMLAttributes<HTMLTextAreaElement> {
  const leaving = useRef(false);
  return {
    onKeyDown: (event: JSX.TargetedKeyboardEvent<HTMLTextAreaElement>) => {
      if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        onReview();
      } else if (event.key === "Tab" && !event.shiftKey && !leaving.current) {
        event.preventDefault();
        insert(event.currentTarget, INDENT);
      }
      if (event.key !== "Shift") leaving.current = event.key === "Escape";
    },
    onBlur: () => {
      leaving.current = false;
    },
  };
}
