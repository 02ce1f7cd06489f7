/// Why a state cannot be tested as the request asks; messages in AWS's words where they are known.
package struct StateTestError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// AWS's ValidationException.
        case invalidRequest
        /// AWS's InvalidDefinition.
        case invalidDefinition
    }

    package var code: Code
    package var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
