export function OneFunction() {
    return <p>OneFunction</p>;
}
