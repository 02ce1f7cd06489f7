package import JSONPath

/// Why an intrinsic function call does not compile or has no result.
package enum IntrinsicError: Error, Sendable, Hashable {
    /// Not a call of a known function; the offset counts Unicode scalars.
    case invalid(String, offset: Int)
    /// A path among the arguments finds nothing or cannot be applied: `States.Runtime`, not a failure of the function.
    case path(PathError, text: String)
    /// The function refuses its arguments: `States.IntrinsicFailure`.
    case failed(String)
}

extension IntrinsicError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalid(let message, let offset): "\(message) at position \(offset)"
        case .path(let error, let text): "Invalid path '\(text)' : \(error.message)"
        case .failed(let message): message
        }
    }
}
