import Foundation
import JSONValue

/// The recorded answers, which are kept outside of the package. `BATON_CONFORMANCE` names their folder.
enum Conformance {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["BATON_CONFORMANCE"] { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("shared/conformance")
    }()

    static func isAvailable(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    static func load(_ name: String) throws -> JSON {
        try JSON(parsing: Array(Data(contentsOf: folder.appendingPathComponent(name))))
    }
}
