//! The only module that knows the validation library: documents in, findings in our own words out.

use std::sync::Arc;

use jsonschema::error::{TypeKind, ValidationErrorKind as Library};
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;

use super::formats;

/// A compiled schema.
#[derive(Debug)]
pub(super) struct Engine(Validator);

/// One keyword that a document does not satisfy.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// Into the document: the value that the keyword looked at.
    pub pointer: String,
    /// Into the schema: how evaluation came to the keyword, through every `then`, `allOf` and `$ref`.
    pub path: String,
    pub problem: Problem,
}

/// What a keyword objects to.
#[derive(Clone, Debug)]
pub(super) enum Problem {
    Missing(String),
    Extra(String),
    /// Names of JSON Schema types.
    Type(Vec<&'static str>),
    /// Whatever is there, it must not be.
    Forbidden,
    TooLong(u64),
    TooShort(u64),
    TooManyItems(u64),
    TooFewItems(u64),
    Repeated,
    NothingMatches,
    Below {
        limit: Json,
        inclusive: bool,
    },
    Above {
        limit: Json,
        inclusive: bool,
    },
    NotMultiple(Json),
    NotConst(Arc<Json>),
    NotInEnum(Arc<Json>),
    Pattern(String),
    Format(String),
    Not(Json),
    /// No branch fits; what each objects to.
    NoBranch(Vec<Vec<Finding>>),
    /// More than one branch fits where exactly one may.
    ManyBranches,
    /// A keyword that our schemas do not use.
    Other(String),
}

impl Engine {
    /// Errors: where in the schema, and why, in the library's English: this is for whoever writes schemas.
    pub fn compile(schema: &Json) -> Result<Self, (String, String)> {
        // A schema may refer to itself only: nothing is fetched while records wait.
        let mut options = jsonschema::options().should_validate_formats(true).offline();
        for name in formats::OURS {
            options = options.with_format(name, move |text: &str| formats::miss(name, text).is_none());
        }
        let built = options.build(schema);
        built.map(Engine).map_err(|error| (error.instance_path().as_str().to_owned(), error.to_string()))
    }

    /// The quick look, by which nearly every document passes.
    pub fn is_valid(&self, document: &Json) -> bool {
        self.0.is_valid(document)
    }

    pub fn findings(&self, document: &Json) -> Vec<Finding> {
        self.0.iter_errors(document).flat_map(|error| translate(&error)).collect()
    }
}

fn translate(error: &ValidationError<'_>) -> Vec<Finding> {
    let finding = |problem| Finding {
        pointer: error.instance_path().as_str().to_owned(),
        path: error.evaluation_path().as_str().to_owned(),
        problem,
    };
    let problem = match error.kind() {
        Library::AdditionalProperties { unexpected } | Library::UnevaluatedProperties { unexpected } => {
            return unexpected.iter().map(|name| finding(Problem::Extra(name.clone()))).collect();
        }
        Library::Required { property } => {
            Problem::Missing(property.as_str().map_or_else(|| property.to_string(), str::to_owned))
        }
        Library::Type { kind } => Problem::Type(match kind {
            TypeKind::Single(one) => vec![one.as_str()],
            TypeKind::Multiple(several) => several.iter().map(|one| one.as_str()).collect(),
        }),
        Library::FalseSchema => Problem::Forbidden,
        Library::MaxLength { limit } => Problem::TooLong(*limit),
        Library::MinLength { limit } => Problem::TooShort(*limit),
        Library::MaxItems { limit } => Problem::TooManyItems(*limit),
        Library::AdditionalItems { limit } => Problem::TooManyItems(*limit as u64),
        Library::MinItems { limit } => Problem::TooFewItems(*limit),
        Library::UniqueItems => Problem::Repeated,
        Library::Contains => Problem::NothingMatches,
        Library::Minimum { limit } => Problem::Below { limit: limit.clone(), inclusive: true },
        Library::ExclusiveMinimum { limit } => Problem::Below { limit: limit.clone(), inclusive: false },
        Library::Maximum { limit } => Problem::Above { limit: limit.clone(), inclusive: true },
        Library::ExclusiveMaximum { limit } => Problem::Above { limit: limit.clone(), inclusive: false },
        Library::MultipleOf { multiple_of } => Problem::NotMultiple(Json::from(*multiple_of)),
        Library::Constant { expected_value } => Problem::NotConst(expected_value.clone()),
        Library::Enum { options } => Problem::NotInEnum(options.clone()),
        Library::Pattern { pattern } => Problem::Pattern(pattern.clone()),
        Library::Format { format } => Problem::Format(format.clone()),
        Library::Not { schema } => Problem::Not(schema.clone()),
        Library::AnyOf { context } | Library::OneOfNotValid { context } => {
            let branch = |errors: &Vec<ValidationError<'_>>| errors.iter().flat_map(translate).collect();
            Problem::NoBranch(context.iter().map(branch).collect())
        }
        Library::OneOfMultipleValid { .. } => Problem::ManyBranches,
        other => Problem::Other(other.keyword().to_owned()),
    };
    vec![finding(problem)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn findings_name_the_value_and_the_way_through_the_schema() {
        let engine = Engine::compile(&json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"code": {"type": "string", "format": "uscc"}, "list": {"items": {"type": "integer"}}},
            "allOf": [{"if": {"required": ["code"]}, "then": {"required": ["name"], "properties": {"x": false}}}]
        }));
        let engine = engine.unwrap();
        let found = engine.findings(&json!({"code": "1", "list": [1, "a"], "x": 1}));
        let mut shown: Vec<String> =
            found.iter().map(|one| format!("{} {} {:?}", one.pointer, one.path, one.problem)).collect();
        shown.sort();
        assert_eq!(
            shown,
            [
                " /allOf/0/then/required Missing(\"name\")",
                "/code /properties/code/format Format(\"uscc\")",
                "/list/1 /properties/list/items/type Type([\"integer\"])",
                "/x /allOf/0/then/properties/x Forbidden",
            ]
        );
    }

    #[test]
    fn a_reference_to_elsewhere_and_a_broken_keyword_are_refused() {
        assert!(Engine::compile(&json!({"$ref": "https://example.com/other.json"})).is_err());
        let (place, _) = Engine::compile(&json!({"properties": {"a": {"maxLength": "x"}}})).unwrap_err();
        assert_eq!(place, "/properties/a/maxLength");
    }
}
