import Foundation
import JSONValue
import StatesLanguage
import Testing

/// The definitions in `examples/`.
@Suite struct ExamplesTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "examples")

    static let activities: Set<String> = [
        "auth-create-user", "auth-delete-user", "billing-create-customer", "billing-delete-customer",
        "analytics-init-tracking", "analytics-delete-tracking", "email-send-welcome", "human-approval",
    ]

    static let names = ["aggregator", "fan-out", "human-approval", "onboarding", "saga"]

    @Test func `all examples are known here`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(folders.filter { !$0.contains(".") }.sorted() == Self.names)
    }

    @Test(arguments: names)
    func `an example is valid without a warning, and only calls what the workers serve`(name: String) throws {
        let folder = Self.folder.appending(path: name)
        let text = try String(contentsOf: folder.appending(path: "\(name).asl.json"), encoding: .utf8)
        #expect(StateMachineDefinition.validate(text).diagnostics.map(summary) == [])
        for resource in try StateMachineDefinition.compile(text).resources {
            guard case .activity(let activity) = resource.target else {
                wrong("\(resource.arn) is no activity")
                continue
            }
            #expect(resource.arn == "arn:aws:states:us-east-1:000000000000:activity:\(activity)")
            #expect(Self.activities.contains(activity))
        }
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasPrefix("input") {
            _ = try JSON(parsing: String(contentsOf: folder.appending(path: file), encoding: .utf8))
        }
    }
}
