//! JSON as a [`Value`]. `serde_json`'s own type would sort the keys and drop one that is there twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::document::{Content, Value};
use super::syntax::SyntaxError;

pub(super) fn parse(text: &str) -> Result<Value, SyntaxError> {
    let text = text.trim_start_matches('\u{feff}');
    let Json(value) = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        // It ends with the place, which is kept as numbers.
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        SyntaxError { line: error.line(), column: error.column(), message }
    })?;
    Ok(value)
}

struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(Value::new(Content::Null)))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json(Value::scalar(truth.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json(Value::scalar(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json(Value::scalar(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json(Value::scalar(number.to_string())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json(Value::scalar(text)))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json(Value::scalar(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(Json(item)) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Json(Value::new(Content::Sequence(items))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, Json(value))) = map.next_entry::<String, Json>()? {
            entries.push((key, value));
        }
        Ok(Json(Value::new(Content::Mapping(entries))))
    }
}
