package import Foundation
package import JSONValue

/// The recorded answers, which are kept outside of the package. `BATON_CONFORMANCE` names their folder.
package enum Conformance {
    package static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["BATON_CONFORMANCE"] { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("shared/conformance")
    }()

    package static func isAvailable(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    package static func load(_ name: String) throws -> JSON {
        try JSON(parsing: Array(Data(contentsOf: folder.appendingPathComponent(name))))
    }
}
