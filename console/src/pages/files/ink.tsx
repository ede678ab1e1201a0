/** The text in colours, below the text area. */
import { Component } from "preact";
import { useMemo } from "preact/hooks";
import { highlight, type Line } from "./highlight";

/** Beyond this, colours would cost more time than a key stroke has. */
const LARGEST_COLOURED = 100_000;
const LINES_IN_BLOCK = 40;

/** Lines that are drawn together, and only when one of them has changed: most key strokes change one block. */
class Block extends Component<{ lines: Line[] }> {
  override shouldComponentUpdate({ lines }: { lines: Line[] }): boolean {
    const old = this.props.lines;
    return lines.length !== old.length || lines.some((line, place) => line.text !== old[place]?.text || line.within !== old[place]?.within);
  }

  override render() {
    return (
      <div>
        {this.props.lines.map(({ pieces }) => (
          <>
            {pieces.map((piece) => (piece.kind ? <span class={piece.kind}>{piece.text}</span> : piece.text))}
            {"\n"}
          </>
        ))}
      </div>
    );
  }
}

export function Ink({ text }: { text: string }) {
  const blocks = useMemo(() => {
    const lines = text.length > LARGEST_COLOURED ? [] : highlight(text);
    return Array.from({ length: Math.ceil(lines.length / LINES_IN_BLOCK) }, (_, block) =>
      lines.slice(block * LINES_IN_BLOCK, (block + 1) * LINES_IN_BLOCK),
    );
  }, [text]);
  // The line feed at the end makes room for a last line that is empty.
  if (text.length > LARGEST_COLOURED) return <>{`${text}\n`}</>;
  return (
    <>
      {blocks.map((lines, block) => (
        <Block key={block} lines={lines} />
      ))}
    </>
  );
}
