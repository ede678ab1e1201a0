//! Reads `[[listener]]`.

use super::address::LISTEN;
use super::reader::Section;
use super::types::Listener;
use super::value::Found;

pub(super) fn read(section: &Section<'_>) -> Option<Found<Listener>> {
    let address = section.required("address", &LISTEN);
    section.unsupported("tls");
    section.unsupported("proxy_protocol");
    address.map(|address| address.map(|address| Listener { address }))
}
