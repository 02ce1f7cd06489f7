import JSONValue
import RegularExpression

/// The condition of a `[?( )]` step.
indirect enum FilterExpression: Sendable {
    case all([FilterExpression])
    case any([FilterExpression])
    case not(FilterExpression)
    /// A path alone; `!` before it inverts the test.
    case exists(FilterPath, Bool)
    case comparison(FilterOperand, FilterOperator, FilterOperand)
}

enum FilterOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case sameTypeEqual = "==="
    case sameTypeNotEqual = "!=="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case matches = "=~"
    case isIn = "IN"
    case isNotIn = "NIN"
    case contains = "CONTAINS"
    case all = "ALL"
    case size = "SIZE"
    case empty = "EMPTY"
    case subsetOf = "SUBSETOF"
    case anyOf = "ANYOF"
    case noneOf = "NONEOF"
}

enum FilterOperand: Sendable {
    case path(FilterPath)
    case value(FilterValue)
}

/// A path within a filter.
struct FilterPath: Sendable {
    /// `$` instead of `@`: the same for every node that the filter is asked about.
    let isOnDocument: Bool
    let plan: PathPlan
    /// Number of the path among all of one text, by which its value is remembered if it is on the document.
    let number: Int
}

/// An operand's value.
enum FilterValue: Sendable {
    /// A path that found nothing.
    case nothing
    case json(JSON)
    /// A number as it was written in the filter: `10` is found in the text `"10"`, `10.0` is not.
    case number(DecimalNumber)
    case pattern(RegularExpression)
}
