export function Apis() {
    return <p>Apis</p>;
}
