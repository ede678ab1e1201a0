export function AddFunction() {
    return <p>AddFunction</p>;
}
export function EditFunction() {
    return <p>EditFunction</p>;
}
