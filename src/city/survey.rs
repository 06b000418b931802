//! What a database says of itself: the material for a first route.

/// All tables and views that the account may see, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    pub tables: Vec<SurveyedTable>,
}

/// A table or view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyedTable {
    /// As a route's `table` names it, with the schema in front where it is not the account's own.
    pub name: String,
    /// Empty where there is none.
    pub comment: String,
    pub is_view: bool,
    /// In the order of the table.
    pub columns: Vec<SurveyedColumn>,
    /// Foreign keys to other tables.
    pub references: Vec<Reference>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyedColumn {
    pub name: String,
    pub declared_type: String,
    /// Empty where there is none.
    pub comment: String,
    /// Part of the primary key.
    pub in_key: bool,
}

/// A foreign key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    pub columns: Vec<String>,
    pub table: String,
    /// The other table's columns, in the same order; empty names where the database leaves its key out.
    pub others: Vec<String>,
}
