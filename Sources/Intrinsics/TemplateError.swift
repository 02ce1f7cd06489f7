package import JSONPath
package import JSONValue

/// Why a payload template does not compile or has no value.
package enum TemplateError: Error, Sendable {
    /// All mistakes in the template.
    case invalid([Problem])
    /// A path finds nothing in `input`, the document of the scope, or cannot be applied: `States.Runtime`.
    case path(PathError, key: String, text: String, input: JSON)
    /// A function refuses its arguments: `States.IntrinsicFailure`.
    case intrinsic(message: String, key: String)

    package struct Problem: Sendable, Hashable {
        /// JSON Pointer from the root of the template to the value.
        package let pointer: String
        /// The key with its `.$`.
        package let key: String
        /// A sentence in the words of AWS.
        package let message: String
        /// What exactly is wrong with the path or call, if that is known.
        package let detail: String?
    }
}

extension TemplateError: CustomStringConvertible {
    /// The text that AWS gives as the cause, without the sentence that names the state.
    package var description: String {
        switch self {
        case .invalid(let problems):
            problems.map(\.message).joined(separator: "; ")
        case .path(let error, let key, let text, let input):
            switch error.code {
            case .notFound:
                "The JSONPath '\(text)' specified for the field '\(key)' could not be found in the input "
                    + "'\(input.serialized())'"
            case .invalid, .exception:
                "The JSONPath '\(text)' specified for the field '\(key)' could not be evaluated: \(error.message)"
            }
        case .intrinsic(let message, let key):
            "The function '\(key)' had the following error: \(message)"
        }
    }
}
