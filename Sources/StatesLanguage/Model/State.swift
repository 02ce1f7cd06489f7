package import Intrinsics
package import JSONPath

/// One state: what all types have in common, and what its type adds.
package final class State: Sendable {
    package let name: String
    /// Its place among the states of its block, from 0.
    package let position: Int
    /// JSON pointer of the state in its definition, `/States/A`.
    package let pointer: String
    package let comment: String?
    package let queryLanguage: QueryLanguage
    package let inputPath: DataPath
    package let outputPath: DataPath
    /// The variables that the state sets when it is left; a Catcher and a Choice rule set their own instead.
    package let assign: Template?
    /// With JSONata, what the state hands on, if that is not its result or input.
    package let output: ExpressionTemplate?
    /// Nil for Choice (its rules carry it), Succeed and Fail.
    package let transition: Transition?
    package let kind: Kind

    package enum Kind: Sendable {
        case pass(PassState)
        case task(TaskState)
        case choice(ChoiceState)
        case wait(WaitState)
        case succeed
        case fail(FailState)
        case parallel(ParallelState)
        case map(MapState)
    }

    package init(
        name: String, position: Int, pointer: String, comment: String?, queryLanguage: QueryLanguage,
        inputPath: DataPath, outputPath: DataPath, assign: Template?, output: ExpressionTemplate?,
        transition: Transition?, kind: Kind
    ) {
        self.name = name
        self.position = position
        self.pointer = pointer
        self.comment = comment
        self.queryLanguage = queryLanguage
        self.inputPath = inputPath
        self.outputPath = outputPath
        self.assign = assign
        self.output = output
        self.transition = transition
        self.kind = kind
    }
}

package enum Transition: Sendable, Hashable {
    case next(String)
    case end
}

/// InputPath and OutputPath: `null` stands for an empty object.
package enum DataPath: Sendable {
    /// Absent, or `$`.
    case whole
    case path(Path)
    case discard
}

/// ResultPath: `null` discards the result and keeps the input.
package indirect enum ResultPath: Sendable {
    /// Absent, or `$`.
    case replace
    case path(ReferencePath)
    case discard
}

/// A number that is written in the definition, or found at a path or made by an expression when the state runs.
package enum NumberSource<Number: Sendable>: Sendable {
    case constant(Number)
    case path(Path)
    case expression(FieldExpression)
}

/// A text that is written in the definition, or found at a path or made by a function or expression when the state
/// runs.
package enum TextSource: Sendable {
    case constant(String)
    case path(Path)
    case intrinsic(IntrinsicCall)
    case expression(FieldExpression)
}
