/// Why a call is not answered, under AWS's own names.
///
/// https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
package struct AuthenticationError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case missingAuthenticationToken = "MissingAuthenticationTokenException"
        case incompleteSignature = "IncompleteSignatureException"
        case unrecognizedClient = "UnrecognizedClientException"
        case expiredToken = "ExpiredTokenException"
        case invalidSignature = "InvalidSignatureException"
        case accessDenied = "AccessDeniedException"
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
