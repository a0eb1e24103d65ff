//! Values as columns: JSON texts, names, counts, times.

use std::error::Error as StdError;

use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde_json::Value;

use crate::Error;

type Source = Box<dyn StdError + Send + Sync>;

fn unreadable(column: usize, source: Source) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, source)
}

/// The JSON text of a value.
pub(crate) fn to_json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// A value from a column of JSON; `None` where the column is NULL.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| unreadable(column, error.into()))
}

/// A value from a column of JSON that is never NULL.
pub(crate) fn required_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    json(row, column)?.ok_or_else(|| unreadable(column, "NULL where JSON is stored".into()))
}

/// The name of a plain enum's value, as JSON writes it.
pub(crate) fn to_name(value: &impl Serialize) -> rusqlite::Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => Ok(name),
        Ok(other) => Err(rusqlite::Error::ToSqlConversionFailure(format!("{other} is no name").into())),
        Err(error) => Err(rusqlite::Error::ToSqlConversionFailure(error.into())),
    }
}

/// A plain enum's value from a column of its name; `None` where it is NULL.
pub(crate) fn name<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    let read = T::deserialize(text.into_deserializer());
    read.map(Some).map_err(|error: serde::de::value::Error| unreadable(column, error.into()))
}

/// Likewise, from a column that is never NULL.
pub(crate) fn required_name<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    name(row, column)?.ok_or_else(|| unreadable(column, "NULL where a name is stored".into()))
}

/// A count.
pub(crate) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|error| unreadable(column, error.into()))
}

/// A number of rows as SQLite takes it.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The time itself, if its form is the one whose order as text is the order of time.
pub(crate) fn time(now: &str) -> Result<&str, Error> {
    let form = |(at, c): (usize, char)| match at {
        4 | 7 => c == '-',
        10 => c == 'T',
        13 | 16 => c == ':',
        19 => c == 'Z',
        _ => c.is_ascii_digit(),
    };
    let good = now.len() == "2026-01-31T00:00:00Z".len() && now.chars().enumerate().all(form);
    if good { Ok(now) } else { Err(Error::Time(now.to_owned())) }
}
