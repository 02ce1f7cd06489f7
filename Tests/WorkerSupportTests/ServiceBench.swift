import ArgumentParser
import Foundation
import JSONValue
import Testing
import WorkerSDK
import WorkerSupport

@testable import analytics_worker
@testable import auth_worker
@testable import billing_worker
@testable import email_worker

/// The four services over a folder of their own.
struct ServiceBench {
    let folder: String
    let auth: StubService
    let billing: StubService
    let analytics: StubService
    let email: StubService

    static func with(_ flags: [String] = [], _ body: (ServiceBench) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "baton-services-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(ServiceBench(folder, flags))
    }

    /// A second one over the same folder is a second process, or the same after a restart.
    init(_ folder: String, _ flags: [String] = []) throws {
        self.folder = folder
        let faults = try FaultOptions.parse(flags)
        let configuration = WorkerConfiguration(name: "test")
        auth = try AuthService.make(configuration, folder: "\(folder)/auth", faults: faults)
        billing = try BillingService.make(configuration, folder: "\(folder)/billing", faults: faults)
        analytics = try AnalyticsService.make(configuration, folder: "\(folder)/analytics", faults: faults)
        email = try EmailService.make(
            configuration, folder: "\(folder)/email", faults: faults,
            delivery: .maildir(Maildir("\(folder)/email/Maildir")), sender: "hello@baton.example")
    }

    /// The answer as text, or the failure's error name.
    static func call(
        _ service: StubService, _ activity: String, _ input: String, key: String = UUID().uuidString
    ) async throws -> String {
        do {
            return try await service.worker.invoke(
                activity: activity, input: JSON(parsing: input), context: .test(idempotencyKey: key)
            ).serialized()
        } catch let failure as TaskFailure {
            return failure.error
        }
    }
}
