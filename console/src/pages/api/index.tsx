export function OneApi() {
    return <p>OneApi</p>;
}
