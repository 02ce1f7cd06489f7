import Authentication
import Orchestrator

/// Why a call got no answer, whoever refused it.
struct Refusal: Error, Sendable, Hashable {
    /// `__type`
    var code: String
    var message: String
    /// HTTP's. AWS JSON answers 400 also where the caller may not do what he wants.
    var status = 400

    init(_ error: ServiceError) {
        code = error.code.rawValue
        message = error.message
        switch error.code {
        case .serviceUnavailable: status = 503
        case .internalFailure: status = 500
        default: status = 400
        }
    }

    init(_ error: AuthenticationError) {
        code = error.code.rawValue
        message = error.message
    }

    init(_ code: ServiceError.Code, _ message: String) { self.init(ServiceError(code, message)) }
}
