#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the system says of this process.
enum ProcessIdentity {
    static var host: String { ProcessInfo.processInfo.hostName }
    static var process: Int { Int(ProcessInfo.processInfo.processIdentifier) }
    static var environment: [String: String] { ProcessInfo.processInfo.environment }
}
