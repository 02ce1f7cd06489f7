import Foundation
import JSONValue
import StatesLanguage
import Testing

/// What is said about all examples.
@Suite struct DefinitionTests {
    static let activities: Set<String> = [
        "auth-create-user", "auth-delete-user", "billing-create-customer", "billing-delete-customer",
        "analytics-init-tracking", "analytics-delete-tracking", "email-send-welcome", "human-approval",
    ]

    @Test func `all examples are known here`() throws {
        // One that shows other workers for the same definition has none of its own.
        let folders = try FileManager.default.contentsOfDirectory(atPath: Examples.folder.path).filter { name in
            FileManager.default.fileExists(atPath: Examples.folder.appending(path: "\(name)/\(name).asl.json").path)
        }
        #expect(folders.sorted() == Examples.names)
    }

    @Test(arguments: Examples.names)
    func `an example is valid without a warning, and calls only what the workers serve`(name: String) throws {
        let text = try Examples.text(name)
        let findings = StateMachineDefinition.validate(text).diagnostics
        #expect(findings.map { "\($0.code): \($0.message) @ \($0.location)" } == [])
        for resource in try StateMachineDefinition.compile(text).resources {
            guard case .activity(let activity) = resource.target else {
                Issue.record("\(resource.arn) is no activity")
                continue
            }
            #expect(resource.arn == "arn:aws:states:us-east-1:000000000000:activity:\(activity)")
            #expect(Self.activities.contains(activity))
        }
        let folder = Examples.folder.appending(path: name)
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasPrefix("input") {
            _ = try JSON(parsing: String(contentsOf: folder.appending(path: file), encoding: .utf8))
        }
    }
}
