export function Releases() {
    return <p>Releases</p>;
}
