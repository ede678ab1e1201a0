//! JSON in which no object has a key twice. Most readers keep the last of two values, and lose what somebody has written.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads a document.
///
/// # Errors
/// Where it is not JSON, or which key an object has twice.
pub(super) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let value = Unique.deserialize(&mut document)?;
    document.end()?;
    Ok(value)
}

/// A value of any kind.
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            let value = entries.next_value_seed(Self)?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_each_key_once_is_read_as_ever() {
        for text in [
            "null",
            "[true, -1, 18446744073709551615, 1.5, \"a\\u00e9\"]",
            r#"{"a": {"a": [{"a": {}}]}, "b": []}"#,
            " 1 ",
        ] {
            let plain: Value = serde_json::from_str(text).expect(text);
            assert_eq!(read(text.as_bytes()).expect(text), plain, "{text}");
        }
        for text in ["", "{", "1 2", "{\"a\":}", "\u{feff}{}"] {
            let (own, plain) = (read(text.as_bytes()), serde_json::from_str::<Value>(text));
            let (own, plain) = (own.expect_err(text), plain.expect_err(text));
            assert_eq!(own.to_string(), plain.to_string(), "{text}");
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_named_with_its_place() {
        for (text, said) in [
            (r#"{"a": 1, "a": 1}"#, "duplicate key `a` at line 1 column 12"),
            ("{\"a\": 1,\n\"\\u0061\": 2}", "duplicate key `a` at line 2 column 8"),
            (r#"{"b": [{"X-A": 1, "c": {}, "X-A": 2}]}"#, "duplicate key `X-A` at line 1 column 32"),
        ] {
            assert_eq!(read(text.as_bytes()).expect_err(text).to_string(), said);
        }
    }

    #[test]
    fn nesting_has_an_end() {
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }
}
