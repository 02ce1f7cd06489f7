#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

package enum Environment {
    /// Nil where it is absent or empty.
    package static func value(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
