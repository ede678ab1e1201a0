export function Files() {
  return <p>Files</p>;
}
