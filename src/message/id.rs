//! The id of a request, as its client is told it.

use uuid::Uuid;

use super::head::FieldSink;

pub const X_API_REQUESTID: &str = "X-Api-RequestId";

/// Writes the field.
pub fn write(id: Uuid, sink: &mut impl FieldSink) {
    let mut buffer = Uuid::encode_buffer();
    sink.field(X_API_REQUESTID, id.simple().encode_lower(&mut buffer).as_bytes());
}
