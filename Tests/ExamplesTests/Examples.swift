import Foundation
import JSONValue
import StatesLanguage

/// The files in `examples/`.
enum Examples {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "examples")

    static let names = ["aggregator", "fan-out", "human-approval", "onboarding", "saga"]

    static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: "\(name)/\(name).asl.json"), encoding: .utf8)
    }

    static func input(_ name: String, _ file: String = "input") throws -> JSON {
        try JSON(parsing: String(contentsOf: folder.appending(path: "\(name)/\(file).json"), encoding: .utf8))
    }
}
