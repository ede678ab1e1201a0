export function Revision() {
    return <p>Revision</p>;
}
