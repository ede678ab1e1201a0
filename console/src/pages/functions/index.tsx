export function Functions() {
    return <p>Functions</p>;
}
