use crate::Problem;
use crate::json::Json;

/// The arguments of one call, read exactly: numbers are not rounded, and equal keys are refused, because the
/// upstream server might take the other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments(pub(crate) Json);

impl Arguments {
    /// Reads the text of the arguments object. Anything wrong refuses it as a whole.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        match Json::parse(text, &mut problems) {
            Some(json @ Json::Object(_)) if problems.is_empty() => Ok(Self(json)),
            Some(json) if problems.is_empty() => {
                let message = format!("arguments must be an object, not {}", json.kind());
                Err(vec![Problem { pointer: String::new(), message }])
            }
            _ => Err(problems),
        }
    }

    /// No arguments.
    pub const NONE: &'static Self = &Self(Json::Object(Vec::new()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sound_object_is_taken() {
        assert_eq!(Arguments::parse("{}").unwrap(), *Arguments::NONE);
        let error = |text| Arguments::parse(text).unwrap_err().first().map(ToString::to_string).unwrap();
        assert_eq!(error("[]"), "(document): arguments must be an object, not a list");
        assert_eq!(error(r#"{"amount": 1, "amount": 900}"#), "/amount: the key \"amount\" is given twice");
    }
}
