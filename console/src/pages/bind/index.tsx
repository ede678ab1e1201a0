export function BindApi() {
    return <p>BindApi</p>;
}
export function EditApi() {
    return <p>EditApi</p>;
}
