export function Explain() {
  return <p>Explain</p>;
}
